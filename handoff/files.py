"""Files that go with messages: kept here, never at an address that others know, and shown to nobody but the desk and
the customer whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import file_names
from handoff.channel_models import files
from handoff.clock import new_id
from handoff.conversations import Refused
from handoff.database import Database, Transaction
from handoff.incoming import Offered
from handoff.messages import File, Message
from handoff.models import conversations, identities

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 10
# of an upload: what it is, its bytes say
MEDIA_TYPE = "application/octet-stream"
# of one conversation from either side, however many messages they come with
MOST_AN_HOUR = 60
# a provider may say anything of a size
MOST_SAID = 2**31 - 1
TOPIC = "files"
TOO_BIG, TOO_MANY = "larger than 5 MB", "too many files within an hour"
_LISTED = (files.c.id, files.c.name, files.c.type, files.c.size, files.c.status)
# what the desk uploaded is the customer's to see once it was sent, and not before
_SHARED = sa.or_(files.c.person_id.is_(None), files.c.message_id.is_not(None))


@dataclass(frozen=True)
class Kept:
    """A file with its content."""

    file: File
    content: bytes = field(repr=False)


async def attach(
    tx: Transaction, conversation_id: str, offered: Sequence[Offered], uploads: Sequence[str], now: datetime
) -> tuple[File, ...]:
    """What a message brings along: files that its channel's provider keeps, which wait to be fetched, and uploads that
    are here already; the caller stores the message and says `belong`.

    Raises:
        Refused: `too_many_files`, or `unknown_file` for an upload that is not this conversation's or went with another
            message.
    """
    if len(offered) + len(uploads) > MOST_FILES:
        raise Refused("too_many_files", f"A message can bring at most {MOST_FILES} files; please send them in parts.")
    found = []
    f = files.c
    for upload in dict.fromkeys(uploads):
        found.append(_there(await _held(tx, sa.and_(f.id == upload, waits(conversation_id)))))
    room = MOST_AN_HOUR - await lately(tx, conversation_id, now) if offered else 0
    for one in offered:
        why = TOO_BIG if one.size > MOST_BYTES else TOO_MANY if room < 1 else None
        room -= 1
        kept = File(
            new_id(), file_names.clean(one.name), "", min(max(0, one.size), MOST_SAID), "refused" if why else "waiting"
        )
        await tx.execute(
            sa.insert(files).values(
                **kept.as_json(),
                conversation_id=conversation_id,
                reference=None if why else one.reference,
                next_at=None if why else now,
                error=why,
                created_at=now,
            )
        )
        found.append(kept)
    if offered:
        tx.wake(TOPIC)
    return tuple(found)


async def attach_from_desk(tx: Transaction, conversation_id: str, upload: str, person_id: str) -> File:
    """What an agent's message brings along; the caller stores the message and says `belong`.

    Raises:
        Refused: `unknown_file` for an upload that is not this person's for this conversation, `file_sent` for one of
            theirs that a message of the conversation has already: uploaded anew, the customer would get it twice.
    """
    f = files.c
    theirs = sa.and_(f.id == upload, f.conversation_id == conversation_id, f.person_id == person_id)
    row = await _held(tx, theirs)
    if row is not None and row["message_id"] is not None:
        raise Refused("file_sent", "That file was sent already.")
    return _there(row)


async def belong(tx: Transaction, attached: Sequence[File], message_id: str) -> None:
    """The files go with this message, which is stored."""
    if attached:
        ids = [one.id for one in attached]
        await tx.execute(sa.update(files).where(files.c.id.in_(ids)).values(message_id=message_id))


def waits(conversation_id: str, person_id: str | None = None) -> sa.ColumnElement[bool]:
    """Uploads of a conversation that went with no message yet: its customer's, or those of somebody at the desk."""
    f = files.c
    return sa.and_(f.conversation_id == conversation_id, f.message_id.is_(None), f.person_id == person_id)


async def lately(tx: Transaction, conversation_id: str, now: datetime, from_desk: bool = False) -> int:
    """How many files came to the conversation within an hour, from its customer or from the desk."""
    f = files.c
    side = f.person_id.is_not(None) if from_desk else f.person_id.is_(None)
    mine = sa.and_(f.conversation_id == conversation_id, f.created_at > now - timedelta(hours=1), side)
    return int(await tx.scalar(sa.select(sa.func.count()).where(mine)) or 0)


async def for_customer(tx: Transaction, file_id: str, channel: str, address: str) -> Kept | None:
    """A file of the conversation that this address has, None for anybody else's, for one that is not here, and for one
    that an agent has not sent."""
    theirs = sa.and_(identities.c.channel == channel, identities.c.address == address, _SHARED)
    return await _kept(tx, file_id, theirs)


async def for_desk(tx: Transaction, file_id: str) -> Kept | None:
    """A file that was sent with a message, None for one that is not here."""
    return await _kept(tx, file_id, files.c.message_id.is_not(None))


async def of_contact(tx: Transaction, contact_id: str, most: int | None = None) -> AsyncIterator[Kept]:
    """All that a contact has sent or was sent and is here, the oldest first, read one by one.

    Args:
        most: how many bytes all of them may have; what does not fit beside those before it is left out unread.
    """
    mine = sa.and_(conversations.c.contact_id == contact_id, files.c.status == "here", _SHARED)
    found = sa.select(files.c.id, files.c.size).join(conversations, conversations.c.id == files.c.conversation_id)
    read = 0
    for row in await tx.rows(found.where(mine).order_by(files.c.id)):
        if most is not None and read + row["size"] > most:
            continue
        read += row["size"]
        kept = await _kept(tx, row["id"], sa.true())
        if kept is not None:
            yield kept


async def of_message(database: Database, message: Message) -> list[Kept]:
    """What goes with the message and is here, in its order; nothing of what was erased meanwhile."""
    if not message.files:
        return []
    mine = files.c.message_id == message.id
    async with database.read() as tx:
        found = [await _kept(tx, one.id, mine) for one in message.files]
    return [one for one in found if one is not None]


async def _held(tx: Transaction, which: sa.ColumnElement[bool]) -> sa.RowMapping | None:
    # or it might be cleared out in this moment
    return await tx.row(sa.select(*_LISTED, files.c.message_id).where(which).with_for_update())


def _there(row: sa.RowMapping | None) -> File:
    if row is None:
        raise Refused("unknown_file", "That file is not here; please upload it again.")
    return _file(row)


def _file(row: sa.RowMapping) -> File:
    return File(row["id"], row["name"], row["type"], row["size"], row["status"])


async def _kept(tx: Transaction, file_id: str, whose: sa.ColumnElement[bool]) -> Kept | None:
    query = (
        sa.select(*_LISTED, files.c.content)
        .join(conversations, conversations.c.id == files.c.conversation_id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(files.c.id == file_id, files.c.status == "here", whose)
    )
    row = await tx.row(query)
    if row is None:
        return None
    return Kept(_file(row), row["content"])
