"""Who is at the desk, in the order in which one would turn to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from handoff.presence import Agent

Whereabouts = Literal["here", "away", "offline"]
_ORDER: tuple[Whereabouts, ...] = ("here", "away", "offline")


@dataclass(frozen=True)
class Seat:
    """Somebody who works at the desk.

    Attributes:
        where: `here` takes new conversations, `away` has the desk open and takes none, `offline` has it closed.
    """

    agent: Agent
    where: Whereabouts


def seats(agents: Iterable[Agent]) -> list[Seat]:
    """Who is here first, then by name."""
    found = [Seat(agent, whereabouts(agent)) for agent in agents]
    return sorted(found, key=lambda seat: (_ORDER.index(seat.where), seat.agent.person.display_name))


def whereabouts(agent: Agent) -> Whereabouts:
    """Whether they are at the desk and want new conversations."""
    return "offline" if not agent.there else "here" if agent.available else "away"
