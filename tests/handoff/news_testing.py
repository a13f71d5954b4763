"""Customers who follow an order, and what the shop says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from handoff_testing import answer, rows, update, write

from handoff import news
from handoff.clock import new_id, now
from handoff.following import Wish, hashed
from handoff.models import conversations, messages
from handoff.news import News
from handoff.services import Services

NUMBER, EMAIL = "10001", "amina@example.com"
HASH = hashed(EMAIL)


def awake(services: Services) -> Services:
    """The same services without quiet hours: these tests run at any time of the day."""
    return replace(services, queue_rules=replace(services.queue_rules, quiet=None))


async def follow(
    services: Services,
    address: str = "amina",
    orders: dict[str, str] | None = None,
    wanted: Any = "yes",
    calm: bool = True,
    **outcome: Any,
) -> str:
    """A customer who has agreed, or not, to be told of these orders; the conversation's id."""
    message = await write(services, "yes, tell me", address)
    wish = Wish(wanted, {NUMBER: HASH} if orders is None else orders)
    await answer(services, "gladly", news=wish, **outcome)
    if calm:
        await silent(services, message.conversation_id)
    return message.conversation_id


async def silent(services: Services, conversation_id: str, since: timedelta = timedelta(hours=1)) -> None:
    """All that was said in the conversation was said so long ago."""
    async with services.database.write() as tx:
        older = {"created_at": now() - since}
        await tx.execute(sa.update(messages).where(messages.c.conversation_id == conversation_id).values(older))
        await tx.execute(
            sa.update(conversations).where(conversations.c.id == conversation_id).values(updated_at=now() - since)
        )


def said_of(kind: str = "shipped", at: datetime | None = None, **values: Any) -> News:
    """A piece of news."""
    given: dict[str, Any] = {
        "key": new_id(),
        "order_number": NUMBER,
        "email": EMAIL,
        "zone": None,
        "details": {},
        **values,
    }
    return News(kind=kind, happened_at=at or now(), **given)


async def tell(services: Services, *pieces: News) -> None:
    """They come in, and whoever looks after what is due does so."""
    for piece in pieces:
        await news.take_in(services, piece)
    await news.tell_due(services)


async def statuses(services: Services) -> list[tuple[str, str]]:
    """What became of each piece of news, in the order in which they came."""
    return [(row["kind"], row["status"]) for row in await rows(services.database, "order_news", "id")]


async def look_again(services: Services) -> int:
    """The time of all that was put off has come."""
    for row in await rows(services.database, "order_news"):
        if row["status"] == "held":
            await update(services.database, "order_news", row["id"], due_at=now() - timedelta(seconds=1))
    return await news.tell_due(services)
