"""From Telegram's request to the stored message: once, told where it is refused, and with what courtesy asks for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_testing import deliver, on_sqlite, speak, until
from telegram_server import Person, TelegramServer

from connectors import inbound
from connectors.base import BadRequest, Forged, Request
from connectors.delivery import Delivery
from connectors.telegram.client import SECRET_HEADER
from connectors.telegram.connector import Telegram
from handoff import store
from handoff import turns as turn_loop
from handoff.database import DatabaseAway
from handoff.messages import Button, Message, Said
from handoff.models import conversations, messages, receipts, turns
from handoff.services import Services
from handoff.turns import Outcome

SECRET = "only_between_us"


@pytest.fixture
def amina(provider: TelegramServer) -> Person:
    return Person(provider)


def request(body: Any, secret: str = SECRET) -> Request:
    return Request(json.dumps(body).encode(), {SECRET_HEADER: secret})


def wrote(person: Person, text: str, update_id: int, **more: Any) -> Request:
    return request({"update_id": update_id, "message": person.message(text=text, **more)})


async def count(services: Services, table: sa.Table) -> int:
    async with services.database.read() as tx:
        return int(await tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


async def transcript(services: Services, person: Person) -> list[Message]:
    async with services.database.read() as tx:
        conversation = await store.of_identity(tx, "telegram", str(person.id))
        return await store.transcript(tx, conversation.id, private=True) if conversation else []


async def test_eleven_parallel_copies_of_an_update_are_one_message_and_one_turn(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    copy = wrote(amina, "hello", 70)
    took = await asyncio.gather(*(inbound.take_from_provider(services, telegram, copy) for _ in range(11)))
    assert sorted(one.new for (one,) in took) == [False] * 10 + [True]
    counted = [await count(services, table) for table in (messages, turns, receipts, conversations)]
    assert counted == [1, 1, 1, 1]


async def test_an_update_with_a_lower_number_than_others_that_came_is_taken(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    for number, text in ((70, "first"), (900, "second"), (71, "third, brought again"), (5, "after a silent week")):
        (received,) = await inbound.take_from_provider(services, telegram, wrote(amina, text, number))
        assert received.new
    assert [one.text for one in await transcript(services, amina)] == [
        "first",
        "second",
        "third, brought again",
        "after a silent week",
    ]


async def test_what_is_forged_or_no_update_leaves_nothing(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    body = {"update_id": 1, "message": amina.message(text="hello")}
    cases: list[tuple[Request, type[Exception]]] = [
        (request(body, "guess"), Forged),
        (Request(json.dumps(body).encode(), {}), Forged),
        (request([]), BadRequest),
        (Request(b"{", {SECRET_HEADER: SECRET}), BadRequest),
    ]
    for given, error in cases:
        with pytest.raises(error):
            await inbound.take_from_provider(services, telegram, given)
    assert [await count(services, table) for table in (conversations, messages, receipts)] == [0, 0, 0]


@on_sqlite
async def test_an_edit_is_seen_by_agents_and_not_answered_again(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    await inbound.take_from_provider(services, telegram, wrote(amina, "order 10001", 1, message_id=40))
    edited = request({"update_id": 2, "edited_message": amina.message(message_id=40, text="order 10002", edit_date=1)})
    for _ in range(2):
        assert await inbound.take_from_provider(services, telegram, edited) == []
    (message,) = await transcript(services, amina)
    assert message.text == "order 10002" and message.edited_at is not None
    assert await count(services, turns) == 1


async def test_a_late_copy_of_an_edit_does_not_undo_a_later_one(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    await inbound.take_from_provider(services, telegram, wrote(amina, "order 10001", 1, message_id=40))
    edits = [
        request({"update_id": number, "edited_message": amina.message(message_id=40, text=text, edit_date=1)})
        for number, text in ((2, "order 10002"), (3, "order 10003"))
    ]
    for one in (*edits, edits[0]):
        assert await inbound.take_from_provider(services, telegram, one) == []
    (message,) = await transcript(services, amina)
    assert message.text == "order 10003"


@on_sqlite
async def test_what_is_not_words_is_stored_and_answered_in_words(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "file_size": 9, "width": 4, "height": 4}]
    voice = {"duration": 4, "file_id": "v", "file_unique_id": "w"}
    for number, said in enumerate([{"photo": photo}, {"voice": voice}, {"text": "\u200b"}]):
        body = {"update_id": number, "message": amina.message(**said)}
        await inbound.take_from_provider(services, telegram, request(body))
    heard = [(one.author, one.text) for one in await transcript(services, amina)]
    told = [services.phrases.say(key, "en").text for key in ("file_received", "words_only", "refused_empty")]
    voice_said = services.phrases.say("sent_voice", "en").text
    customer = [("customer", ""), ("customer", voice_said)]
    assert heard == [customer[0], ("system", told[0]), customer[1], ("system", told[1]), ("system", told[2])]
    stored = await transcript(services, amina)
    assert [(one.name, one.status) for one in stored[0].files] == [(stored[0].files[0].name, "waiting")]
    assert await count(services, turns) == 0


@on_sqlite
async def test_a_pressed_button_says_what_it_stands_for_and_is_marked(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    await inbound.take_from_provider(services, telegram, wrote(amina, "cancel it", 1))
    turn = await turn_loop.lease_next(services, "w")
    assert turn is not None
    asked = Said("Shall I?", (Button("Yes", '/affirm{"a": "' + "x" * 90 + '"}'), Button("No", "/deny")))
    assert await turn_loop.finish(services, turn, Outcome([asked], "en"), "w", None)
    await deliver(Delivery(services.database, {"telegram": telegram}))
    amina.press("Yes")
    press = request(provider._pending[-1])
    for _ in range(2):
        (received,) = await inbound.take_from_provider(services, telegram, press)
        assert (received.message.text, received.message.payload) == ("Yes", asked.buttons[0].payload)
    await until(lambda: provider.of("answerCallbackQuery") and amina.heard()[0].buttons == [("✓ Yes", "-")])
    assert len(await transcript(services, amina)) == 3
    amina.press("✓ Yes")
    assert await inbound.take_from_provider(services, telegram, request(provider._pending[-1])) == []
    assert len(await transcript(services, amina)) == 3


@on_sqlite
async def test_a_button_that_was_never_offered_is_refused_in_the_chat(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    await speak(services, str(amina.id), "Hello", channel="telegram")
    await deliver(Delivery(services.database, {"telegram": telegram}))
    provider.shown[amina.id][0].buttons = [("Free lamp", "2:7")]
    amina.press("Free lamp")
    await inbound.take_from_provider(services, telegram, request(provider._pending[-1]))
    assert (await transcript(services, amina))[-1].text == services.phrases.say("refused_unknown_button", "en").text


@on_sqlite
async def test_the_bot_is_shown_typing_and_nobody_is_while_a_person_has_the_conversation(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    (received,) = await inbound.take_from_provider(services, telegram, wrote(amina, "hello", 1))
    await until(lambda: provider.of("sendChatAction"))
    assert provider.of("sendChatAction")[0].chat == amina.id
    turn = await turn_loop.lease_next(services, "w")
    assert turn is not None
    handed_over = Outcome([], "en", handoff_reason="human_agent")
    assert await turn_loop.finish(services, turn, handed_over, "w", None)
    assert received.new
    await inbound.take_from_provider(services, telegram, wrote(amina, "hello?", 2))
    await inbound.take_from_provider(services, telegram, wrote(amina, "hello", 1))
    await asyncio.sleep(0.3)
    assert len(provider.of("sendChatAction")) == 1


@on_sqlite
async def test_a_courtesy_that_fails_changes_nothing(
    services: Services, telegram: Telegram, provider: TelegramServer, amina: Person
) -> None:
    amina.blocks = True
    (received,) = await inbound.take_from_provider(services, telegram, wrote(amina, "hello", 1))
    assert received.new
    await until(lambda: provider.of("sendChatAction"))


@on_sqlite
async def test_what_could_not_be_stored_is_not_acknowledged_and_is_stored_when_it_comes_again(
    services: Services, telegram: Telegram, amina: Person
) -> None:
    engine = services.database._writer.sync_engine

    def refuse(_: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", None, Exception("the disk is full"))

    sa.event.listen(engine, "commit", refuse)
    try:
        with pytest.raises(DatabaseAway):
            await inbound.take_from_provider(services, telegram, wrote(amina, "hello", 1))
    finally:
        sa.event.remove(engine, "commit", refuse)
    (received,) = await inbound.take_from_provider(services, telegram, wrote(amina, "hello", 1))
    assert received.new and await count(services, messages) == 1
