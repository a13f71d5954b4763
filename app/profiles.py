"""Which conversations suit somebody, as the command line says it: names with commas between, checked by the content."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from bot.content.check import queue_rules
from bot.content.errors import ContentError
from bot.content.library import read
from handoff.presence import Agent
from handoff.queue_rules import QueueRules


class UnknownName(ValueError):
    """A language, skill or team that the shop does not have; the message names those that it has."""


def profile(
    data: Path, languages: str | None, skills: str | None, teams: str | None, capacity: int | None
) -> dict[str, Any]:
    """What `people.set_profile` takes; only what was said, an empty text for all.

    Raises:
        UnknownName: something that nothing would ever suit.
        ContentError: the content cannot be read.
    """
    said: dict[str, Any] = {} if capacity is None else {"capacity": capacity}
    if languages is not None:
        said["languages"] = _names("language", languages, read(data).languages)
    if skills is not None or teams is not None:
        problems = queue_rules(data / "handoff.yml")
        if problems:
            raise ContentError(problems)
        rules = QueueRules.load(data / "handoff.yml")
        if skills is not None:
            said["skills"] = _names("skill", skills, set(rules.skills.values()))
        if teams is not None:
            said["teams"] = _names("team", teams, rules.teams)
    return said


def shown(agent: Agent | None) -> tuple[str, str, str, str]:
    """Languages, skills, teams and capacity as a table shows them; of nobody who works at the desk, none."""
    if agent is None:
        return ("–",) * 4
    lists = (", ".join(sorted(names)) or "all" for names in (agent.languages, agent.skills, agent.teams))
    languages, skills, teams = lists
    return languages, skills, teams, str(agent.capacity)


def _names(kind: str, text: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UnknownName(f"there is no {kind} {name!r}; choose among: {', '.join(sorted(known)) or 'none'}")
    return names
