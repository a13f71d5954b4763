"""What a visitor uploads before the message that it goes with."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from handoff import file_names, files, store
from handoff.channel_models import files as file_table
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.inbox import UnknownSession
from handoff.messages import File
from handoff.services import Services
from handoff.sniffing import sniff

WRONG_TYPE = "Please send a photo (JPEG, PNG, WebP, GIF, HEIC) or a PDF."


async def take(services: Services, channel: str, address: str, name: str, content: bytes) -> File:
    """Keeps a file until a message of this address names it, for an hour at least.

    Raises:
        Refused: `empty_file`, `too_large`, `wrong_type`, `too_many_uploads`, or `unknown_session`; nothing was stored.
        DatabaseAway: nothing was stored.
    """
    if not content:
        raise Refused("empty_file", "The file is empty.")
    if len(content) > files.MOST_BYTES:
        raise Refused("too_large", "The file is larger than 5 MB.")
    sniffed = await asyncio.to_thread(sniff, content)
    if sniffed is None:
        raise Refused("wrong_type", WRONG_TYPE)
    now = clock_now()
    file = File(new_id(), file_names.clean(name, sniffed.kind), sniffed.kind.type, len(sniffed.content), status="here")
    async with services.database.write() as tx:
        conversation = await store.of_identity(tx, channel, address, lock=True)
        if conversation is None:
            raise UnknownSession
        f = file_table.c
        waits = sa.and_(f.conversation_id == conversation.id, f.message_id.is_(None))
        waiting = int(await tx.scalar(sa.select(sa.func.count()).where(waits)) or 0)
        if waiting >= files.MOST_FILES or await files.lately(tx, conversation.id, now) >= files.MOST_AN_HOUR:
            raise Refused(
                "too_many_uploads", "That is a lot of files; please send those that wait, or come back later."
            )
        await tx.execute(
            sa.insert(file_table).values(
                **file.as_json(), conversation_id=conversation.id, content=sniffed.content, created_at=now
            )
        )
    return file
