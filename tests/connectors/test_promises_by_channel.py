"""Promises 2, 3, 8 and 18 on every channel, as far as it calls us and is called: the table is in channels.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
import sqlalchemy as sa
from channel import DROPPED, THROTTLED, Channel, FarEnd, PushChannel
from channels import (
    house,
    on_every_channel,
    on_every_push_channel,
    on_every_push_channel_with_files,
    serving,
    take,
)
from delivery_testing import deliver, fates, pauses_end
from file_samples import jpeg

from bot.content.live import LiveWords
from connectors import inbound
from connectors.base import Connector, Forged, Request
from connectors.delivery import Delivery
from handoff import ownership, turns, uploads
from handoff.clock import new_id
from handoff.database import Database, DatabaseAway
from handoff.messages import Said
from handoff.models import messages
from handoff.models import turns as turn_table
from handoff.people import Person
from handoff.schema import metadata
from handoff.services import Services
from handoff.sniffing import sniff
from handoff.turns import Outcome

TABLES = ("contacts", "identities", "conversations", "messages", "receipts", "turns", "events", "deliveries", "files")


async def counted(services: Services) -> dict[str, int]:
    async with services.database.read() as tx:
        return {
            name: int(await tx.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name])) or 0)
            for name in TABLES
        }


async def texts(services: Services) -> list[str]:
    async with services.database.read() as tx:
        return [row["text"] for row in await tx.rows(sa.select(messages.c.text).order_by(messages.c.seq))]


@on_every_channel
async def test_a_message_that_comes_eleven_times_is_one_message_and_one_turn(
    services: Services, make: Callable[[], Channel]
) -> None:
    channel = make()
    services = serving(services, channel)
    await channel.begin(services, "c1")
    copies = [channel.again("c1", 7, "where is my order?", copy) for copy in range(11)]
    took = await asyncio.gather(*(take(services, channel, copy) for copy in copies[:8]))
    for copy in copies[8:]:
        took.append(await take(services, channel, copy))
        turn = await turns.lease_next(services, "w")
        if turn is not None:
            await turns.finish(services, turn, Outcome([], "en"), "w", None)
    assert sorted(one.new for (one,) in took) == [False] * 10 + [True]
    assert len({one.message.id for (one,) in took}) == 1
    assert await texts(services) == ["where is my order?"]
    async with services.database.read() as tx:
        assert [row["status"] for row in await tx.rows(sa.select(turn_table.c.status))] == ["done"]


@on_every_channel
async def test_a_retry_that_is_new_to_us_is_taken_and_so_is_what_comes_out_of_order(
    services: Services, make: Callable[[], Channel]
) -> None:
    channel = make()
    services = serving(services, channel)
    await channel.begin(services, "c1")
    away = replace(services, database=Database("postgresql+asyncpg://postgres@127.0.0.1:1/nowhere"))
    with pytest.raises(DatabaseAway):
        await take(away, channel, channel.message("c1", 8, "eight"))
    await away.database.close()
    for number, text in ((9, "nine"), (8, "eight"), (3, "three"), (9, "nine")):
        await take(services, channel, channel.again("c1", number, text, copy=1))
    assert await texts(services) == ["nine", "eight", "three"]


@on_every_channel
async def test_what_is_forged_is_refused_and_leaves_nothing(services: Services, make: Callable[[], Channel]) -> None:
    channel = make()
    services = serving(services, channel)
    await channel.begin(services, "c1")
    before = await counted(services)
    genuine = channel.message("c1", 1, "hello")
    forged = channel.forged(genuine)
    assert len(forged) >= 3
    for one in forged:
        with pytest.raises(Forged):
            await take(services, channel, one)
    assert await counted(services) == before
    (received,) = await take(services, channel, genuine)
    assert received.new


@on_every_channel
def test_without_its_secret_the_channel_does_not_begin(make: Callable[[], Channel]) -> None:
    with pytest.raises(ValueError, match="secret"):
        make().without_secret()


@on_every_push_channel
async def test_over_http_what_is_forged_gets_401_and_a_copy_200(
    services: Services, words: LiveWords, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    good = channel.message("c1", 1, "hello")
    app = house(serving(services, channel), words, channel)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shohay.test") as client:

        async def post(request: Request) -> int:
            headers = {name: value.encode() for name, value in request.headers.items()}
            return (await client.post(channel.path, content=request.body, headers=headers)).status_code

        for one in channel.forged(good):
            assert await post(one) == 401
        assert await counted(services) == dict.fromkeys(TABLES, 0)
        assert await post(good) == 200
        assert await post(channel.again("c1", 1, "hello", 1)) == 200
    assert await texts(services) == ["hello"]


@on_every_push_channel
async def test_who_writes_too_much_is_told_once_and_their_provider_hears_that_all_is_well(
    services: Services, words: LiveWords, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = replace(serving(services, channel), messages_per_minute=3)
    transport = httpx.ASGITransport(house(services, words, channel))
    async with httpx.AsyncClient(transport=transport, base_url="http://shohay.test") as client:
        for number in [*range(8), 7, 6]:
            request = channel.message("c1", number, f"message {number}")
            answer = await client.post(channel.path, content=request.body, headers=dict(request.headers))
            assert answer.status_code == 200
    told = services.phrases.say("refused_too_many", "en").text
    assert await texts(services) == ["message 0", "message 1", "message 2", told]


async def spoken(services: Services, channel: Channel, chat: str, text: str) -> None:
    """This customer writes, and the bot says this."""
    await inbound.take_from_provider(services, channel.connector, channel.message(chat, 1, "hello"))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    assert await turns.finish(services, turn, Outcome([Said(text)], "en"), "w", None)


async def work(services: Services, connector: Connector, times: int) -> None:
    """Sends what is due so many times over, without waiting for pauses."""
    for _ in range(times):
        await deliver(Delivery(services.database, {connector.name: connector}))
        await pauses_end(services)


@on_every_push_channel
async def test_what_the_provider_took_before_it_hung_up_is_unknown_and_arrives_once(
    services: Services, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    far: FarEnd
    async with channel.far_end() as far:
        await spoken(services, channel, "c1", "your refund is on its way")
        far.answer("your refund is on its way", DROPPED)
        await work(services, far.connector, 3)
        assert far.texts() == ["your refund is on its way"]
    ((status, attempts, _),) = (await fates(services)).values()
    assert (status, attempts) == ("unknown", 1)


@on_every_push_channel
async def test_what_was_provably_not_taken_is_sent_again_and_arrives_once(
    services: Services, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    far: FarEnd
    async with channel.far_end() as far:
        await spoken(services, channel, "c1", "hello")
        await work(services, far.away, 1)
        assert await fates(services) == {"hello": ("pending", 1, None)}
        far.answer("hello", THROTTLED, THROTTLED)
        await work(services, far.connector, 4)
        assert far.texts() == ["hello"]
    assert await fates(services) == {"hello": ("sent", 4, None)}


NASREEN = Person(new_id(), "nasreen", "Nasreen", "supervisor")


async def shown(services: Services, channel: Channel, chat: str, *texts: str) -> bytes:
    """Somebody takes this customer's conversation over and writes these, the second with a photo, which is returned as
    it is kept."""
    ((received,),) = [await take(services, channel, channel.message(chat, 1, "which one is mine?"))]
    conversation_id = received.message.conversation_id
    await ownership.take_over(services, conversation_id, NASREEN)
    photo = await uploads.take_from_desk(services, conversation_id, NASREEN, "two cups.jpg", jpeg())
    for number, text in enumerate(texts):
        file = photo.id if number == 1 else None
        await ownership.reply(services, conversation_id, NASREEN, text, private=False, file=file)
    kept = sniff(jpeg())
    assert kept is not None
    return kept.content


@on_every_push_channel_with_files
async def test_an_agents_photo_arrives_between_the_words_before_it_and_behind_it(
    services: Services, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    far: FarEnd
    async with channel.far_end() as far:
        photo = await shown(services, channel, "c1", "a moment", "it is the left one", "and ready")
        await work(services, far.connector, 5)
        heard = far.texts()[-3:]
        assert all(said in one for said, one in zip(("a moment", "left one", "and ready"), heard, strict=True))
        assert far.files() == [("two cups.jpg", photo)]
    assert {status for status, *_ in (await fates(services)).values()} == {"sent"}


@on_every_push_channel_with_files
async def test_a_photo_that_the_provider_took_before_it_hung_up_is_unknown_and_arrives_once(
    services: Services, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    far: FarEnd
    async with channel.far_end() as far:
        photo = await shown(services, channel, "c1", "a moment", "the left one", "and ready")
        far.answer_file("the left one", *[DROPPED])
        await work(services, far.connector, 6)
        assert far.files() == [("two cups.jpg", photo)]
    told = await fates(services)
    assert (told["the left one"][:2], told["and ready"][0]) == (("unknown", 1), "sent")


@on_every_push_channel_with_files
async def test_a_photo_that_was_provably_not_taken_is_sent_again_and_arrives_once(
    services: Services, make: Callable[[], PushChannel]
) -> None:
    channel = make()
    services = serving(services, channel)
    far: FarEnd
    async with channel.far_end() as far:
        photo = await shown(services, channel, "c1", "a moment", "the left one")
        far.answer_file("the left one", THROTTLED, THROTTLED)
        await work(services, far.connector, 8)
        assert far.files() == [("two cups.jpg", photo)]
        assert sum("the left one" in one for one in far.texts()) == 1
    assert (await fates(services))["the left one"] == ("sent", 3, None)
