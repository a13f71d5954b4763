"""What happens to tickets, told outside the desk's pages too: read from the events, each once and in order.

Nothing that a customer does waits for this. Who follows notes the last event that was seen to in the transaction that
adds its posts, so a process that dies loses none and repeats none.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import events, relay_threads, store, tickets
from handoff.channel_models import channel_positions, provider_messages
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.events import Event
from handoff.models import conversations, handoffs
from handoff.relay_threads import Outside, Thread
from handoff.services import Services

AT_ONCE = 200
TOLD = frozenset({"status", "message", "deadline", "delivery", "contact"})


async def follow(services: Services, outside: Outside) -> int:
    """Adds the posts for what has happened since the last time; returns how many events that were. The first time of
    all, it begins with those who wait now.

    Raises:
        DatabaseAway: the rest is for the next time.
    """
    database, channel = services.database, outside.channel
    async with database.watch() as tx:
        position = await _position(tx, channel)
        found = await events.after(tx, position, limit=AT_ONCE) if position is not None else []
        asked = {one.conversation_id for one in found if one.kind == "status" and one.payload["status"] == "queued"}
        ours = asked | await relay_threads.with_live(tx, channel, {one.conversation_id for one in found})
    if position is None:
        return await _begin(services, outside)
    for event in found:
        if event.conversation_id not in ours or event.kind not in TOLD:
            continue
        async with database.write() as tx:
            if await _alone(tx, channel) < event.id:  # or somebody else was faster
                # before the thread, as whoever works on a ticket holds them
                conversation = await store.get(tx, event.conversation_id, lock=True)
                if conversation is not None:
                    await _tell(tx, outside, conversation, event, clock_now())
                await _save(tx, channel, event.id)
    if found:
        async with database.write() as tx:
            if await _alone(tx, channel) < found[-1].id:
                await _save(tx, channel, found[-1].id)
    return len(found)


def written_at(outside: Outside, place: str, provider_id: str) -> tuple[str, str, str]:
    """What a message that an agent wrote outside is known by: it is shown there already."""
    return outside.channel, f"desk:{place}", provider_id


async def _begin(services: Services, outside: Outside) -> int:
    """Threads for those who wait already. It may be done twice, by two processes or after one that died."""
    async with services.database.watch() as tx:
        latest = await events.latest_id(tx)
        c = conversations.c
        rows = await tx.rows(sa.select(c.id).where(c.status == "queued").order_by(c.rank))
    for row in rows:
        async with services.database.write() as tx:
            await _alone(tx, outside.channel)
            conversation = await store.get(tx, row["id"], lock=True)
            if conversation is None or conversation.status != "queued":
                continue
            if await relay_threads.live(tx, outside.channel, conversation.id) is None:
                epoch, seq = conversation.epoch, conversation.last_seq
                await _queued(tx, outside, conversation, None, epoch, seq, clock_now())
    async with services.database.write() as tx:
        if await _alone(tx, outside.channel) < 0:
            await _save(tx, outside.channel, latest)
    return len(rows)


async def _tell(tx: Transaction, outside: Outside, conversation: Conversation, event: Event, now: datetime) -> None:
    thread = await relay_threads.live(tx, outside.channel, conversation.id)
    if event.kind == "status":
        await _owner(tx, outside, conversation, thread, event, now)
    elif thread is None or thread.state == "parked":
        return  # with the bot
    elif event.kind == "contact":  # whose name, or whose other requests, are known now
        await relay_threads.post(tx, thread, "refresh", {}, now)
    elif event.kind == "message":
        await _message(tx, outside, thread, event, now)
    elif event.kind == "deadline":
        await relay_threads.post(tx, thread, "deadline", event.payload, now)
    elif event.payload["status"] in ("failed", "unknown"):
        found = await store.messages_by_id(tx, [event.payload["message_id"]])
        if any(one.author == "agent" for one in found.values()):
            await relay_threads.post(tx, thread, "undelivered", event.payload, now)


async def _owner(
    tx: Transaction,
    outside: Outside,
    conversation: Conversation,
    thread: Thread | None,
    event: Event,
    now: datetime,
) -> None:
    """Somebody else has it, or nobody."""
    status, epoch = event.payload["status"], event.payload.get("epoch", conversation.epoch)
    if thread is not None and epoch <= thread.epoch:
        return
    if status == "queued":
        await _queued(tx, outside, conversation, thread, epoch, event.payload.get("seq", conversation.last_seq), now)
    elif thread is None:
        return
    elif status == "assigned":
        agent_id = event.payload.get("agent_id", conversation.agent_id)
        await _show(tx, thread, now, epoch=epoch, state="assigned", agent_id=agent_id)
    else:
        ticket = await tx.row(sa.select(handoffs.c.outcome).where(handoffs.c.id == thread.handoff_id))
        outcome = ticket["outcome"] if ticket else None
        # a ticket that is open while the bot goes on with the customer comes back
        state = "parked" if status == "bot" and outcome is None else "closed"
        await _show(tx, thread, now, outcome, epoch=epoch, state=state)


async def _queued(
    tx: Transaction,
    outside: Outside,
    conversation: Conversation,
    thread: Thread | None,
    epoch: int,
    seq: int,
    now: datetime,
) -> None:
    """It waits: in the place of the team whose it is now."""
    ticket = await tickets.open_one(tx, conversation.id)
    if ticket is None:  # closed since; if it is shown, that it waited for a while is told all the same
        if thread is not None:
            await _show(tx, thread, now, epoch=epoch, state="queued", agent_id=None)
        return
    place = outside.place(ticket["team"])
    if thread is not None and (thread.handoff_id != ticket["id"] or thread.place != place):
        state = "moved" if thread.handoff_id == ticket["id"] else "closed"
        await _show(tx, thread, now, ticket["team"], epoch=epoch, state=state)
        thread = None
    if place is None:
        return
    if thread is None:
        thread = await relay_threads.of_ticket(tx, outside.channel, place, ticket["id"])
    if thread is None:
        await relay_threads.begin(tx, outside.channel, place, ticket["id"], conversation.id, epoch, seq, now)
        return
    seen = max(seq, thread.shown_seq) if thread.state == "moved" else thread.shown_seq
    await _show(tx, thread, now, epoch=epoch, state="queued", agent_id=None, shown_seq=seen)


async def _show(
    tx: Transaction, thread: Thread, now: datetime, how: str | None = None, **shown: str | int | None
) -> None:
    """A line in the thread, and its first post as it stands now."""
    await relay_threads.note(tx, thread.id, **shown)
    line = {"was": thread.state, "state": shown["state"], "by": thread.agent_id, "how": how}
    await relay_threads.post(tx, thread, "state", {**line, "agent": shown.get("agent_id")}, now)
    await relay_threads.post(tx, thread, "refresh", {}, now)


async def _message(tx: Transaction, outside: Outside, thread: Thread, event: Event, now: datetime) -> None:
    message = (await store.messages_by_id(tx, [event.payload["message_id"]])).get(event.payload["message_id"])
    if message is None:
        return
    if message.seq > thread.shown_seq:
        await relay_threads.note(tx, thread.id, shown_seq=message.seq)
        p = provider_messages.c
        here = sa.and_(p.message_id == message.id, p.channel == outside.channel, p.address == f"desk:{thread.place}")
        if message.author == "customer" or (
            message.author == "agent" and await tx.row(sa.select(p.message_id).where(here)) is None
        ):
            await relay_threads.post(tx, thread, "message", {"message_id": message.id}, now)
    elif message.edited_at is not None:
        body = {"message_id": message.id, "edited_at": iso(message.edited_at)}
        if not await relay_threads.has_post(tx, thread, "edit", body):
            await relay_threads.post(tx, thread, "edit", body, now)


def _name(channel: str) -> str:
    return f"{channel}:desk"


async def _position(tx: Transaction, channel: str) -> int | None:
    query = sa.select(channel_positions.c.position).where(channel_positions.c.channel == _name(channel))
    found = await tx.scalar(query)
    return None if found is None else int(found)


async def _alone(tx: Transaction, channel: str) -> int:
    """Nobody else follows to the end of the transaction; returns up to where all was seen to, -1 before the first."""
    await tx.alone(f"relay:{channel}")
    position = await _position(tx, channel)
    return -1 if position is None else position


async def _save(tx: Transaction, channel: str, position: int) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    values = {"channel": _name(channel), "position": position}
    kept = insert(channel_positions).values(values)
    await tx.execute(kept.on_conflict_do_update(index_elements=["channel"], set_={"position": position}))
