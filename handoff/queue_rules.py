"""`data/handoff.yml`: how urgent a request for a person is, who takes it, and by when somebody must have answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from handoff.quiet import Quiet


@dataclass(frozen=True)
class Target:
    """How long a customer of one priority may wait: for somebody, and for each further answer."""

    first_response: timedelta
    next_response: timedelta


@dataclass(frozen=True)
class Team:
    """Who takes some reasons; `auto` assigns by itself, `pull` lets its agents pick."""

    name: str
    title: str
    assign: Literal["auto", "pull"] = "pull"
    reasons: frozenset[str] = frozenset()


@dataclass(frozen=True)
class QueueRules:
    """The file's values. The first team takes what no other names.

    Attributes:
        raise_every: waiting this long counts as much as one step of priority.
        warn_at: the share of a target after which the desk warns.
        any_agent_after: how long a request waits for somebody who suits before anybody will do.
        skills: the skill that a reason needs.
        quiet: when customers are told no news of their orders.
    """

    priorities: Mapping[str, int]
    default_priority: int
    targets: Mapping[int, Target]
    raise_every: timedelta
    warn_at: float
    any_agent_after: timedelta
    skills: Mapping[str, str]
    teams: Mapping[str, Team]
    quiet: Quiet | None = None

    @classmethod
    def load(cls, path: Path) -> QueueRules:
        """Reads the file.

        Raises:
            KeyError: a part is missing.
            ValueError: a part cannot be used; the message says which and why.
        """
        raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        rules = cls(
            priorities=dict(raw["priorities"]),
            default_priority=int(raw["default_priority"]),
            targets={int(priority): _target(priority, entry) for priority, entry in raw["targets"].items()},
            raise_every=timedelta(minutes=_positive("raise_minutes", raw["raise_minutes"])),
            warn_at=_positive("warn_percent", raw["warn_percent"]) / 100,
            any_agent_after=timedelta(seconds=float(raw["any_agent_after_seconds"])),
            skills=dict(raw.get("skills") or {}),
            teams={name: _team(name, entry or {}) for name, entry in raw["teams"].items()},
            quiet=Quiet.of(raw.get("quiet")),
        )
        for priority in sorted({*rules.priorities.values(), rules.default_priority}):
            if priority not in rules.targets:
                raise ValueError(f"{path}: targets has no line for priority {priority}; add one.")
        if not rules.teams:
            raise ValueError(f"{path}: teams names none; add one, such as 'support: {{title: Support}}'.")
        if rules.warn_at >= 1:
            raise ValueError(f"{path}: warn_percent must be below 100.")
        taken: dict[str, str] = {}
        for team in rules.teams.values():
            for reason in sorted(team.reasons):
                if reason in taken:
                    raise ValueError(f"{path}: both {taken[reason]} and {team.name} take {reason}; leave it to one.")
                taken[reason] = team.name
        return rules

    def priority(self, reason: str) -> int:
        """Higher is more urgent."""
        return self.priorities.get(reason, self.default_priority)

    def team(self, reason: str) -> str:
        """The team that takes this reason."""
        return next((team.name for team in self.teams.values() if reason in team.reasons), next(iter(self.teams)))

    def target(self, priority: int) -> Target:
        """How long this priority may wait; one that has no line of its own has that of the next lower one."""
        lower = [known for known in self.targets if known <= priority]
        return self.targets[max(lower) if lower else min(self.targets)]

    def rank(self, priority: int, since: datetime) -> datetime:
        """The place in the queue, earlier first: since when it waits, earlier by `raise_every` for each step of
        priority. Two requests keep their order while they wait, so the place is reckoned once."""
        return since - priority * self.raise_every

    def warn_from(self, kind: str | None, priority: int, deadline: datetime) -> datetime:
        """When the desk is to be warned of a deadline."""
        target = self.target(priority)
        length = target.next_response if kind == "next" else target.first_response
        return deadline - length * (1 - self.warn_at)


def _positive(name: str, value: Any) -> float:
    number = float(value)
    if number <= 0:
        raise ValueError(f"{name} must be above 0.")
    return number


def _target(priority: Any, entry: Any) -> Target:
    if not isinstance(entry, dict) or {"first_response", "next_response"} - set(entry):
        raise ValueError(f"targets for priority {priority} must name first_response and next_response, in minutes.")
    names = ("first_response", "next_response")
    first, following = (timedelta(minutes=_positive(name, entry[name])) for name in names)
    return Target(first, following)


def _team(name: str, entry: Any) -> Team:
    if not isinstance(entry, dict):
        raise ValueError(f"team {name} is not of the form {{title: Support, assign: pull}}.")
    assign = entry.get("assign", "pull")
    if assign not in ("auto", "pull"):
        raise ValueError(f"team {name}: assign is {assign!r}; write auto or pull.")
    return Team(str(name), str(entry.get("title", name)), assign, frozenset(entry.get("reasons") or ()))
