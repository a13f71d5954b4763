"""Taking in what a customer wrote: one transaction from dedupe key to stored message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import choices, conversations, privacy, saying, store, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import Message, Said
from handoff.services import Services
from handoff.store import Receipt

MAX_TEXT = 4000
MAX_NAME = 200


@dataclass(frozen=True)
class Incoming:
    """A customer's message as a channel delivers it.

    Attributes:
        key: the channel's own name for this delivery; the same key again is the same message.
        address: who wrote, in the channel's terms.
        text: what they typed, empty when a button was pressed.
        payload: the pressed button's payload; only buttons that we offered are taken.
        language: a first guess for a new conversation.
        opens: an address that is not known yet opens a conversation. Where the channel gives addresses out itself and
            opens their conversations at once, as the website does, an unknown one was erased.
    """

    channel: str
    key: str
    address: str
    text: str = ""
    payload: str | None = None
    language: str | None = None
    name: str | None = None
    opens: bool = True


class TooMany(Exception):
    """The visitor wrote more than the limit within a minute; `retry_after` is in seconds."""

    retry_after = 60


class Erased(Refused):
    """The message was here and has been erased with its customer's data; a late copy of it brings nothing back."""

    def __init__(self) -> None:
        super().__init__("erased", "This chat was erased; please start a new one.")


class _UnknownSession(Refused):
    """There is no such conversation, and nobody may begin one like this."""

    def __init__(self) -> None:
        super().__init__("unknown_session", "This chat is unknown; please start a new one.")


class _SeenBefore(Exception):
    """The delivery was stored meanwhile; leaving by an exception takes back a conversation opened for it."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self.receipt = receipt


async def open_session(services: Services, channel: str, address: str, language: str | None) -> Conversation:
    """The conversation of a visitor who has not written yet.

    Args:
        language: a first guess, such as the page's; what they write, or choose, decides.
    """
    now = clock_now()
    async with services.database.write() as tx:
        return await store.open_conversation(tx, channel, address, _served(services, language), now)


async def receive(services: Services, incoming: Incoming) -> tuple[Message, bool]:
    """Stores the message and, when the bot owns the conversation, its turn; returns it and whether it was new.

    Raises:
        Refused: `empty`, `too_long`, `unknown_button`, `unknown_session` or `erased`; nothing was stored.
        TooMany: over the limit; nothing was stored.
        DatabaseAway: nothing was stored.
    """
    text = incoming.text.strip()
    if incoming.payload is None:
        if not privacy.has_content(text):
            raise Refused("empty", "The message is empty; please write something.")
        if len(text) > MAX_TEXT:
            raise Refused("too_long", f"The message is longer than {MAX_TEXT} characters; please send it in parts.")
    now = clock_now()
    try:
        async with services.database.write() as tx:
            conversation = await _conversation(services, tx, incoming, now)
            if conversation is None:
                seen = await store.receipt(tx, incoming.channel, incoming.key)
                if seen is not None:
                    return _known(seen), False
                raise _UnknownSession
            # with the row held, nobody else can be storing the same delivery to this conversation
            most = services.messages_per_minute
            seen, full_since = await store.arrival(tx, conversation.id, incoming.channel, incoming.key, most)
            if seen is not None:
                raise _SeenBefore(seen)
            if full_since is not None and full_since > now - timedelta(minutes=1):
                raise TooMany
            if incoming.payload is not None:
                button = await store.offered_button(tx, conversation.id, incoming.payload)
                if button is None:
                    raise Refused("unknown_button", "That button is no longer offered; please type your question.")
                text = button.title
            conversation, message = await _store(services, tx, conversation, text, incoming.payload, now)
            await store.add_receipt(tx, incoming.channel, incoming.key, message)
            return message, True
    except _SeenBefore as before:
        return _known(before.receipt), False
    except sa.exc.IntegrityError:
        # The index refused what the checks let through: the same delivery to two conversations at once.
        async with services.database.read() as tx:
            seen = await store.receipt(tx, incoming.channel, incoming.key)
        if seen is None:
            raise
        return _known(seen), False


async def choose_language(services: Services, channel: str, address: str, language: str) -> Conversation:
    """The customer's own choice, which wins over any guess from then on.

    Raises:
        Refused: we do not answer in that language, or the visitor is unknown.
    """
    if language not in services.languages:
        raise Refused("unknown_language", f"Please choose one of: {', '.join(services.languages)}.")
    async with services.database.write() as tx:
        conversation = await store.of_identity(tx, channel, address, lock=True)
        if conversation is None:
            raise _UnknownSession
        conversation = replace(conversation, language=language, language_chosen=True)
        await store.save(tx, conversation)
        return conversation


async def _conversation(services: Services, tx: Transaction, incoming: Incoming, now: datetime) -> Conversation | None:
    """The conversation, its row held; None when there is none and this message may not open one."""
    if not incoming.opens:
        return await store.of_identity(tx, incoming.channel, incoming.address, lock=True)
    name = privacy.redact(incoming.name)[:MAX_NAME] if incoming.name else None
    language = _served(services, incoming.language)
    return await store.open_conversation(tx, incoming.channel, incoming.address, language, now, name)


async def _store(
    services: Services,
    tx: Transaction,
    conversation: Conversation,
    text: str,
    payload: str | None,
    now: datetime,
) -> tuple[Conversation, Message]:
    was = conversation.status
    text = privacy.redact(text)  # before anybody reads it: the answer to a question of the house is kept elsewhere too
    for_us = choices.is_ours(conversation, payload, now)
    if not for_us:
        reply_by = now + services.queue_rules.target(conversation.priority).next_response
        conversation = conversations.receive(conversation, reply_by, now)
    conversation, message = await saying.add(tx, services, conversation, "customer", Said(text), now, payload=payload)
    if for_us:
        conversation = await choices.take(tx, services, conversation, text, payload, now)
    elif conversation.status == "bot":
        conversation = await turn_store.enqueue(tx, conversation, message)
    await store.save(tx, conversation)
    if conversation.status != was and not for_us:
        await saying.status_changed(tx, conversation, now)
    return conversation, message


def _known(receipt: Receipt) -> Message:
    if receipt.message is None:
        raise Erased
    return receipt.message


def _served(services: Services, language: str | None) -> str:
    if language in services.languages:
        return str(language)
    base = (language or "").split("-")[0]
    return base if base in services.languages else services.languages[0]
