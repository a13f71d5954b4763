"""Business hours: is somebody of a team at work, and when next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from handoff.hours_file import read
from handoff.timetable import DAY_MINUTES, Shift, Timetable


@dataclass(frozen=True)
class Hours:
    """`data/hours.yml`: the house's hours, and those of the teams that keep others. Moments are aware datetimes."""

    house: Timetable
    teams: Mapping[str, Timetable]

    @classmethod
    def load(cls, path: Path) -> Hours:
        """Reads the file; without one, somebody is there at all times.

        Raises:
            HoursError: a ValueError that says what is wrong, in which line, and the mend.
        """
        timetables = read(path)
        return cls(*timetables) if timetables else cls.always()

    @classmethod
    def always(cls) -> Hours:
        """Open at all times."""
        return cls(_always(ZoneInfo("UTC")), {})

    def day_and_night(self) -> Hours:
        """Open at all times, each team on the clock that it has."""
        return Hours(_always(self.house.zone), {name: _always(team.zone) for name, team in self.teams.items()})

    def is_open(self, team: str, at: datetime) -> bool:
        """Whether the team works at this moment. A team that the file does not name keeps the house's hours."""
        return self._of(team).is_open(at)

    def opens(self, team: str, after: datetime) -> datetime | None:
        """`after` itself when open, else the team's next opening, in UTC; None when there is none within a year."""
        return self._of(team).opens(after)

    def zone(self, team: str) -> ZoneInfo:
        """The time zone in which the team's hours are written."""
        return self._of(team).zone

    def _of(self, team: str) -> Timetable:
        return self.teams.get(team, self.house)


def _always(zone: ZoneInfo) -> Timetable:
    return Timetable(zone, ((Shift(0, DAY_MINUTES),),) * 7)
