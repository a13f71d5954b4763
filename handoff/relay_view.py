"""What a post says, put together when it is sent: in English, as the desk is, and in no provider's format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from handoff import brief, relay_threads, store
from handoff.clock import now as clock_now
from handoff.database import Transaction
from handoff.desk.templating import language_name, span, visitor
from handoff.messages import Message
from handoff.models import contacts, people
from handoff.relay_outbox import Post
from handoff.relay_threads import Outside, Thread
from handoff.services import Services
from handoff.wording import words

Act = Literal["claim", "return", "resolve"]
UNDERSTOOD = 3
REASONS = {
    "human_agent": "Asked for a person",
    "not_understood": "The bot did not understand",
    "verification_failed": "Could not be verified",
    "bot_failed": "The bot had a fault",
    "bot_unavailable": "The bot was away",
    "shop_unavailable": "The shop did not answer",
    "taken_over": "Taken over",
}
SURE = {
    "verified": "Verified, by signing in or by a code",
    "matched": "Order and contact match",
    "none": "Not verified: tell nothing of an order yet",
}
OUTCOMES = {"chose_bot": "went on with the bot", "bot_recovered": "the bot took it back"}


@dataclass(frozen=True)
class Ticket:
    """A request for a person, and how it stands now.

    Attributes:
        facts: what an agent wants to know first, as name and value.
        understood: the customer's last words with what the bot took them for.
        state: who has it, in a sentence.
        acts: what can be done with it now.
        url: where the desk shows it.
    """

    thread_id: str
    title: str
    facts: tuple[tuple[str, str], ...]
    understood: tuple[tuple[str, str], ...]
    state: str
    acts: tuple[Act, ...]
    url: str


@dataclass(frozen=True)
class Line:
    """Something in a ticket's thread.

    Attributes:
        speaker: whose words they are; none when it is the house that tells something.
        note: a colleague's note, which the customer does not see.
        files: names of files that go with it; the desk has them.
    """

    text: str
    speaker: str | None = None
    note: bool = False
    files: tuple[str, ...] = ()
    url: str = ""


Shown = Ticket | Line


async def shown(services: Services, outside: Outside, post: Post) -> Shown | None:
    """What the post says now; None when there is nothing left to say: its message was taken back or erased.

    Raises:
        DatabaseAway: nothing could be read.
    """
    now = clock_now()
    async with services.database.read() as tx:
        thread = await relay_threads.by_id(tx, post.thread_id)
        if thread is None:
            return None
        if post.kind not in ("opening", "refresh"):
            return await _line(tx, services, outside, thread, post)
        conversation = await store.get(tx, thread.conversation_id)
        if conversation is None:
            return None
        said = await store.transcript(tx, conversation.id, private=True)
        known = await brief.brief(tx, conversation, said, now)
        state = await _state(tx, services, thread)
        name = await _customer(tx, thread)
    order = await brief.order(services, known["known"]) or {}
    return Ticket(
        thread_id=thread.id,
        title=f"{name}: {REASONS.get(known['reason'], words(known['reason'] or ''))}",
        facts=tuple(_facts(known, order, conversation.channel, conversation.created_at, now)),
        understood=tuple(
            (one["text"], words("not_understood" if one["intent"] == "nlu_fallback" else one["intent"]))
            for one in known["understood"][-UNDERSTOOD:]
        ),
        state=state,
        acts=_acts(thread),
        url=outside.desk_url(thread.conversation_id),
    )


def _acts(thread: Thread) -> tuple[Act, ...]:
    if thread.state == "queued":
        return ("claim",)
    return ("return", "resolve") if thread.state == "assigned" else ()


def _facts(known: dict[str, Any], order: Any, channel: str, since: datetime, now: datetime) -> list[tuple[str, str]]:
    facts = [("Language", language_name(known["language"])), ("Channel", words(channel))]
    if known["waited_seconds"] is not None:
        facts.append(("Waited", span(known["waited_seconds"])))
    facts.append(("Customer", SURE[known["verification"]]))
    if known["customer"]:
        facts.append(("Signed in as", known["customer"]))
    if known["contact"]:
        facts.append(("Reach at", known["contact"]))
    number = known["known"].get(brief.ORDER)
    if number:
        facts.append(("Order", _order(str(number), order)))
    if known["earlier"]:
        facts.append(("Asked for a person before", f"{len(known['earlier'])} times"))
    return facts


def _order(number: str, order: Any) -> str:
    if "error" in order:
        return f"{number}; the shop does not answer now"
    if not order:
        return f"{number}; the shop has no such order"
    parts = [f"{number}, {order.get('state', '')}"]
    parts += [f"{name} {order[name]}" for name in ("total", "expected", "parcel", "return", "claim") if order.get(name)]
    return "; ".join(parts)


async def _line(tx: Transaction, services: Services, outside: Outside, thread: Thread, post: Post) -> Line | None:
    url = outside.desk_url(thread.conversation_id)
    body = post.body
    if post.kind == "deadline":
        late = body["state"] == "breached"
        return Line("Late: nobody has answered in time." if late else "An answer is due soon.")
    if post.kind == "state":
        return Line(await _change(tx, services, body))
    message = (await store.messages_by_id(tx, [body["message_id"]])).get(body["message_id"])
    if message is None:
        return None
    if post.kind == "undelivered":
        sure = "was not delivered" if body["status"] == "failed" else "was perhaps not delivered"
        return Line(f"What {message.author_name or 'an agent'} wrote {sure}: “{_short(_said(message))}”", url=url)
    speaker = message.author_name or "Agent" if message.author == "agent" else await _customer(tx, thread)
    if post.kind == "edit":
        if message.deleted:
            return Line(f"{speaker} has taken back what they wrote.")
        return Line(message.text, f"{speaker}, changed")
    if message.deleted:
        return None
    return Line(_words_of(message), speaker, message.private, tuple(one.name for one in message.files), url)


def _words_of(message: Message) -> str:
    return message.text if message.text.strip() or message.files else "(something that is neither words nor a file)"


def _said(message: Message) -> str:
    return message.text or ", ".join(one.name for one in message.files)


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"


async def _change(tx: Transaction, services: Services, body: dict[str, Any]) -> str:
    """Who has it now, in a sentence."""
    by, agent = await _names(tx, body["by"], body["agent"])
    if body["state"] == "assigned":
        return f"{agent} has it now{f', and {by} no longer' if body['was'] == 'assigned' else ''}."
    if body["state"] == "queued":
        return f"It waits again; {by} has it no longer." if body["was"] == "assigned" else "It waits again."
    if body["state"] == "parked":
        return "Nobody came, and the bot goes on meanwhile. It comes back as soon as somebody is there."
    if body["state"] == "moved":
        team = services.queue_rules.teams.get(body["how"])
        return f"It waits for {team.title if team else words(body['how'])} now, and goes on there."
    if body["how"] == "resolved":
        return f"Resolved by {by}."
    if body["how"] == "returned":
        return f"{by} has returned it to the bot."
    return f"Closed: {OUTCOMES.get(body['how'] or '', 'the customer was helped otherwise')}."


async def _state(tx: Transaction, services: Services, thread: Thread) -> str:
    """The same of a thread, as its first post says it."""
    [agent] = await _names(tx, thread.agent_id)
    return {
        "queued": "Waiting for somebody.",
        "assigned": f"{agent} has it.",
        "parked": "With the bot; nobody came.",
        "moved": "Passed on to another team.",
        "closed": f"Done; {agent} had it." if thread.agent_id else "Done.",
    }[thread.state]


async def _names(tx: Transaction, *person_ids: str | None) -> list[str]:
    ids = [one for one in person_ids if one is not None]
    rows = await tx.rows(sa.select(people.c.id, people.c.display_name).where(people.c.id.in_(ids))) if ids else []
    names = {row["id"]: str(row["display_name"]) for row in rows}
    return [names.get(one or "", "Somebody") for one in person_ids]


async def _customer(tx: Transaction, thread: Thread) -> str:
    conversation = await store.get(tx, thread.conversation_id)
    name = None
    if conversation is not None:
        name = await tx.scalar(sa.select(contacts.c.name).where(contacts.c.id == conversation.contact_id))
    return str(name) if name else visitor(thread.conversation_id)
