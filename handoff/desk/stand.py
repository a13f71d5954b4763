"""How things stand for somebody at the desk, whatever they are looking at; what is new since they last looked is what
their page tells them of."""

from __future__ import annotations

from typing import Any

from handoff.clock import iso
from handoff.database import Transaction
from handoff.desk import views
from handoff.desk.templating import visitor
from handoff.desk.views import Filter
from handoff.people import SUPERVISORS
from handoff.presence import Agent

MOST_LATE = 20


async def stand(tx: Transaction, agent: Agent) -> dict[str, Any]:
    """Who waits for this agent's teams, what is theirs, and, for those who look after all, what is late.

    `own` holds `{id, name, asked, state, snoozed}`: `asked` since when the customer has had the last word, `state`
    how far the deadline has come. `late` holds `{id, name, owner}`.
    """
    own = (await views.conversation_list(tx, Filter(status="assigned", agent_id=agent.person.id)))["conversations"]
    late: list[dict[str, Any]] = []
    if agent.person.role in SUPERVISORS:
        late = (await views.conversation_list(tx, Filter(late=True), limit=MOST_LATE))["conversations"]
    seen = await views.glimpses(tx, [row["id"] for row in [*own, *late]])
    return {
        "waiting": (await views.counts(tx, {"queued": Filter(status="queued", teams=agent.teams)}))["queued"],
        "own": [
            {
                "id": row["id"],
                "name": seen[row["id"]].contact_name or visitor(row["id"]),
                "asked": iso(seen[row["id"]].said_at) if seen[row["id"]].author == "customer" else None,
                "state": row["deadline_state"],
                "snoozed": row["snoozed_until"] is not None,
            }
            for row in own
        ],
        "late": [
            {
                "id": row["id"],
                "name": seen[row["id"]].contact_name or visitor(row["id"]),
                "owner": row["owner"] if row["status"] == "assigned" else None,
            }
            for row in late
            if row["agent_id"] != agent.person.id
        ],
    }
