"""News of orders: what the shop says happened, told to the customer who wants to know, once and at a decent hour.

What came in is stored first and told later, by whichever process looks after it: the conversation's row is held for
that, so nobody is told twice. It waits while hours are quiet and while the customer is busy with the bot, whose
question of just now would else be answered with a yes to this one. While a person has the conversation, or is waited
for, it is a note for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff import following, saying, store
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import Said
from handoff.models import messages, order_news
from handoff.services import Services
from handoff.walking import AT_ONCE, each

Kind = Literal["shipped", "delayed", "out_for_delivery", "delivered", "refunded", "return_resolved"]

# older than that it is no news; and what came is known for longer, so that nothing is told twice
OLDEST = timedelta(days=7)
KEPT = OLDEST + timedelta(days=1)
# how long a customer must have been silent: longer than a yes is one to what the bot has asked. What asks something
# itself waits until no code that was typed is good any more: a yes to it can then be no yes to a change
CALM = timedelta(minutes=11)
CALM_TO_ASK = timedelta(minutes=31)
# each of these makes those before it old
_ON_THE_WAY = ("shipped", "delayed", "out_for_delivery", "delivered")
# what each kind tells besides that it happened, where the shop said it: the phrase's end is the detail's name
_LINES: dict[str, tuple[str, ...]] = {
    "shipped": ("carrier", "tracking_number", "expected_on"),
    "delayed": ("expected_on",),
    "refunded": ("amount", "expected_on"),
}
_BUTTONS: dict[str, tuple[dict[str, Any], ...]] = {
    "delivered": ({"intent": "damaged_item"}, {"intent": "missing_item"}, {"intent": "start_return"}),
    "return_resolved": (
        {"phrase": "news_all_well", "payload": "/thank"},
        {"phrase": "news_not_well", "payload": "/complaint"},
    ),
}
_STOP: dict[str, Any] = {"phrase": "news_stop", "payload": '/order_news{"choice": "no"}'}


@dataclass(frozen=True)
class News:
    """Something that happened to an order, as the shop says it.

    Attributes:
        key: what the shop calls this piece of news.
        email: whose order it is.
        zone: the customer's time zone; None where the shop does not know it.
        details: `carrier`, `tracking_number`, `expected_on` (an ISO date), `amount` (minor units) with `currency`;
            each may be missing.
    """

    key: str
    kind: Kind
    order_number: str
    email: str
    happened_at: datetime
    zone: str | None
    details: Mapping[str, Any]


async def take_in(services: Services, news: News) -> tuple[bool, bool]:
    """Stores it, for somebody to be told; returns whether somebody will be, and whether it is new. What comes again is
    stored once and gets the same answer.

    Raises:
        Refused: `other_event`: this key was something else before.
        DatabaseAway: nothing was stored.
    """
    now = clock_now()
    key, digest = _hashed(news.key), _hashed(json.dumps(asdict(news), sort_keys=True, default=str))
    async with services.database.write() as tx:
        follower = await following.follower(tx, news.order_number, news.email)
        if follower is not None and await store.get(tx, follower, lock=True) is None:
            follower = None  # erased just now
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        row = {
            "id": new_id(),
            "key": key,
            "digest": digest,
            "kind": news.kind,
            "order_number": news.order_number,
            "details": dict(news.details),
            "zone": news.zone,
            "conversation_id": follower,
            "status": "held" if follower else "nobody",
            "happened_at": news.happened_at,
            "due_at": now if follower else None,
            "created_at": now,
        }
        stored = await tx.execute(insert(order_news).values(**row).on_conflict_do_nothing(index_elements=["key"]))
        if stored.rowcount == 1:
            tx.wake("queue")
            return follower is not None, True
        seen = await tx.row(sa.select(order_news).where(order_news.c.key == key))
        if seen is None or seen["digest"] != digest:
            raise Refused("other_event", "Another event came under this id before; give each its own.")
        return seen["conversation_id"] is not None, False


async def tell_due(services: Services) -> int:
    """Deals with all news that are due; returns in how many conversations."""
    n = order_news.c
    due = sa.select(n.conversation_id).where(n.due_at <= clock_now()).group_by(n.conversation_id)
    async with services.database.read() as tx:
        rows = await tx.rows(due.order_by(sa.func.min(n.due_at)).limit(AT_ONCE))

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        mine = sa.select(order_news).where(n.conversation_id == conversation.id, n.due_at <= now)
        held = await tx.rows(mine.order_by(n.happened_at, n.id))
        if not held:
            raise Refused("not_due", "Somebody was faster.")
        for row in held:
            conversation = await _deal_with(tx, services, conversation, row, now)
        return conversation

    return await each(services, [row["conversation_id"] for row in rows], step)


async def _deal_with(
    tx: Transaction, services: Services, conversation: Conversation, row: sa.RowMapping, now: datetime
) -> Conversation:
    """Tells it, notes it for the desk, drops it, or puts it off."""
    zone = ZoneInfo(row["zone"]) if row["zone"] else services.hours.house.zone
    if conversation.news != "yes" or await _overtaken(tx, row):
        await _settle(tx, row, "dropped")
        return conversation
    if conversation.status in ("queued", "assigned"):
        note = services.phrases.say("news_note", conversation.language, news=_words(services, conversation, row).text)
        conversation, _ = await saying.add(tx, services, conversation, "system", note, now, private=True)
        await _settle(tx, row, "noted")
        return conversation
    quiet = services.queue_rules.quiet
    at = max(quiet.over(now, zone) if quiet else now, await _calm_from(tx, conversation, row, now))
    if at > now:
        await tx.execute(sa.update(order_news).where(order_news.c.id == row["id"]).values(due_at=at))
        return conversation
    name = services.phrases.say("bot_name", conversation.language).text
    said = _words(services, conversation, row)
    # whoever is asked for a comment now has heard something else since
    conversation = replace(conversation, expects=None)
    conversation, _ = await saying.add(tx, services, conversation, "bot", said, now, author_name=name)
    await _settle(tx, row, "told")
    return conversation


async def _settle(tx: Transaction, row: sa.RowMapping, status: str) -> None:
    await tx.execute(sa.update(order_news).where(order_news.c.id == row["id"]).values(status=status, due_at=None))


async def _calm_from(tx: Transaction, conversation: Conversation, row: sa.RowMapping, now: datetime) -> datetime:
    """From when on the customer is not in the middle of something else."""
    calm = CALM_TO_ASK if row["kind"] == "return_resolved" else CALM
    if conversation.turn_waiting_since is not None:
        return now + CALM
    wrote = await tx.scalar(
        sa.select(sa.func.max(messages.c.created_at)).where(
            messages.c.conversation_id == conversation.id, messages.c.author == "customer"
        )
    )
    return wrote + calm if isinstance(wrote, datetime) else now


async def _overtaken(tx: Transaction, row: sa.RowMapping) -> bool:
    """Whether the parcel is known to have come further since."""
    if row["kind"] not in _ON_THE_WAY:
        return False
    n = order_news.c
    later = sa.select(n.id).where(
        n.conversation_id == row["conversation_id"],
        n.order_number == row["order_number"],
        n.kind.in_(_ON_THE_WAY),
        n.happened_at > row["happened_at"],
    )
    return await tx.scalar(later.limit(1)) is not None


def _words(services: Services, conversation: Conversation, row: sa.RowMapping) -> Said:
    """What is said of it, in the customer's language."""
    kind, details = row["kind"], row["details"]
    values: dict[str, Any] = {"number": {"id": row["order_number"]}}
    if "amount" in details:
        values["amount"] = {"money": details["amount"], "currency": details["currency"]}
    values |= {name: {"id": details[name]} for name in ("carrier", "tracking_number") if name in details}
    if "expected_on" in details:
        values["expected_on"] = {"date": details["expected_on"]}
    language, buttons = conversation.language, [*_BUTTONS.get(kind, ()), _STOP]
    said = services.phrases.say(f"news_{kind}", language, buttons=buttons, **values)
    lines = [
        services.phrases.say(f"news_line_{name}", language, **values).text
        for name in _LINES.get(kind, ())
        if name in details
    ]
    return Said("\n".join([said.text, *lines]), said.buttons)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
