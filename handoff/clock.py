"""Time and ids as the whole product uses them: aware UTC, and UUIDv7, which sorts by the time it was made."""

from __future__ import annotations

from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562) as text; later ids sort after earlier ones."""
    return str(uuid_utils.uuid7())


def id_at(moment: datetime) -> str:
    """What sorts before every id made since that moment, and after the older ones."""
    milliseconds = f"{int(moment.timestamp() * 1000):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a trailing Z and milliseconds, as the API writes times."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
