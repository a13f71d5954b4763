"""How the desk's templates say what the program knows by keys, codes and moments."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from urllib.parse import quote

import babel
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from handoff.desk import transcript
from handoff.wording import words

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    """The templates with their filters; everything that they are given is text, never markup."""
    show = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for one in (words, language_name, visitor, short_time, day_and_time, span, contact_link, file_size):
        show.filters[one.__name__] = one
    return show


def language_name(code: str) -> str:
    """The language's English name, the code itself when it is unknown."""
    try:
        return babel.Locale.parse(code, sep="-").english_name or code
    except (ValueError, babel.UnknownLocaleError):
        return code


def visitor(conversation_id: str) -> str:
    """What an unnamed customer is called at the desk, so that two of them can be told apart."""
    return f"Visitor {conversation_id[-4:].upper()}"


def short_time(moment: str | datetime, zone: tzinfo, today: date) -> str:
    """The time on the same day, else the day."""
    at = _local(moment, zone)
    if at.date() == today:
        return f"{at:%H:%M}"
    name = transcript.day_name(at.date(), today)
    return name if name == "Yesterday" else f"{at.day} {at:%b}" + _year(at, today)


def day_and_time(moment: str | datetime, zone: tzinfo, today: date) -> str:
    """A moment to come: 14:30 on the same day, else tomorrow 09:00, Mon 09:00 within a week, Mon 7 Dec 09:00."""
    at = _local(moment, zone)
    days = (at.date() - today).days
    if days == 0:
        return f"{at:%H:%M}"
    if days == 1:
        return f"tomorrow {at:%H:%M}"
    if 1 < days < timedelta(days=7).days:
        return f"{at:%a %H:%M}"
    return f"{at:%a} {at.day} {at:%b}{_year(at, today)} {at:%H:%M}"


def span(seconds: int) -> str:
    """Seconds as a watch counts them: 4:05 or 3 h 07 min."""
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02}"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"


def file_size(size: int) -> str:
    """Bytes as people count them: 2.4 MB, 340 KB."""
    if size >= 1024 * 1024:
        return f"{size / 1024 / 1024:.1f} MB"
    return f"{max(1, round(size / 1024))} KB"


def contact_link(contact: str) -> str:
    """Where a click on an e-mail address or a phone number leads."""
    if "@" in contact:
        return "mailto:" + quote(contact, safe="@")
    return "tel:" + "".join(character for character in contact if character.isdecimal() or character == "+")


def _local(moment: str | datetime, zone: tzinfo) -> datetime:
    return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(zone)


def _year(at: datetime, today: date) -> str:
    return f" {at.year}" if at.year != today.year else ""
