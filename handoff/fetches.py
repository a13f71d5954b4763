"""Files that a channel's provider keeps, until they are here: which is due, who has it in hand, what became of it.

Whoever takes one has it for a while, and it then comes back by itself: a killed worker's files are fetched by another
(promise 7). A result is noted only by who took it last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import events, file_names, saying, store
from handoff.channel_models import files
from handoff.clock import now as clock_now
from handoff.database import Transaction
from handoff.files import TOPIC
from handoff.inbox import ALBUM
from handoff.messages import File, FileStatus
from handoff.models import conversations, messages
from handoff.services import Services
from handoff.sniffing import Sniffed

TAKEN_FOR = timedelta(seconds=45)
MAX_ATTEMPTS = 8
MAX_ERROR = 200
# what the customer hears of a file that did not get here
_TOLD = {"refused": "file_refused", "failed": "file_failed"}


@dataclass(frozen=True)
class DueFile:
    """A file to fetch on `channel`; this is attempt number `attempts`."""

    id: str
    conversation_id: str
    message_id: str
    channel: str
    reference: str
    name: str
    attempts: int


async def take_due(services: Services, limit: int) -> tuple[list[DueFile], datetime | None]:
    """Takes files that are due in hand, the longest waiting first; and when there may be more, None when none wait."""
    now = clock_now()
    f = files.c
    async with services.database.read() as tx:  # mostly there is none, and then nobody waits for the writer's place
        look_at: datetime | None = await tx.scalar(sa.select(sa.func.min(f.next_at)).where(f.next_at.is_not(None)))
    if look_at is None or look_at > now:
        return [], look_at
    async with services.database.write() as tx:
        due = sa.select(f.id).where(f.next_at <= now).order_by(f.next_at).limit(limit)
        ids = [row["id"] for row in await tx.rows(due.with_for_update(skip_locked=True))]
        if not ids:  # another worker was faster
            return [], now
        taken = {"attempts": f.attempts + 1, "next_at": now + TAKEN_FOR}
        await tx.execute(sa.update(files).where(f.id.in_(ids)).values(**taken))
        columns = (f.id, f.conversation_id, f.message_id, f.reference, f.name, f.attempts)
        query = sa.select(*columns, conversations.c.channel).join(
            conversations, conversations.c.id == f.conversation_id
        )
        rows = await tx.rows(query.where(f.id.in_(ids)).order_by(f.id))
    return [DueFile(**row) for row in rows], now


async def arrived(services: Services, due: DueFile, sniffed: Sniffed) -> bool:
    """The file is here; False when it is no longer this attempt's to say."""
    file = File(
        due.id, file_names.clean(due.name, sniffed.kind), sniffed.kind.type, len(sniffed.content), status="here"
    )
    return await _end(services, due, file, sniffed.content, None)


async def given_up(services: Services, due: DueFile, status: FileStatus, why: str, size: int = 0) -> bool:
    """The file will not be here: `refused` for its kind or size, or `failed` since its provider did not give it. The
    customer hears so, once for a message; False when it is no longer this attempt's to say."""
    return await _end(services, due, File(due.id, due.name, "", size, status), None, why)


async def try_again(services: Services, due: DueFile, at: datetime) -> None:
    """It was not given now; it is due again then."""
    async with services.database.write() as tx:
        await tx.execute(sa.update(files).where(_in_hand(due)).values(next_at=at))
        tx.wake(TOPIC)


async def _end(services: Services, due: DueFile, file: File, content: bytes | None, why: str | None) -> bool:
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await store.get(tx, due.conversation_id, lock=True)
        if conversation is None:  # erased
            return False
        told_before = file.status in await _fates(tx, due.message_id)
        # where it lay is of no more use, and may let others at it
        values = {"name": file.name, "type": file.type, "size": file.size, "status": file.status, "content": content}
        values |= {"error": (why or "")[:MAX_ERROR] or None, "next_at": None, "reference": None}
        if (await tx.execute(sa.update(files).where(_in_hand(due)).values(**values))).rowcount == 0:
            return False
        await _show(tx, due.message_id, file)
        await events.append(tx, "message", conversation.id, {"message_id": due.message_id}, now)
        if file.status in _TOLD and not told_before:
            said = services.phrases.say(_TOLD[file.status], conversation.language)
            if not await store.told_at(tx, conversation.id, said.text, now - ALBUM):
                conversation = await saying.notice(tx, services, conversation, _TOLD[file.status], now)
                await store.save(tx, conversation)
    return True


async def _fates(tx: Transaction, message_id: str) -> Sequence[str]:
    """What became of a message's files."""
    return [row["status"] for row in await tx.rows(sa.select(files.c.status).where(files.c.message_id == message_id))]


async def _show(tx: Transaction, message_id: str, file: File) -> None:
    """The message tells of the file as it is now; the caller holds the conversation."""
    message = (await store.messages_by_id(tx, [message_id]))[message_id]
    told = [file if one.id == file.id else one for one in message.files]
    values = {"files": [one.as_json() for one in told]}
    await tx.execute(sa.update(messages).where(messages.c.id == message_id).values(**values))


def _in_hand(due: DueFile) -> sa.ColumnElement[bool]:
    """The file, if it waits since this very attempt."""
    return sa.and_(files.c.id == due.id, files.c.status == "waiting", files.c.attempts == due.attempts)
