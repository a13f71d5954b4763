"""What a customer presses or types that is meant for the house and not for the bot: how to wait, whom to write to, how
it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handoff import absence, conversations, ratings, saying, store, tickets
from handoff.absence import Presence
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.services import Services

# how the payloads of all buttons of the house begin
PRESSED = ("handoff:", ratings.PREFIX)
# so soon after they were asked, a customer's words are the comment; later they are a new question
COMMENT_WITHIN = timedelta(minutes=15)
LONGEST_CONTACT = 200


def is_ours(conversation: Conversation, payload: str | None, now: datetime) -> bool:
    """Whether this message answers a question of the house: one of its buttons, or the words it asked for."""
    if payload is not None:
        return payload.startswith(PRESSED)
    soon = now - conversation.updated_at <= COMMENT_WITHIN
    comments = conversation.status == "resolved" and conversation.expects == "comment" and soon
    return comments or asks_contact(conversation)


def asks_contact(conversation: Conversation) -> bool:
    """Whether the customer's next words are taken for an address to write to, or a number to call."""
    return conversation.status == "queued" and conversation.expects in ("contact", "again")


async def take(
    tx: Transaction, services: Services, conversation: Conversation, text: str, payload: str | None, now: datetime
) -> Conversation:
    """Does what the customer chose and says so; the message is stored already, the caller saves the conversation."""
    if payload is not None and payload.startswith(ratings.PREFIX):
        return await ratings.take(tx, services, conversation, payload, now)
    if conversation.expects == "comment" and payload is None:
        return await ratings.take_comment(tx, services, conversation, text, now)
    if conversation.status != "queued":
        return await saying.notice(tx, services, conversation, "choice_passed", now)
    if payload == absence.BOT:
        return await _go_on_with_the_bot(tx, services, conversation, now)
    if conversation.reason == tickets.BOT_AWAY:
        conversation = conversations.wants_person(conversation, await tickets.wanted(tx, conversation.id))
    found = await absence.look(tx, services, conversation.team, now)
    if payload == absence.WAIT:
        return await _wait(tx, services, conversation, found, now)
    if payload == absence.CONTACT:
        return await _ask_for_contact(tx, services, conversation, now)
    return await _contact(tx, services, conversation, found, text, now)


async def _wait(
    tx: Transaction, services: Services, conversation: Conversation, found: Presence, now: datetime
) -> Conversation:
    conversation = replace(conversation, choice="wait", expects=None)
    conversation = conversations.postpone(conversation, absence.answer_by(services, conversation, found, now))
    if found.open or found.opens is None:
        return await saying.notice(tx, services, conversation, "waiting", now)
    opens = absence.moment(services, conversation.team, found.opens)
    return await saying.notice(tx, services, conversation, "waiting_until", now, opens=opens)


async def _ask_for_contact(
    tx: Transaction, services: Services, conversation: Conversation, now: datetime
) -> Conversation:
    # not back to the bot while they are typing
    by = max(conversation.deadline or now, now + services.queue_rules.target(conversation.priority).first_response)
    conversation = conversations.look_again_at(replace(conversation, expects="contact"), by)
    return await saying.notice(tx, services, conversation, "contact_ask", now)


async def _contact(
    tx: Transaction, services: Services, conversation: Conversation, found: Presence, text: str, now: datetime
) -> Conversation:
    contact = services.find_contact(text)
    if contact is None or len(contact) > LONGEST_CONTACT:
        return await _unclear(tx, services, conversation, now)
    await tickets.keep_contact(tx, conversation.id, contact)
    conversation = replace(conversation, choice="contact", expects=None)
    conversation = conversations.postpone(conversation, absence.answer_by(services, conversation, found, now))
    buttons = absence.choices(conversation, absence.BOT)
    return await saying.notice(
        tx, services, conversation, "contact_kept", now, contact={"text": contact}, buttons=buttons
    )


async def _unclear(tx: Transaction, services: Services, conversation: Conversation, now: datetime) -> Conversation:
    """Asked for once more; after that their words are what they are, to be read by whoever comes."""
    if conversation.expects == "contact":
        buttons = absence.choices(conversation, absence.WAIT, absence.BOT)
        conversation = await saying.notice(tx, services, conversation, "contact_unclear", now, buttons=buttons)
        return replace(conversation, expects="again")
    buttons = absence.choices(conversation, absence.WAIT, absence.CONTACT, absence.BOT)
    conversation = await saying.notice(tx, services, conversation, "contact_left", now, buttons=buttons)
    return replace(conversation, expects=None)


async def _go_on_with_the_bot(
    tx: Transaction, services: Services, conversation: Conversation, now: datetime
) -> Conversation:
    if conversation.reason == tickets.BOT_AWAY:  # it is what they wait for; `outages` gives them back to it
        return await saying.notice(tx, services, conversation, "bot_unavailable", now)
    ticket = await tickets.open_one(tx, conversation.id)
    if ticket is not None and ticket["contact"] is not None:
        conversation = await tickets.park(tx, conversation, now)
        key = "with_bot_meanwhile"
    else:
        conversation = conversations.leave_queue(conversation, now)
        await store.close_handoff(tx, conversation.id, "chose_bot", now)
        key = "with_bot_again"
    conversation = await saying.notice(tx, services, conversation, key, now)
    await saying.status_changed(tx, conversation, now)
    return conversation
