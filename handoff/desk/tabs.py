"""The desk's tabs: what each is called, and which conversations stand under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from handoff.desk.views import Filter

Tab = Literal["queued", "mine", "snoozed", "assigned", "bot", "resolved", "late", "undelivered"]
TABS: Mapping[Tab, str] = {
    "queued": "Waiting",
    "mine": "Mine",
    "snoozed": "Snoozed",
    "assigned": "With agents",
    "bot": "With the bot",
    "resolved": "Resolved",
    "late": "Late",
    "undelivered": "Not delivered",
}
# shown only while there is something under them
WARNINGS: frozenset[Tab] = frozenset({"late", "undelivered"})


def everything(person_id: str, team: str = "", search: str = "") -> dict[str, Filter]:
    """What each tab shows, by its name."""
    return {tab: wanted(tab, person_id, team, search) for tab in TABS}


def wanted(tab: Tab, person_id: str, team: str = "", search: str = "") -> Filter:
    """What this tab shows to this person, of one team or of all, with these words or any."""
    own = tab in ("mine", "snoozed")
    return Filter(
        status="assigned" if own else None if tab in WARNINGS else tab,
        agent_id=person_id if own else None,
        snoozed=tab == "snoozed" if own else None,
        late=tab == "late",
        to_send_again=tab == "undelivered",
        teams=frozenset({team} if team else ()),
        search=search,
        begun=True,
    )
