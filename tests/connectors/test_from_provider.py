"""What a provider delivers: each message and change is taken for itself, and what is not taken is told in the chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from example_channel import Pigeon
from payload_files import payload
from pigeon_server import SECRET, TOKEN, delivered
from structlog.testing import capture_logs

from connectors import inbound
from connectors.base import BadRequest, Forged, Request
from handoff import erasure
from handoff.clock import new_id
from handoff.database import Database, DatabaseAway
from handoff.incoming import Changed, Incoming
from handoff.messages import Message
from handoff.models import messages
from handoff.services import Services
from handoff.store import as_message


class Ill(Pigeon):
    """Pigeon on a day on which nothing can be done for its customers."""

    async def received(self, request: Request) -> None:
        raise RuntimeError(f"cannot make anything of {request.body.decode()}")


def pigeon(kind: type[Pigeon] = Pigeon) -> Pigeon:
    return kind(TOKEN, SECRET, "http://127.0.0.1:9", httpx.AsyncClient())


@pytest.fixture
def services(database: Database, services_over: Callable[[Database], Services]) -> Services:
    return replace(services_over(database), push_channels=frozenset({"pigeon"}), messages_per_minute=3)


async def transcript(services: Services) -> list[Message]:
    async with services.database.read() as tx:
        rows = await tx.rows(sa.select(messages).order_by(messages.c.conversation_id, messages.c.seq))
        return [as_message(row) for row in rows]


def write(text: str, **details: Any) -> Incoming:
    return Incoming("pigeon", details.pop("key", new_id()), details.pop("address", "c1"), text, **details)


async def test_of_several_each_is_taken_for_itself_in_order(services: Services) -> None:
    received = await inbound.keep(
        services,
        [
            write("helo", provider_id="1"),
            write(""),
            Changed("pigeon", "c1", "1", "hello"),
            write("x" * 4001),
            Changed("pigeon", "nobody", "1", "hello"),
            write("", payload="/refund"),
            write("bye", key="same"),
            write("bye", key="same"),
        ],
    )
    assert [(one.message.text, one.new) for one in received] == [("helo", True), ("bye", True), ("bye", False)]
    told = [services.phrases.say(f"refused_{why}", "en").text for why in ("empty", "too_long", "unknown_button")]
    assert [one.text for one in await transcript(services)] == ["hello", *told, "bye"]


async def test_an_edit_that_its_provider_delivers_is_seen_and_not_answered(services: Services) -> None:
    connector = pigeon()
    await inbound.take_from_provider(services, connector, delivered(payload("pigeon", "message")))
    for _ in range(3):
        assert await inbound.take_from_provider(services, connector, delivered(payload("pigeon", "edit"))) == []
    (message,) = await transcript(services)
    assert message.text == "where is my order?" and message.edited_at is not None
    await inbound.take_from_provider(services, connector, delivered(payload("pigeon", "delete")))
    await inbound.take_from_provider(services, connector, delivered(payload("pigeon", "edit")))
    (message,) = await transcript(services)
    assert message.deleted and message.text == ""


async def test_what_says_nothing_to_us_is_taken_and_leaves_nothing(services: Services) -> None:
    for name in ("bot", "joined"):
        assert await inbound.take_from_provider(services, pigeon(), delivered(payload("pigeon", name))) == []
    assert await transcript(services) == []


async def test_a_courtesy_that_fails_changes_nothing_and_its_words_stay_out_of_the_log(services: Services) -> None:
    with capture_logs() as logs:
        event = {**payload("pigeon", "message"), "text": "my secret"}
        (received,) = await inbound.take_from_provider(services, pigeon(Ill), delivered(event))
    assert received.new
    assert logs == [{"event": "courtesy_failed", "channel": "pigeon", "error": "RuntimeError", "log_level": "warning"}]


@pytest.mark.parametrize(
    ("deliver", "error"),  # signed when the test runs: a signature is good for five minutes
    [
        (lambda: delivered(payload("pigeon", "message"), secret="a guess"), Forged),
        (lambda: delivered(b"[]"), BadRequest),
        (lambda: delivered({"kind": "message", "chat": 7}), BadRequest),
    ],
    ids=["forged", "a list", "half an event"],
)
async def test_what_is_forged_or_bad_gets_no_courtesy(
    services: Services, deliver: Callable[[], Request], error: type[Exception]
) -> None:
    with capture_logs() as logs, pytest.raises(error):
        await inbound.take_from_provider(services, pigeon(Ill), deliver())
    assert logs == []
    assert await transcript(services) == []


async def test_with_the_database_away_its_provider_hears_so_and_the_same_request_stores_all_once(
    services: Services,
) -> None:
    away = replace(services, database=Database("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere"))
    both = [write("x" * 4001, key="1"), write("two", key="2"), write("three", key="3")]
    with pytest.raises(DatabaseAway):
        await inbound.keep(away, both)
    await away.database.close()
    await inbound.keep(services, both[:2])
    received = await inbound.keep(services, both)
    assert [(one.message.text, one.new) for one in received] == [("two", False), ("three", True)]
    told = services.phrases.say("refused_too_long", "en").text
    assert [one.text for one in await transcript(services)] == [told, "two", "three"]


async def test_a_late_copy_of_anything_of_an_erased_customer_brings_nothing_back(services: Services) -> None:
    all_of_it = [
        write("my secret", key="1", provider_id="7"),
        write("x" * 4001, key="2"),
        Changed("pigeon", "c1", "7", "my other secret", key="3"),
    ]
    await inbound.keep(services, all_of_it)
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, "pigeon:c1")
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)
    assert await inbound.keep(services, all_of_it) == []
    assert await transcript(services) == []
    async with services.database.read() as tx:
        assert await erasure.find(tx, "pigeon:c1") is None
