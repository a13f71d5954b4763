"""Passing a conversation between the bot, the queue and the agents: each step one transaction, the customer told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from handoff import absence, conversations, files, privacy, ratings, saying, signs, store, tickets, turn_store
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import File, Message, Said
from handoff.people import Person
from handoff.services import Services
from handoff.walking import Step
from handoff.wording import words

LONGEST_SNOOZE = timedelta(days=30)


async def hand_over(
    tx: Transaction,
    services: Services,
    conversation: Conversation,
    reason: str,
    known: dict[str, Any],
    now: datetime,
) -> Conversation:
    """The bot passes the locked conversation on and tells the customer their place; the caller saves it.

    One that waited before, and went on with the bot meanwhile, keeps its ticket and with it its place.
    """
    rules = services.queue_rules
    brief: dict[str, Any] = {"reason": reason, "known": known}
    parked = await tickets.parked(tx, conversation.id)
    ticket = tickets.of_parked(rules, parked, now, reason) if parked else tickets.ticket(rules, reason, now, now)
    conversation = conversations.request_handoff(conversation, ticket, now)
    await turn_store.drop_waiting(tx, conversation.id)
    if parked:
        await tickets.unpark(tx, conversation.id, ticket, brief)
    else:
        await store.open_handoff(tx, conversation, brief, now)
    conversation = await absence.welcome(tx, services, conversation, now)
    await saying.status_changed(tx, conversation, now)
    return conversation


async def claim(services: Services, conversation_id: str, person: Person) -> Conversation:
    """An agent takes the conversation; the customer hears who joined.

    Raises:
        Refused: it is not in the queue (any more), or does not exist.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        return await give(tx, services, conversation, person, now)

    return await change(services, conversation_id, step)


async def take_over(services: Services, conversation_id: str, person: Person) -> Conversation:
    """A supervisor takes the conversation from whoever has it.

    Raises:
        Refused: it is theirs already, resolved, or does not exist.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        parked = await tickets.parked(tx, conversation.id)
        fresh = conversation.status == "bot" and parked is None
        if parked is not None:
            conversation = conversations.resume(conversation, tickets.of_parked(services.queue_rules, parked, now))
        reply_by = _reply_by(services, conversation, now)
        conversation = conversations.take_over(conversation, person.id, reply_by, now)
        await turn_store.drop_waiting(tx, conversation.id)
        if fresh:
            await store.open_handoff(tx, conversation, {"reason": tickets.TAKEN_OVER, "known": {}}, now)
        return await join(tx, services, conversation, person, now)

    return await change(services, conversation_id, step)


async def transfer(
    services: Services,
    conversation_id: str,
    person: Person,
    to: Person | None = None,
    team: str | None = None,
    note: str = "",
) -> Conversation:
    """Passes the conversation to another agent, or into the queue of a team when `to` is None.

    Args:
        team: whose queue; the team that has it when None.
        note: words that only the desk sees.

    Raises:
        Refused: it is not this agent's, would stay where it is, or there is no such team.
    """
    rules = services.queue_rules
    if team is not None and team not in rules.teams:
        raise Refused("unknown_team", f"There is no team {team}; choose one of: {', '.join(rules.teams)}.")

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        if to is not None:
            reply_by = _reply_by(services, conversation, now)
            conversation = conversations.transfer(conversation, person.id, to.id, reply_by, now)
            conversation = await _noted(tx, services, conversation, person, note, now)
            return await join(tx, services, conversation, to, now)
        ticket = tickets.again(rules, conversation, now, team=team)
        conversation = conversations.requeue(conversation, person.id, ticket, now)
        await tickets.to_team(tx, conversation.id, conversation.team)
        conversation = await _noted(tx, services, conversation, person, note, now)
        return await absence.welcome(tx, services, conversation, now, key="requeued")

    return await change(services, conversation_id, step)


async def return_to_bot(services: Services, conversation_id: str, person: Person) -> Conversation:
    """Hands the conversation back; the bot goes on with all it knew.

    Raises:
        Refused: it is not this agent's.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.return_to_bot(conversation, person.id, now)
        await store.close_handoff(tx, conversation.id, "returned", now)
        return await saying.notice(tx, services, conversation, "returned_to_bot", now, agent=person.display_name)

    return await change(services, conversation_id, step)


async def resolve(services: Services, conversation_id: str, person: Person) -> Conversation:
    """Closes the conversation and asks how it was; a new message of the customer reopens it.

    Raises:
        Refused: it is not this agent's.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        conversation = conversations.resolve(conversation, person.id, now)
        ticket = await tickets.open_one(tx, conversation.id)
        await store.close_handoff(tx, conversation.id, "resolved", now)
        conversation = await saying.notice(tx, services, conversation, "conversation_resolved", now)
        return await ratings.ask(tx, services, conversation, ticket, now) if ticket else conversation

    return await change(services, conversation_id, step)


async def snooze(services: Services, conversation_id: str, person: Person, until: datetime | None) -> Conversation:
    """Puts the conversation aside until then, or until the customer writes; takes it up again when None. A customer who
    is still without an answer hears when to expect it.

    Raises:
        Refused: it is not this agent's, or the time is not within the next 30 days.
    """

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        if until is None:
            return conversations.unsnooze(conversation, person.id, _reply_by(services, conversation, now))
        if not now < until <= now + LONGEST_SNOOZE:
            raise Refused("bad_time", "Choose a time within the next 30 days.")
        unanswered = conversation.deadline is not None
        conversation = conversations.snooze(conversation, person.id, until)
        if not unanswered:
            return conversation
        at = absence.moment(services, conversation.team, until)
        return await saying.notice(tx, services, conversation, "put_aside", now, agent=person.display_name, moment=at)

    return await change(services, conversation_id, step)


async def reply(
    services: Services,
    conversation_id: str,
    person: Person,
    text: str,
    private: bool,
    key: str | None = None,
    written_at: tuple[str, str, str] | None = None,
    file: str | None = None,
) -> tuple[Message, bool]:
    """An agent's message, or a note that only the desk sees; returns it and whether it was new.

    Args:
        key: the Idempotency-Key; the same key again gives the message already stored.
        written_at: where else than at the desk it was written, as channel, address and the provider's id of it.
        file: the id of an upload of this agent's that goes along.

    Raises:
        Refused: not this agent's conversation; a note needs no ownership. `no_files` where none can be sent,
            `unknown_file` for a file that is not here, `file_sent` for one that was sent already.
    """
    now = clock_now()
    name = f"{person.id}:{conversation_id}:{key}"
    async with services.database.write() as tx:
        conversation = await locked(tx, conversation_id)
        if key is not None:
            seen = await store.receipt(tx, "desk", name)
            if seen is not None and seen.message is not None:
                return seen.message, False
        if not private:
            conversations.check_owner(conversation, person.id)
            conversation = conversations.answered(conversation)
            await tickets.replied(tx, conversation.id, now)
            await signs.wrote(tx, conversation.id, "agent")
        attached = await _attached(tx, services, conversation, person, private, file)
        conversation, message = await saying.add(
            tx,
            services,
            conversation,
            "agent",
            Said(privacy.redact(text)),
            now,
            author_id=person.id,
            author_name=person.display_name,
            private=private,
            files=attached,
        )
        await files.belong(tx, attached, message.id)
        if key is not None:
            await store.add_receipt(tx, "desk", name, message)
        if written_at is not None:
            await store.add_provider_id(tx, *written_at, message)
        await store.save(tx, conversation)
        return message, True


async def typing(services: Services, conversation_id: str, person: Person) -> None:
    """The agent is typing to their customer.

    Raises:
        Refused: it is not this agent's.
    """
    await _own(services, conversation_id, person)
    await signs.typing(services.database, conversation_id, "agent")


async def seen(services: Services, conversation_id: str, person: Person, seq: int) -> None:
    """The agent has read their customer's messages up to this one.

    Raises:
        Refused: it is not this agent's.
    """
    await _own(services, conversation_id, person)
    await signs.seen(services.database, conversation_id, "agent", seq)


def check_files(services: Services, conversation: Conversation) -> None:
    """Raises:
    Refused: `no_files`, since the customer's channel takes none from us.
    """
    if why := no_files(services, conversation):
        raise Refused("no_files", why)


def no_files(services: Services, conversation: Conversation) -> str:
    """Why this customer can be sent none, as a sentence; nothing when they can."""
    if conversation.channel in services.file_channels:
        return ""
    return f"Files cannot be sent to customers on {words(conversation.channel)}."


class NotFound(Refused):
    """There is no such conversation."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such conversation.")


async def give(
    tx: Transaction, services: Services, conversation: Conversation, person: Person, now: datetime
) -> Conversation:
    """A queued conversation becomes this agent's; the caller saves it.

    Raises:
        Refused: it is not in the queue (any more).
    """
    reply_by = _reply_by(services, conversation, now)
    return await join(tx, services, conversations.claim(conversation, person.id, reply_by, now), person, now)


async def join(
    tx: Transaction, services: Services, conversation: Conversation, person: Person, now: datetime
) -> Conversation:
    """The conversation is this agent's now: its ticket says so, and so hears the customer; the caller saves it."""
    await store.claim_handoff(tx, conversation.id, person.id, now)
    return await saying.notice(tx, services, conversation, "agent_joined", now, agent=person.display_name)


async def change(services: Services, conversation_id: str, step: Step) -> Conversation:
    """One step on one conversation, its row locked, and watchers told.

    Raises:
        Refused: the step does not fit its state any more.
    """
    now = clock_now()
    async with services.database.write() as tx:
        conversation = await step(tx, await locked(tx, conversation_id), now)
        await store.save(tx, conversation)
        await saying.status_changed(tx, conversation, now)
        return conversation


async def locked(tx: Transaction, conversation_id: str) -> Conversation:
    """The conversation, its row held to the end of the transaction.

    Raises:
        NotFound: there is none.
    """
    conversation = await store.get(tx, conversation_id, lock=True)
    if conversation is None:
        raise NotFound()
    return conversation


async def _own(services: Services, conversation_id: str, person: Person) -> None:
    async with services.database.read() as tx:
        conversation = await store.get(tx, conversation_id)
    if conversation is None:
        raise NotFound()
    conversations.check_owner(conversation, person.id)


def _reply_by(services: Services, conversation: Conversation, now: datetime) -> datetime:
    return now + services.queue_rules.target(conversation.priority).next_response


async def _attached(
    tx: Transaction, services: Services, conversation: Conversation, person: Person, private: bool, file: str | None
) -> tuple[File, ...]:
    """
    Raises:
        Refused: `no_files`, `unknown_file` or `file_sent`.
    """
    if file is None:
        return ()
    if private:
        raise Refused("no_files", "A private note takes no files.")
    check_files(services, conversation)
    return (await files.attach_from_desk(tx, conversation.id, file, person.id),)


async def _noted(
    tx: Transaction, services: Services, conversation: Conversation, person: Person, note: str, now: datetime
) -> Conversation:
    if not privacy.has_content(note):
        return conversation
    said = Said(privacy.redact(note.strip()))
    author = {"author_id": person.id, "author_name": person.display_name}
    conversation, _ = await saying.add(tx, services, conversation, "agent", said, now, private=True, **author)
    return conversation
