"""What a visitor, or somebody at the desk, uploads before the message that it goes with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import sqlalchemy as sa

from handoff import conversations, file_names, files, ownership, store
from handoff.channel_models import files as file_table
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.database import Transaction
from handoff.inbox import UnknownSession
from handoff.messages import File
from handoff.people import Person
from handoff.services import Services
from handoff.sniffing import sniff

WRONG_TYPE = "Please send a photo (JPEG, PNG, WebP, GIF, HEIC) or a PDF."


@dataclass(frozen=True)
class _Clean:
    """A file that may be kept, and what of it."""

    file: File
    content: bytes = field(repr=False)


async def take(services: Services, channel: str, address: str, name: str, content: bytes) -> File:
    """Keeps a file until a message of this address names it, for an hour at least.

    Raises:
        Refused: `empty_file`, `too_large`, `wrong_type`, `too_many_uploads`, or `unknown_session`; nothing was stored.
        DatabaseAway: nothing was stored.
    """
    clean = await _cleaned(name, content)
    async with services.database.write() as tx:
        conversation = await store.of_identity(tx, channel, address, lock=True)
        if conversation is None:
            raise UnknownSession
        await _keep(tx, conversation.id, clean, person_id=None)
    return clean.file


async def take_from_desk(services: Services, conversation_id: str, person: Person, name: str, content: bytes) -> File:
    """Keeps a file until a message of this person to that customer names it, for an hour at least.

    Raises:
        Refused: as `may_send`, or as `take`; nothing was stored.
        DatabaseAway: nothing was stored.
    """
    clean = await _cleaned(name, content)
    async with services.database.write() as tx:
        conversation = await ownership.locked(tx, conversation_id)
        conversations.check_owner(conversation, person.id)
        ownership.check_files(services, conversation)
        await _keep(tx, conversation.id, clean, person.id)
    return clean.file


async def take_back(services: Services, person: Person, upload: str) -> None:
    """Forgets what this person uploaded and has not sent; of anything else nothing happens."""
    f = file_table.c
    unsent = sa.and_(f.id == upload, f.person_id == person.id, f.message_id.is_(None))
    async with services.database.write() as tx:
        await tx.execute(sa.delete(file_table).where(unsent))


async def may_send(services: Services, conversation_id: str, person: Person) -> None:
    """Looks, before anything is read of a file, whether this person may send it there.

    Raises:
        Refused: `not_found`, `not_yours`, or `no_files` on a channel that takes none.
    """
    async with services.database.read() as tx:
        conversation = await store.get(tx, conversation_id)
    if conversation is None:
        raise ownership.NotFound()
    conversations.check_owner(conversation, person.id)
    ownership.check_files(services, conversation)


async def _cleaned(name: str, content: bytes) -> _Clean:
    """
    Raises:
        Refused: `empty_file`, `too_large` or `wrong_type`.
    """
    if not content:
        raise Refused("empty_file", "The file is empty.")
    if len(content) > files.MOST_BYTES:
        raise Refused("too_large", "The file is larger than 5 MB.")
    sniffed = await asyncio.to_thread(sniff, content)
    if sniffed is None:
        raise Refused("wrong_type", WRONG_TYPE)
    called = file_names.clean(name, sniffed.kind)
    return _Clean(File(new_id(), called, sniffed.kind.type, len(sniffed.content), "here"), sniffed.content)


async def _keep(tx: Transaction, conversation_id: str, clean: _Clean, person_id: str | None) -> None:
    """In a conversation whose row the caller holds.

    Raises:
        Refused: `too_many_uploads`.
    """
    now = clock_now()
    theirs = sa.select(sa.func.count()).select_from(file_table).where(files.waits(conversation_id, person_id))
    waiting = int(await tx.scalar(theirs) or 0)
    lately = await files.lately(tx, conversation_id, now, from_desk=person_id is not None)
    if waiting >= files.MOST_FILES or lately >= files.MOST_AN_HOUR:
        raise Refused("too_many_uploads", "That is a lot of files; please send those that wait, or come back later.")
    kept = {"conversation_id": conversation_id, "person_id": person_id, "content": clean.content, "created_at": now}
    await tx.execute(sa.insert(file_table).values(**clean.file.as_json(), **kept))
