"""Files that a provider keeps get here, or their customer hears why not, whoever dies over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from file_samples import REFUSED, SECRET, TAKEN, jpeg, pdf
from receiver import DROP, HANG, Receiver

from connectors import fetching
from connectors.base import NotFetched
from connectors.fake import Fake
from connectors.fetching import Fetching
from handoff import erasure, events, fetches, inbox, store
from handoff.channel_models import files
from handoff.clock import new_id
from handoff.clock import now as clock_now
from handoff.files import MOST_BYTES, MOST_FILES
from handoff.incoming import Incoming, Offered
from handoff.messages import Message
from handoff.services import Services

Sent = Callable[..., Any]


async def offer(services: Services, *offered: Offered, text: str = "", **details: Any) -> Message:
    incoming = Incoming("fake", new_id(), details.pop("address", "amina"), text, files=offered, **details)
    return (await inbox.receive(services, incoming))[0]


async def send(services: Services, receiver: Receiver, content: bytes, name: str = "a.jpg", **details: Any) -> Message:
    """A message with one file, which the provider keeps."""
    path = f"/{new_id()}"
    receiver.files[path] = content
    return await offer(services, Offered(receiver.at_path(path), name), **details)


def path_of(receiver: Receiver) -> str:
    """Where the newest file is."""
    return list(receiver.files)[-1]


async def stored(services: Services) -> list[dict[str, Any]]:
    async with services.database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(files).order_by(files.c.id))]


async def shown(services: Services, message: Message) -> list[dict[str, Any]]:
    """The message's files as it tells of them."""
    async with services.database.read() as tx:
        return [one.as_json() for one in (await store.messages_by_id(tx, [message.id]))[message.id].files]


async def notices(services: Services, message: Message) -> list[str]:
    async with services.database.read() as tx:
        said = await store.transcript(tx, message.conversation_id)
    return [one.text for one in said if one.author == "system"]


def phrase(services: Services, key: str, language: str = "en") -> str:
    return services.phrases.say(key, language).text


async def let_time_pass(services: Services) -> None:
    """Pauses and what a killed worker had in hand are over."""
    async with services.database.write() as tx:
        waiting = sa.update(files).where(files.c.next_at.is_not(None))
        await tx.execute(waiting.values(next_at=clock_now() - timedelta(seconds=1)))


@asynccontextmanager
async def working(*loops: Fetching) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


async def all_ended(services: Services) -> None:
    while any(row["status"] == "waiting" for row in await stored(services)):  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", TAKEN)
async def test_a_file_is_fetched_kept_by_its_kind_and_shown_with_its_message(
    services: Services, fake: Fake, receiver: Receiver, kind: str
) -> None:
    message = await send(services, receiver, TAKEN[kind], "holiday.exe")
    (before,) = await shown(services, message)
    assert (before["name"], before["type"], before["status"]) == ("holiday.exe", "", "waiting")
    async with services.database.watch() as tx:
        seen = await events.latest_id(tx)
    assert await Fetching(services, {"fake": fake}).step()
    (row,) = await stored(services)
    assert (row["status"], row["type"], row["message_id"]) == ("here", kind, message.id)
    assert row["reference"] is row["next_at"] is row["error"] is None
    assert SECRET.encode() not in row["content"]
    (after,) = await shown(services, message)
    assert after == {**before, "name": row["name"], "type": kind, "size": len(row["content"]), "status": "here"}
    assert row["name"].startswith("holiday.") and not row["name"].endswith("exe")
    async with services.database.watch() as tx:
        (told,) = await events.after(tx, seen, message.conversation_id)
    assert (told.kind, told.payload) == ("message", {"message_id": message.id})
    assert await notices(services, message) == [phrase(services, "file_received")]
    assert not await Fetching(services, {"fake": fake}).step()


@pytest.mark.parametrize("language", ["en", "bn", "hi", "es", "fr", "de"])
async def test_what_is_no_photo_and_no_pdf_is_refused_and_the_customer_told_once_for_a_message(
    services: Services, fake: Fake, receiver: Receiver, language: str
) -> None:
    receiver.files |= {"/1": REFUSED["svg"], "/2": REFUSED["zip"], "/3": jpeg(), "/4": b""}
    offered = [Offered(receiver.at_path(path), f"{path[1:]}.jpg") for path in receiver.files]
    message = await offer(services, *offered, language=language)
    await Fetching(services, {"fake": fake}).step()
    assert [one["status"] for one in await shown(services, message)] == ["refused", "refused", "here", "refused"]
    refused = [row for row in await stored(services) if row["status"] == "refused"]
    assert {row["content"] for row in refused} == {None} and {row["reference"] for row in refused} == {None}
    told = [phrase(services, key, language) for key in ("file_received", "file_refused")]
    assert await notices(services, message) == told


@pytest.mark.parametrize(("more", "status"), [(0, "here"), (1, "refused")])
async def test_five_megabytes_are_taken_and_not_a_byte_more(
    services: Services, fake: Fake, receiver: Receiver, more: int, status: str
) -> None:
    content = pdf("x" * (MOST_BYTES + more - len(pdf(""))))
    assert len(content) == MOST_BYTES + more
    message = await send(services, receiver, content)
    await Fetching(services, {"fake": fake}).step()
    assert (await shown(services, message))[0]["status"] == status


async def test_what_the_provider_says_is_too_big_is_refused_as_such(services: Services, receiver: Receiver) -> None:
    class Small(Fake):
        async def fetch(self, reference: str, most: int) -> Any:
            return NotFetched("file is too big", final=True, too_big=True)

    message = await send(services, receiver, jpeg())
    await Fetching(services, {"fake": Small("secret", "", None)}).step()  # type: ignore[arg-type]
    assert [one["status"] for one in await shown(services, message)] == ["refused"]
    assert (await notices(services, message))[-1] == phrase(services, "file_refused")


async def test_what_says_itself_that_it_is_too_big_is_not_asked_for(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    message = await offer(services, Offered(receiver.at_path("/film"), "film.mp4", 2**40))
    assert [one["status"] for one in await shown(services, message)] == ["refused"]
    assert await notices(services, message) == [phrase(services, "file_refused")]
    assert not await Fetching(services, {"fake": fake}).step()
    assert receiver.asked == []


async def test_words_beside_a_file_are_answered_as_ever(services: Services, fake: Fake, receiver: Receiver) -> None:
    message = await send(services, receiver, jpeg(), text="my cup came broken")
    assert await notices(services, message) == []
    async with services.database.read() as tx:
        conversation = await store.get(tx, message.conversation_id)
    assert conversation is not None and conversation.turn_waiting_since is not None


async def test_what_the_provider_does_not_give_is_asked_for_again_a_little_later_each_time(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    message = await send(services, receiver, jpeg())
    receiver.answers[path_of(receiver)] = [500, DROP, 429]
    loop = Fetching(services, {"fake": fake})
    pauses = []
    for attempt in range(1, 4):
        assert await loop.step()
        (row,) = await stored(services)
        assert (row["status"], row["attempts"]) == ("waiting", attempt)
        pauses.append((row["next_at"] - clock_now()).total_seconds())
        assert not await loop.step()
        await let_time_pass(services)
    assert pauses[0] < 1.3 < pauses[1] < 3.8 < pauses[2] < 11.3
    await loop.step()
    assert [one["status"] for one in await shown(services, message)] == ["here"]


async def test_what_the_provider_never_gives_is_given_up_and_customer_and_desk_hear_so(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    message = await send(services, receiver, jpeg())
    receiver.answers[path_of(receiver)] = [500] * 20
    loop = Fetching(services, {"fake": fake})
    while await loop.step():
        await let_time_pass(services)
    assert len(receiver.asked) == fetches.MAX_ATTEMPTS
    (row,) = await stored(services)
    assert (row["status"], row["error"], row["next_at"]) == ("failed", "HTTP 500", None)
    assert [one["status"] for one in await shown(services, message)] == ["failed"]
    assert await notices(services, message) == [phrase(services, key) for key in ("file_received", "file_failed")]


async def test_what_is_gone_or_whose_channel_is_off_is_given_up_at_once(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    gone = await offer(services, Offered(receiver.at_path("/gone"), "a.jpg"))
    await Fetching(services, {"fake": fake}).step()
    off = await send(services, receiver, jpeg(), address="jonas")
    await Fetching(services, {}).step()
    for message in (gone, off):
        assert [one["status"] for one in await shown(services, message)] == ["failed"]
    assert [row["error"] for row in await stored(services)] == ["HTTP 404", "channel fake is off"]


async def test_a_source_that_breaks_or_hangs_is_asked_again(
    services: Services, fake: Fake, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Fake):
        async def fetch(self, reference: str, most: int) -> Any:
            raise ValueError(SECRET)

    await send(services, receiver, jpeg())
    await Fetching(services, {"fake": Broken("secret", "", None)}).step()  # type: ignore[arg-type]
    receiver.answers[path_of(receiver)] = [HANG]
    await let_time_pass(services)
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.05)
    await Fetching(services, {"fake": fake}).step()
    (row,) = await stored(services)
    assert (row["status"], row["attempts"]) == ("waiting", 2)


async def test_a_killed_workers_file_is_fetched_by_another_within_a_minute(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    message = await send(services, receiver, jpeg())
    receiver.answers[path_of(receiver)] = [HANG]
    async with working(Fetching(services, {"fake": fake})):
        await receiver.arrived.wait()
    (row,) = await stored(services)
    assert row["status"] == "waiting"
    assert row["next_at"] < clock_now() + timedelta(seconds=60 - fetching.LOOK_AGAIN_SECONDS)
    assert timedelta(seconds=fetching.FETCH_SECONDS) < fetches.TAKEN_FOR
    assert not await Fetching(services, {"fake": fake}).step()
    await let_time_pass(services)
    async with working(Fetching(services, {"fake": fake})):
        await all_ended(services)
    assert [one["status"] for one in await shown(services, message)] == ["here"]


async def test_who_took_it_too_long_ago_says_nothing_any_more(services: Services, receiver: Receiver) -> None:
    message = await send(services, receiver, jpeg())
    (slow,), _ = await fetches.take_due(services, 5)
    await let_time_pass(services)
    (quick,), _ = await fetches.take_due(services, 5)
    assert (slow.attempts, quick.attempts) == (1, 2)
    assert not await fetches.given_up(services, slow, "failed", "too slow")
    await fetches.try_again(services, slow, clock_now())
    assert await fetches.given_up(services, quick, "refused", "no photo")
    assert not await fetches.given_up(services, quick, "refused", "no photo")
    assert [one["status"] for one in await shown(services, message)] == ["refused"]
    assert len(await notices(services, message)) == 2


async def test_several_workers_fetch_each_file_once(services: Services, fake: Fake, receiver: Receiver) -> None:
    sent = [await send(services, receiver, jpeg(), address=f"v{number}") for number in range(12)]
    receiver.seconds = 0.02
    async with working(*(Fetching(services, {"fake": fake}) for _ in range(3))):
        await all_ended(services)
    assert sorted(receiver.asked) == sorted(receiver.files)
    for message in sent:
        assert [one["status"] for one in await shown(services, message)] == ["here"]


async def test_of_an_erased_contact_nothing_is_fetched_any_more(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    message = await send(services, receiver, jpeg())
    (due,), _ = await fetches.take_due(services, 1)
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, message.conversation_id)
    assert contact_id is not None
    erased = await erasure.erase(services.database, contact_id)
    assert erased.counts["files"] == 1
    assert not await fetches.given_up(services, due, "failed", "too late")
    assert await stored(services) == []
    assert not await Fetching(services, {"fake": fake}).step()


async def test_who_sends_files_without_end_is_not_kept_up_with(
    services: Services, fake: Fake, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.files.MOST_AN_HOUR", MOST_FILES + 2)
    offered = [Offered(receiver.at_path(f"/{number}"), "a.jpg") for number in range(MOST_FILES)]
    await offer(services, *offered)
    message = await offer(services, *offered, text="and these")
    statuses = [one["status"] for one in await shown(services, message)]
    assert statuses == ["waiting"] * 2 + ["refused"] * (MOST_FILES - 2)


async def test_a_file_that_breaks_its_reader_ends_no_worker_and_is_given_up(
    services: Services, fake: Fake, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> None:
        raise RuntimeError("no such part")

    monkeypatch.setattr(fetching, "sniff", broken)
    message = await send(services, receiver, jpeg())
    for _ in range(fetches.MAX_ATTEMPTS + 1):
        await let_time_pass(services)
        await Fetching(services, {"fake": fake}).step()
    assert [one["status"] for one in await shown(services, message)] == ["failed"]
