"""The same step on each of several conversations, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from handoff import store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import DatabaseAway, Transaction
from handoff.services import Services

AT_ONCE = 50

Step = Callable[[Transaction, Conversation, datetime], Awaitable[Conversation]]


async def each(services: Services, ids: Sequence[str], step: Step) -> int:
    """Takes the step wherever it still fits when the row is held; returns how often it did.

    The ids were read without a lock, so a step must look again and raise `Refused` where somebody was faster.

    Raises:
        DatabaseAway: the rest is for the next time.
        ExceptionGroup: what broke, after all the others were seen to: one bad conversation holds up no other.
    """
    taken = 0
    broken: list[Exception] = []
    for conversation_id in ids:
        try:
            async with services.database.write() as tx:
                conversation = await store.get(tx, conversation_id, lock=True)
                if conversation is not None:
                    await store.save(tx, await step(tx, conversation, clock_now()))
            taken += conversation is not None
        except Refused:
            continue
        except DatabaseAway:
            raise
        except Exception as error:
            broken.append(error)
    if broken:
        raise ExceptionGroup(f"{len(broken)} of {len(ids)} conversations", broken)
    return taken
