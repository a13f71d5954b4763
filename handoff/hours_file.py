"""`data/hours.yml` read into timetables; every mistake in it is told with its line and its mend."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import yaml

from handoff.timetable import DAY_MINUTES, Shift, Timetable

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KEYS = ("time_zone", "week", "holidays", "closed", "open")
SHIFT = re.compile(r"(\d\d?):(\d\d)\s*[-–]\s*(\d\d?):(\d\d)")
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# Two letters alone: the package has stock exchanges and functions under other names.
COUNTRY = re.compile(r"[A-Z]{2}")


class HoursError(ValueError):
    """The file cannot be used: where, what is wrong, and how to mend it."""

    def __init__(self, path: str, line: int, what: str, mend: str) -> None:
        super().__init__(f"{path}:{line}: {what} {mend}")
        self.line, self.what, self.mend = line, what, mend


def read(path: Path) -> tuple[Timetable, dict[str, Timetable]] | None:
    """The house's timetable and those of the teams that the file names; None when there is no file.

    Raises:
        HoursError: the file cannot be used.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            # The nodes alone, as they are written and with their lines: YAML itself takes an unquoted 21:00 for the
            # number 1260, off and NO (Norway) for false, and 2026-12-31 for a date.
            root = yaml.compose(stream, Loader=yaml.BaseLoader)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HoursError(str(path), 1, f"The file cannot be read: {error.strerror}.", "Check what is there.") from error
    except UnicodeDecodeError as error:
        raise HoursError(str(path), 1, "The file is not UTF-8.", "Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = f"This is not valid YAML: {error.problem}."
        raise HoursError(str(path), line, what, "Check the indentation, the colons and the quotes here.") from error
    except yaml.YAMLError as error:
        what = f"This is not valid YAML: {' '.join(str(error).split())}."
        raise HoursError(str(path), 1, what, "Remove what it names.") from error
    if root is None:
        raise HoursError(str(path), 1, "The file is empty.", "Start from docs/hours.md's example, or remove it.")
    keys = _mapping(root, "The file", (*KEYS, "teams"))
    for key, example in (("time_zone", "time_zone: Asia/Dhaka"), ("week", 'week: {mon: ["09:00-18:00"]}')):
        if key not in keys:
            raise _wrong(root, f"'{key}' is missing.", f"Add it, such as {example}.")
    house = _timetable(keys, Timetable(ZoneInfo("UTC"), week=((),) * 7))
    teams = {} if _empty(keys.get("teams")) else _mapping(keys["teams"], "'teams'")
    return house, {name: _timetable(_mapping(node, f"'{name}'", KEYS), house) for name, node in teams.items()}


def _timetable(keys: dict[str, yaml.Node], base: Timetable) -> Timetable:
    """`base` with each key's part replaced."""
    closed, unclosed = (_dates(keys[key], key) if key in keys else {} for key in ("closed", "open"))
    for day in closed.keys() & unclosed.keys():
        what = f"{day} stands under 'closed' and under 'open'."
        raise _wrong(max(closed[day], unclosed[day], key=_line), what, "Keep it in one of the two.")
    return Timetable(
        zone=_zone(keys["time_zone"]) if "time_zone" in keys else base.zone,
        week=_week(keys["week"]) if "week" in keys else base.week,
        holidays=_holidays(keys["holidays"]) if "holidays" in keys else base.holidays,
        closed=frozenset(closed) if "closed" in keys else base.closed,
        open=frozenset(unclosed) if "open" in keys else base.open,
    )


def _zone(node: yaml.Node) -> ZoneInfo:
    name = _text(node, "'time_zone'")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # OSError: a folder of zones such as Asia
        raise _wrong(node, f"There is no time zone '{name}'.", "Use a name such as Asia/Dhaka.") from error


def _holidays(node: yaml.Node) -> Container[date]:
    """Each year's are worked out when a day of it is first asked for."""
    mend = "Write {country: BD}, or {} for no public holidays."
    keys = _mapping(node, "'holidays'", ("country", "subdivision"), mend)
    if not keys:
        return frozenset()
    if "country" not in keys:
        raise _wrong(node, "'holidays' names no country.", mend)
    country = _text(keys["country"], "'country'")
    if not COUNTRY.fullmatch(country) or not hasattr(holidays, country):
        what = f"The public holidays of '{country}' are not known."
        raise _wrong(keys["country"], what, "Use a country's two capital letters, such as BD.")
    subdivision = _text(keys["subdivision"], "'subdivision'") if "subdivision" in keys else None
    try:
        found: Container[date] = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        known = holidays.country_holidays(country).subdivisions
        mend = f"Use one of: {', '.join(known)}." if known else "Leave it out."
        raise _wrong(keys["subdivision"], f"'{country}' has no subdivision '{subdivision}'.", mend) from error
    return found


def _week(node: yaml.Node) -> tuple[tuple[Shift, ...], ...]:
    days = _mapping(node, "'week'", DAYS)
    found: list[tuple[int, Shift, yaml.Node]] = []
    for name, hours in days.items():
        if _empty(hours):
            raise _wrong(hours, f"'{name}' has no hours.", "Write [] for a closed day, or leave the day out.")
        found += [(DAYS.index(name), _shift(entry), entry) for entry in _entries(hours, name)]
    found.sort(key=lambda one: one[:2])
    # the week's last shift is followed by the first of the next week
    following = [*found[1:], *((day + 7, shift, entry) for day, shift, entry in found[:1])]
    for (day, shift, entry), (next_day, next_shift, other) in zip(found, following, strict=True):
        if day * DAY_MINUTES + shift.end > next_day * DAY_MINUTES + next_shift.begin:
            what = f"'{_text(entry)}' on {DAYS[day]} and '{_text(other)}' on {DAYS[next_day % 7]} overlap."
            raise _wrong(max(entry, other, key=_line), what, "Let one end before the other begins, or make them one.")
    return tuple(tuple(shift for day, shift, _ in found if day == number) for number in range(7))


def _shift(node: yaml.Node) -> Shift:
    text = _text(node)
    match = SHIFT.fullmatch(text)
    if not match:
        mend = 'Write each as "09:00-21:00", by the 24-hour clock and in quotes; [] for a closed day.'
        raise _wrong(node, f"'{text}' is not from one time to another.", mend)
    hour, minute, end_hour, end_minute = map(int, match.groups())
    begin, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES:
        raise _wrong(node, f"'{text}' names a time that no clock shows.", "Begin by 23:59 and end by 24:00.")
    if begin == end:
        raise _wrong(node, f"'{text}' ends when it begins.", 'Write "00:00-24:00" for the whole day.')
    return Shift(begin, end if end > begin else end + DAY_MINUTES)


def _dates(node: yaml.Node, key: str) -> dict[date, yaml.Node]:
    found = {}
    for entry in [] if _empty(node) else _entries(node, key):
        text = _text(entry)
        match = DATE.fullmatch(text)
        try:
            day = date(*map(int, match.groups())) if match else None
        except ValueError:
            day = None
        if day is None:
            raise _wrong(entry, f"'{text}' under '{key}' is no date.", 'Write it as "2026-12-31".')
        found[day] = entry
    return found


def _mapping(
    node: yaml.Node,
    name: str,
    allowed: tuple[str, ...] | None = None,
    mend: str = "Compare it with docs/hours.md's example.",
) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, f"{name} has no keys.", mend)
    keys: dict[str, yaml.Node] = {}
    for key, value in node.value:
        text = _text(key, "A key")
        if allowed and text not in allowed:
            raise _wrong(key, f"'{text}' is not known here.", f"Use one of: {', '.join(allowed)}.")
        if text in keys:
            raise _wrong(key, f"'{text}' stands here a second time.", "Keep one of the two.")
        keys[text] = value
    return keys


def _entries(node: yaml.Node, name: str) -> list[yaml.Node]:
    """A list's entries; one text alone is a list of one."""
    if isinstance(node, yaml.MappingNode):
        raise _wrong(node, f"'{name}' is no list.", 'Write ["…", "…"], each entry in quotes.')
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def _text(node: yaml.Node, name: str = "An entry") -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(node, f"{name} is not text.", "Write one text there.")
    return str(node.value).strip()


def _empty(node: yaml.Node | None) -> bool:
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _wrong(node: yaml.Node, what: str, mend: str) -> HoursError:
    return HoursError(node.start_mark.name, _line(node), what, mend)
