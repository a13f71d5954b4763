"""All that must happen without anybody asking for it, looked after by every process: any one of them is enough."""

from __future__ import annotations

from handoff import absence, assignment, comebacks, deadlines, news, outages
from handoff.database import DatabaseAway
from handoff.services import Services

ROUND = (
    outages.take_back,
    outages.queue_stranded,
    comebacks.requeue_vanished,
    comebacks.wake,
    comebacks.call_back,
    assignment.assign_waiting,
    absence.tell_back,
    absence.tell_left_alone,
    deadlines.warn_near,
    deadlines.deal_with_passed,
    news.tell_due,
)


async def look(services: Services) -> int:
    """One round; returns how many conversations changed.

    Raises:
        DatabaseAway: the rest of the round is for the next time.
        ExceptionGroup: what broke, after the rest of the round: one step holds up no other.
    """
    changed = 0
    broken: list[Exception] = []
    for step in ROUND:
        try:
            changed += await step(services)
        except DatabaseAway:
            raise
        except Exception as error:
            broken.append(error)
    if broken:
        raise ExceptionGroup("looking after what waits", broken)
    return changed
