"""Taking in what a customer wrote: one transaction from dedupe key to stored message."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from handoff import choices, conversations, files, privacy, saying, signs, store, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.incoming import COMMANDS, Incoming
from handoff.messages import Message, Said
from handoff.plain_text import plain
from handoff.services import Services
from handoff.store import Receipt

MAX_TEXT = 4000
# so soon after each other the files without words of one customer are one album
ALBUM = timedelta(seconds=30)
# why a message may not be taken, of what has words of its own in the phrases
TOLD = ("empty", "too_long", "unknown_button", "too_many", "too_many_files")


class TooMany(Exception):
    """The visitor wrote more than the limit within a minute; `retry_after` is in seconds."""

    retry_after = 60


class Erased(Refused):
    """The message was here and has been erased with its customer's data; a late copy of it brings nothing back."""

    def __init__(self) -> None:
        super().__init__("erased", "This chat was erased; please start a new one.")


class UnknownSession(Refused):
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
        Refused: `empty`, `too_long`, `unknown_button`, `unknown_file`, `too_many_files`, `unknown_session` or `erased`;
            nothing was stored.
        TooMany: over the limit; nothing was stored.
        DatabaseAway: nothing was stored.
    """
    incoming = replace(incoming, text=plain(incoming.text).strip())
    if not incoming.says_something:
        raise Refused("empty", "The message is empty; please write something.")
    if len(incoming.text) > MAX_TEXT:
        raise Refused("too_long", f"The message is longer than {MAX_TEXT} characters; please send it in parts.")
    now = clock_now()
    try:
        async with services.database.write() as tx:
            conversation = await _conversation(services, tx, incoming, now)
            if conversation is None:
                seen = await store.receipt(tx, incoming.channel, incoming.key)
                if seen is not None:
                    return _known(seen), False
                raise UnknownSession
            # with the row held, nobody else can be storing the same delivery to this conversation
            most = services.messages_per_minute
            seen, full_since = await store.arrival(tx, conversation.id, incoming.channel, incoming.key, most)
            if seen is not None:
                raise _SeenBefore(seen)
            if full_since is not None and full_since > now - timedelta(minutes=1):
                raise TooMany
            conversation, message = await _store(
                services, tx, conversation, await _pressed(tx, conversation, incoming), now
            )
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


async def tell_refused(services: Services, incoming: Incoming, code: str) -> None:
    """The customer hears in the chat why their message was not taken: once for each delivery, and of the same reason
    not again before a message of theirs was taken.

    Args:
        code: a `Refused` code, or `too_many`; one that has no words of its own gets general ones.

    Raises:
        DatabaseAway: nobody was told; the same delivery again tells them.
    """
    now = clock_now()
    key = f"refused_{code}" if code in TOLD else "refused"
    try:
        async with services.database.write() as tx:
            conversation = await _conversation(services, tx, incoming, now)
            seen = await store.receipt(tx, incoming.channel, incoming.key)
            if seen is not None:  # also by somebody who was erased since, and for whom nothing may be opened again
                raise _SeenBefore(seen)
            if conversation is None:
                return
            said = services.phrases.say(key, conversation.language)
            told = await store.told_since(tx, conversation.id, said.text)
            if told is None:
                conversation, told = await saying.add(tx, services, conversation, "system", said, now)
                await store.save(tx, conversation)
            await store.add_receipt(tx, incoming.channel, incoming.key, told)
    except _SeenBefore:
        return
    except sa.exc.IntegrityError:
        # As in `receive`: the same delivery to two conversations at once, and the other one's customer was told.
        async with services.database.read() as tx:
            if await store.receipt(tx, incoming.channel, incoming.key) is None:
                raise


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
            raise UnknownSession
        conversation = replace(conversation, language=language, language_chosen=True)
        await store.save(tx, conversation)
        return conversation


async def _conversation(services: Services, tx: Transaction, incoming: Incoming, now: datetime) -> Conversation | None:
    """The conversation, its row held; None when there is none and this message may not open one."""
    if not incoming.opens:
        return await store.of_identity(tx, incoming.channel, incoming.address, lock=True)
    language = _served(services, incoming.language)
    return await store.open_conversation(
        tx,
        incoming.channel,
        incoming.address,
        language,
        now,
        privacy.name(incoming.name or ""),
        person=incoming.person,
        ask_name=incoming.ask_name,
    )


async def _pressed(tx: Transaction, conversation: Conversation, incoming: Incoming) -> Incoming:
    """The message with what its button or its command stands for; who types a button's title has pressed it.

    Raises:
        Refused: the button is none of the last ones that we offered.
    """
    if incoming.command is not None:
        return replace(incoming, payload=COMMANDS[incoming.command])
    if incoming.payload is None and incoming.button is None:
        typed = await store.titled_button(tx, conversation.id, incoming.text) if incoming.text else None
        return replace(incoming, payload=typed.payload) if typed else incoming
    if incoming.button is not None:
        button = await store.button_at(tx, conversation.id, *incoming.button)
    else:
        button = await store.offered_button(tx, conversation.id, incoming.payload or "")
    if button is None:
        raise Refused("unknown_button", "That button is no longer offered; please type your question.")
    return replace(incoming, text=button.title, payload=button.payload)


async def _store(
    services: Services, tx: Transaction, conversation: Conversation, incoming: Incoming, now: datetime
) -> tuple[Conversation, Message]:
    was, payload = conversation.status, incoming.payload
    # before anybody reads it: the answer to a question of the house is kept elsewhere too
    text = privacy.redact(incoming.text)
    if incoming.unsupported is not None and not privacy.has_content(text):
        text = services.phrases.say(f"sent_{incoming.unsupported}", conversation.language).text
    for_us = incoming.has_words and choices.is_ours(conversation, payload, now)
    if not for_us:
        reply_by = now + services.queue_rules.target(conversation.priority).next_response
        conversation = conversations.receive(conversation, reply_by, now)
    attached = await files.attach(tx, conversation.id, incoming.files, incoming.uploads, now)
    conversation, message = await saying.add(
        tx, services, conversation, "customer", Said(text), now, payload=payload, files=attached
    )
    await files.belong(tx, attached, message.id)
    if any(one.status == "refused" for one in attached):
        conversation = await saying.notice(tx, services, conversation, "file_refused", now)
    if was in ("queued", "assigned"):
        await signs.wrote(tx, conversation.id, "customer")
    if incoming.provider_id is not None:
        await store.add_provider_id(tx, incoming.channel, incoming.address, incoming.provider_id, message)
    if for_us:
        conversation = await choices.take(tx, services, conversation, text, payload, now)
    elif conversation.status == "bot" and incoming.has_words:
        conversation = await turn_store.enqueue(tx, conversation, message)
    elif conversation.status == "bot":
        key = "words_only" if not attached else "file_received"
        if not attached or any(one.status != "refused" for one in attached):
            conversation = await _said_once(tx, services, conversation, key, now)
    await store.save(tx, conversation)
    if conversation.status != was and not for_us:
        await saying.status_changed(tx, conversation, now)
    return conversation, message


async def _said_once(
    tx: Transaction, services: Services, conversation: Conversation, key: str, now: datetime
) -> Conversation:
    """The notice, unless it was given just now: the photos of an album are messages of their own."""
    text = services.phrases.say(key, conversation.language).text
    if await store.told_at(tx, conversation.id, text, now - ALBUM):
        return conversation
    return await saying.notice(tx, services, conversation, key, now)


def _known(receipt: Receipt) -> Message:
    if receipt.message is None:
        raise Erased
    return receipt.message


def _served(services: Services, language: str | None) -> str:
    if language in services.languages:
        return str(language)
    base = (language or "").split("-")[0]
    return base if base in services.languages else services.languages[0]
