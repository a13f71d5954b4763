"""Pictures of those who answer, for those whom they answer; where and with what they were taken is not kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from handoff.channel_models import pictures
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.database import Database, Transaction
from handoff.sniffing import sniff

MOST_BYTES = 512 * 1024
KINDS = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True)
class Picture:
    """A picture, and what it is by its own bytes."""

    type: str
    content: bytes


async def put(database: Database, person_id: str, content: bytes) -> str:
    """Keeps somebody's picture, in the place of the one before; returns where everybody finds it.

    Raises:
        Refused: `too_large` or `wrong_type`; the one before stays.
    """
    if len(content) > MOST_BYTES:
        raise Refused("too_large", "The picture is larger than 512 KB; please choose a smaller one.")
    found = await asyncio.to_thread(sniff, content)
    if found is None or found.kind.type not in KINDS:
        raise Refused("wrong_type", "That is no picture in PNG, JPEG or WebP.")
    now = clock_now()
    async with database.write() as tx:
        await tx.alone(f"picture:{person_id}")
        await tx.execute(sa.delete(pictures).where(pictures.c.person_id == person_id))
        row = {"person_id": person_id, "type": found.kind.type, "content": found.content, "updated_at": now}
        await tx.execute(sa.insert(pictures).values(row))
    return _path(person_id, now)


async def take_away(database: Database, person_id: str) -> None:
    """Somebody wants no picture of theirs there."""
    async with database.write() as tx:
        await tx.execute(sa.delete(pictures).where(pictures.c.person_id == person_id))


async def of(tx: Transaction, person_id: str) -> Picture | None:
    """Somebody's picture, if they gave one."""
    row = await tx.row(sa.select(pictures.c.type, pictures.c.content).where(pictures.c.person_id == person_id))
    return Picture(row["type"], row["content"]) if row else None


async def paths(tx: Transaction, person_ids: Iterable[str | None]) -> dict[str, str]:
    """Where everybody finds the pictures of these people, those who have one; a new picture has a new path."""
    wanted = {one for one in person_ids if one is not None}
    if not wanted:
        return {}
    query = sa.select(pictures.c.person_id, pictures.c.updated_at).where(pictures.c.person_id.in_(wanted))
    return {row["person_id"]: _path(row["person_id"], row["updated_at"]) for row in await tx.rows(query)}


def _path(person_id: str, updated_at: datetime) -> str:
    return f"/api/website/agents/{person_id}/picture?v={round(updated_at.timestamp() * 1000)}"
