"""The channel that docs/connectors.md builds: what its tests look like, and that the page shows this very code."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from delivery_testing import deliver, fates, on_sqlite, pauses_end
from example_channel import Pigeon, split
from hypothesis import given
from hypothesis import strategies as st
from payload_files import payload
from pigeon_server import DROP, SECRET, TOKEN, PigeonServer, delivered, flying
from running import ROOT

from connectors import inbound
from connectors.base import Fetched, Forged, Inbound, NotFetched
from connectors.delivery import Delivery
from handoff import turns
from handoff.clock import now
from handoff.database import Database
from handoff.incoming import Changed, Incoming, Offered
from handoff.messages import Button, Said
from handoff.services import Services
from handoff.turns import Outcome

READER = Pigeon(TOKEN, SECRET, "http://127.0.0.1:9", httpx.AsyncClient())
WHO: dict[str, Any] = {"name": "Amina", "language": "bn"}


@pytest.fixture
async def server() -> AsyncIterator[PigeonServer]:
    async with flying() as opened:
        yield opened


@pytest.fixture
async def pigeon(server: PigeonServer) -> AsyncIterator[Pigeon]:
    async with httpx.AsyncClient() as client:
        yield Pigeon(TOKEN, SECRET, server.url, client)


def read(name: str) -> list[Inbound]:
    request = delivered(payload("pigeon", name))
    return list(READER.parse(request, READER.verify(request)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "message",
            Incoming("pigeon", "message:c1:41", "c1", text="আমার অর্ডার কোথায়?", person="u7", provider_id="41", **WHO),
        ),
        (
            "command",
            Incoming(
                "pigeon", "message:c1:42", "c1", text="/human", command="human", person="u7", provider_id="42", **WHO
            ),
        ),
        (
            "photo",
            Incoming(
                "pigeon",
                "message:c1:43",
                "c1",
                text="it came broken",
                files=(Offered("p9", "parcel.jpg", 20000),),
                person="u7",
                provider_id="43",
                **WHO,
            ),
        ),
        (
            "sticker",
            Incoming("pigeon", "message:c1:44", "c1", unsupported="sticker", person="u7", provider_id="44", **WHO),
        ),
        ("poll", Incoming("pigeon", "message:c1:45", "c1", unsupported="other", person="u7", provider_id="45", **WHO)),
        ("press", Incoming("pigeon", "event:e6", "c1", button=(2, 1), **WHO)),
        ("edit", Changed("pigeon", "c1", "41", "where is my order?", key="event:e7")),
        ("delete", Changed("pigeon", "c1", "41", None, key="event:e8")),
        ("bot", None),
        ("joined", None),
    ],
)
def test_each_kind_of_event_is_read_as_what_it_is(name: str, expected: Inbound | None) -> None:
    assert read(name) == ([] if expected is None else [expected])


@pytest.mark.parametrize("off", [-301, 301, -(10**9)])
def test_what_is_not_signed_just_now_with_the_secret_is_forged(off: int) -> None:
    good = delivered(payload("pigeon", "message"))
    READER.verify(good)
    at = int(now().timestamp())
    for bad in (
        delivered(good.body, at + off),
        delivered(good.body, secret="a guess"),
        type(good)(good.body + b" ", good.headers),
        type(good)(good.body, {**good.headers, "x-pigeon-time": str(at + 1)}),
        type(good)(good.body, {"x-pigeon-signature": good.headers["x-pigeon-signature"]}),
        type(good)(good.body, {**good.headers, "x-pigeon-signature": "ক"}),
        type(good)(good.body, {}),
    ):
        with pytest.raises(Forged):
            READER.verify(bad)


def test_without_its_secret_there_is_no_such_channel() -> None:
    with pytest.raises(ValueError, match="secret"):
        Pigeon(TOKEN, "", "http://127.0.0.1:9", httpx.AsyncClient())


@pytest.fixture
def services(database: Database, services_over: Callable[[Database], Services]) -> Services:
    return replace(services_over(database), push_channels=frozenset({"pigeon"}))


async def say(services: Services, *said: Said) -> str:
    """The bot says these to the chat c1; returns the conversation's id."""
    await inbound.take_from_provider(services, READER, delivered(payload("pigeon", "message")))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    assert await turns.finish(services, turn, Outcome(said, "en"), "w", None)
    return turn.conversation.id


@on_sqlite
async def test_a_long_answer_goes_in_parts_and_those_that_were_taken_are_not_sent_again(
    services: Services, pigeon: Pigeon, server: PigeonServer
) -> None:
    text = "one sentence after another " * 40
    await say(services, Said(text.strip(), (Button("Track", "/track"), Button("Return", "/return"))))
    server.answers = [None, (429, {"Retry-After": "0"})]
    for _ in range(2):
        await deliver(Delivery(services.database, {"pigeon": pigeon}))
        await pauses_end(services)
    assert "".join(server.texts()) == text.strip()
    assert len(server.took) == 3
    assert [one["buttons"] for one in server.took[:-1]] == [[], []]
    assert [one["value"] for one in server.took[-1]["buttons"]] == ["2:0", "2:1"]


@on_sqlite
@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (DROP, ("unknown", 1, "RemoteProtocolError")),
        ((500, {}), ("unknown", 1, "HTTP 500")),
        ((400, {}), ("failed", 1, "HTTP 400")),
        ((403, {}), ("failed", 1, "the customer has blocked us")),
        ((429, {"Retry-After": "5"}), ("pending", 1, None)),
        (None, ("sent", 1, None)),
    ],
)
async def test_each_answer_decides_the_message(
    services: Services, pigeon: Pigeon, server: PigeonServer, answer: Any, fate: tuple[str, int, str | None]
) -> None:
    await say(services, Said("hello"))
    server.answers = [answer]
    await deliver(Delivery(services.database, {"pigeon": pigeon}))
    assert await fates(services) == {"hello": fate}


@on_sqlite
async def test_a_provider_that_cannot_be_reached_is_asked_again(services: Services, pigeon: Pigeon) -> None:
    await say(services, Said("hello"))
    async with httpx.AsyncClient() as client:
        await deliver(Delivery(services.database, {"pigeon": Pigeon(TOKEN, SECRET, "http://127.0.0.1:9", client)}))
    assert await fates(services) == {"hello": ("pending", 1, None)}
    await pauses_end(services)
    await deliver(Delivery(services.database, {"pigeon": pigeon}))
    assert await fates(services) == {"hello": ("sent", 2, None)}


async def test_a_pressed_button_is_taken_and_its_waiting_sign_ended(
    services: Services, pigeon: Pigeon, server: PigeonServer
) -> None:
    await say(services, Said("What is it?", (Button("Track", "/track"), Button("Return", "/return"))))
    (pressed,) = await inbound.take_from_provider(services, pigeon, delivered(payload("pigeon", "press")))
    assert (pressed.message.text, pressed.message.payload) == ("Return", "/return")
    await inbound.take_from_provider(services, pigeon, delivered(payload("pigeon", "message")))
    # to what is new the bot answers, and shows so
    assert [path for path, _ in server.calls] == ["/presses/e6", "/typing"]


async def test_it_shows_that_somebody_is_typing(pigeon: Pigeon, server: PigeonServer) -> None:
    await pigeon.typing("c1")
    assert server.calls == [("/typing", '{"chat":"c1"}')]


async def test_of_a_photo_no_more_is_read_than_is_wanted(pigeon: Pigeon, server: PigeonServer) -> None:
    server.photos["p9"] = b"x" * 1000
    assert await pigeon.fetch("p9", 1000) == Fetched(b"x" * 1000)
    assert await pigeon.fetch("p9", 999) == NotFetched("too big", final=True)
    assert await pigeon.fetch("p8", 999) == NotFetched("HTTP 404", final=True)
    away = Pigeon(TOKEN, SECRET, "http://127.0.0.1:9", httpx.AsyncClient())
    assert await away.fetch("p9", 999) == NotFetched("ConnectError", final=False)


@given(st.text(max_size=2000), st.integers(1, 600))
def test_the_parts_are_the_text_and_none_is_too_long(text: str, longest: int) -> None:
    parts = split(text, longest)
    assert "".join(parts) == text
    assert all(len(part) <= longest for part in parts)


def test_the_page_shows_this_very_channel() -> None:
    page = (ROOT / "docs" / "connectors.md").read_text(encoding="utf-8")
    shown = "\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    code = (ROOT / "tests" / "connectors" / "example_channel.py").read_text(encoding="utf-8")
    assert _lines(shown) == _lines(code)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]
