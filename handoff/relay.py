"""What agents do outside the desk's pages: claim, answer, note, hand back, resolve, come and go; under the desk's own
rules.

A channel brings what somebody did as one of the deeds below, and shows them, and nobody else, the word that comes back.
Who owns a conversation is decided where the desk's own clicks are decided.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import addresses, ownership, presence, privacy, relay_outbox, relay_threads, signs, store
from handoff.channel_models import provider_messages
from handoff.conversations import Conversation, Refused
from handoff.database import Database, Transaction
from handoff.inbox import MAX_TEXT
from handoff.models import handoffs
from handoff.people import DESK_ROLES, Person
from handoff.relay_feed import written_at
from handoff.relay_threads import Outside, Thread
from handoff.relay_view import Act
from handoff.services import Services

_NOTE = re.compile(r"!note\b[\s:]*(.*)", re.IGNORECASE | re.DOTALL)
_COMES_OR_GOES = re.compile(r"!(here|away)[.!]?", re.IGNORECASE)
_OUTCOMES = {"return": "returned", "resolve": "resolved"}


@dataclass(frozen=True)
class Pressed:
    """Somebody pressed a button of a ticket's first post.

    Attributes:
        address, name: who, as the channel knows them.
        root: the provider's id of that post.
    """

    address: str
    name: str
    act: Act
    thread_id: str
    root: str


@dataclass(frozen=True)
class Wrote:
    """Somebody wrote in a thread, or in the place itself.

    Attributes:
        thread: the provider's id of the thread; empty in the place itself, where only coming and going is meant for us.
        provider_id: that of the message within the place; the same again is the same message.
        at: when they wrote it, by the channel's clock.
        files: files came with it.
    """

    address: str
    name: str
    place: str
    thread: str
    provider_id: str
    text: str
    at: datetime
    files: bool = False


@dataclass(frozen=True)
class Rewrote:
    """Somebody changed what they had written in a thread, or took it back."""

    address: str
    place: str
    thread: str
    provider_id: str


Deed = Pressed | Wrote | Rewrote


@dataclass(frozen=True)
class Word:
    """What only the one who did it is told.

    Attributes:
        link: where they say who they are at the desk.
    """

    text: str
    link: str | None = None


async def is_ticket(database: Database, channel: str, place: str, thread: str) -> bool:
    """Whether the provider's thread in this place is a ticket's."""
    async with database.read() as tx:
        return await relay_threads.at(tx, channel, place, thread) is not None


async def take(services: Services, outside: Outside, deed: Deed) -> Word | None:
    """Does it if it may be done; the same deed again changes nothing more.

    Raises:
        DatabaseAway: it was not done.
    """
    if isinstance(deed, Wrote):
        moving = _COMES_OR_GOES.fullmatch(deed.text.strip())
        if moving is not None:
            return await _come_or_go(services, outside, deed, moving[1].lower() == "here")
        if not deed.thread:
            return None
    async with services.database.read() as tx:
        if isinstance(deed, Pressed):
            thread = await relay_threads.by_id(tx, deed.thread_id)
        else:
            thread = await relay_threads.at(tx, outside.channel, deed.place, deed.thread)
        if thread is None:
            return Word("This request is not here any more.") if isinstance(deed, Pressed) else None
        if not isinstance(deed, Pressed):
            known = await _written(tx, outside, deed)
        if isinstance(deed, Rewrote):
            return Word(_UNCHANGED) if known else None
        person = await _who(tx, outside, deed)
    if isinstance(person, Word):
        return person
    await presence.acted_outside(services.database, person.id)
    if isinstance(deed, Pressed):
        return await _press(services, thread, person, deed)
    return None if known else await _write(services, outside, thread, person, deed)


async def _who(tx: Transaction, outside: Outside, deed: Pressed | Wrote) -> Person | Word:
    """Who did it, or why they may do nothing here."""
    person = await addresses.person_at(tx, outside.channel, deed.address)
    if person is None:
        return Word(_UNLINKED, outside.link_url(deed.address, deed.name))
    if person.role not in DESK_ROLES:
        return Word("Your account does not work at the desk; ask an administrator.")
    return person


async def _come_or_go(services: Services, outside: Outside, deed: Wrote, comes: bool) -> Word | None:
    async with services.database.read() as tx:
        person = await _who(tx, outside, deed)
    if isinstance(person, Word):
        return person
    if not await presence.said_outside(services.database, person.id, comes, deed.at):
        return None
    if not comes:
        return Word("You are away: what is yours stays yours, and nothing new is given to you. !here ends it.")
    hours = presence.SHIFT // timedelta(hours=1)
    return Word(f"You are there for {hours} hours, or until you write !away; customers are told that somebody is.")


async def _press(services: Services, thread: Thread, person: Person, deed: Pressed) -> Word | None:
    async with services.database.write() as tx:
        await relay_outbox.learned(tx, thread, deed.root)
    try:
        if not thread.live:
            raise Refused("closed", _closed(thread))
        if deed.act == "claim":
            await _claim(services, thread, person)
        elif deed.act == "return":
            await ownership.return_to_bot(services, thread.conversation_id, person)
        else:
            await ownership.resolve(services, thread.conversation_id, person)
    except Refused:
        if await _done_already(services.database, thread, person, deed.act):
            return None
        return Word(await _why(services.database, thread))
    return None


async def _claim(services: Services, thread: Thread, person: Person) -> None:
    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        ticket = await _ticket(tx, thread)
        if ticket is None or ticket["closed_at"] is not None:
            raise Refused("closed", _closed(thread))
        conversation = await ownership.give(tx, services, conversation, person, now)
        await relay_threads.note(tx, thread.id, worker_id=person.id)
        return conversation

    await ownership.change(services, thread.conversation_id, step)


async def _write(services: Services, outside: Outside, thread: Thread, person: Person, deed: Wrote) -> Word | None:
    said = deed.text.strip()
    note = _NOTE.fullmatch(said)
    text = note[1].strip() if note else said
    not_sent = "Not noted" if note else "Not sent to the customer"
    if said.startswith("!") and note is None:
        return Word(f"{not_sent}. There is no such command. {_COMMANDS}")
    if not privacy.has_content(text):
        return Word(f"{not_sent}. {_FILES if deed.files else 'It says nothing.'}")
    if len(text) > MAX_TEXT:
        return Word(f"{not_sent}. It is longer than {MAX_TEXT} characters; send it in parts.")
    if note is None and not thread.live:
        return Word(f"{not_sent}. {_closed(thread)}")
    try:
        await ownership.reply(
            services,
            thread.conversation_id,
            person,
            text,
            private=note is not None,
            key=f"{outside.channel}:{deed.place}:{deed.provider_id}",
            written_at=written_at(outside, deed.place, deed.provider_id),
        )
    except Refused:
        return Word(f"{not_sent}. {await _why(services.database, thread)}")
    if note is None:
        await _read(services.database, thread)
        if thread.worker_id != person.id:
            async with services.database.write() as tx:
                await relay_threads.note(tx, thread.id, worker_id=person.id)
    return Word(f"Only your words were taken. {_FILES}") if deed.files else None


async def _read(database: Database, thread: Thread) -> None:
    """Who answers in the thread has read what it showed them; the provider tells of no other reading."""
    async with database.read() as tx:
        shown = await relay_outbox.shown_seq(tx, thread)
    await signs.seen(database, thread.conversation_id, "agent", shown)


async def _written(tx: Transaction, outside: Outside, deed: Wrote | Rewrote) -> bool:
    """Whether this very message was taken before."""
    channel, address, provider_id = written_at(outside, deed.place, deed.provider_id)
    p = provider_messages.c
    same = sa.and_(p.channel == channel, p.address == address, p.provider_id == provider_id)
    return await tx.scalar(sa.select(p.message_id).where(same)) is not None


async def _done_already(database: Database, thread: Thread, person: Person, act: Act) -> bool:
    """Whether it was this very person who did it: they pressed twice, or the press came twice."""
    async with database.read() as tx:
        conversation, ticket = await store.get(tx, thread.conversation_id), await _ticket(tx, thread)
    if conversation is None or ticket is None or ticket["agent_id"] != person.id:
        return False
    if act == "claim":
        return conversation.agent_id == person.id and ticket["closed_at"] is None
    return bool(ticket["outcome"] == _OUTCOMES[act])


async def _why(database: Database, thread: Thread) -> str:
    """Why somebody may not act on it now, and what to do."""
    async with database.read() as tx:
        conversation, ticket = await store.get(tx, thread.conversation_id), await _ticket(tx, thread)
        if conversation is None or ticket is None or ticket["closed_at"] is not None or not thread.live:
            return _closed(thread)
        if conversation.status == "queued":
            return "Nobody has this conversation yet; press Claim first."
        if conversation.status == "bot":
            return "The bot goes on with it until somebody is there; then it can be claimed again."
        return f"{await store.agent_name(tx, conversation)} has this conversation. !note leaves a note for the desk."


async def _ticket(tx: Transaction, thread: Thread) -> sa.RowMapping | None:
    return await tx.row(sa.select(handoffs).where(handoffs.c.id == thread.handoff_id))


def _closed(thread: Thread) -> str:
    if thread.state == "moved":
        return "This request was passed on to another team, and goes on in its channel."
    return "This request is closed; when the customer asks for a person again, it is posted anew."


_COMMANDS = "!note leaves a note that only the desk sees; !here and !away say whether you are there."
_FILES = "Files cannot be sent to customers from here; send them from the desk."
_UNLINKED = (
    "We do not know yet who you are at the desk. Open the link within ten minutes, confirm it there, and do this again."
)
_UNCHANGED = "Changing or deleting it here changes nothing at the customer's, who has it as you first wrote it."
