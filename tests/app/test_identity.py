"""Signing in to the chat over HTTP: what the shop vouches for is kept once, for one customer a chat (promise 19)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from app import web
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.website.connector import Website
from connectors.website.voucher import Voucher, write
from handoff import housekeeping
from handoff.clock import now
from handoff.models import contacts, conversations, identities, vouchers
from handoff.services import Services

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, identity_secret=SECRET)


def voucher(customer_id: str = "c1", email: str = "amina@example.com", nonce: str = "", secret: str = SECRET) -> str:
    return write(secret, Voucher(customer_id, email, nonce or uuid4().hex, now() + timedelta(minutes=4)))


async def sign_in(client: httpx.AsyncClient, headers: dict[str, str], text: str) -> httpx.Response:
    return await client.post("/api/website/identity", json={"voucher": text}, headers=headers)


async def another(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/api/website/sessions", json={})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def known(services: Services) -> list[tuple[str | None, str | None]]:
    async with services.database.read() as tx:
        rows = await tx.rows(sa.select(conversations).order_by(conversations.c.id))
    return [(row["customer_id"], row["customer_email"]) for row in rows]


async def test_whom_the_shop_vouches_for_is_kept(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    answer = await sign_in(client, visitor, voucher())
    assert (answer.status_code, answer.json()) == (200, {"id": "c1", "email": "amina@example.com"})
    assert await known(services) == [("c1", "amina@example.com")]
    # signed in again, as on every page
    assert (await sign_in(client, visitor, voucher())).status_code == 200


async def test_a_voucher_is_good_once_in_whatever_chat(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    text = voucher(nonce="once")
    chats = [visitor, await another(client), await another(client)]
    answers = await asyncio.gather(*(sign_in(client, chat, text) for chat in chats))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
    assert {answer.json()["error"]["code"] for answer in answers if answer.is_error} == {"used_voucher"}
    assert sorted(await known(services), key=str) == [("c1", "amina@example.com"), (None, None), (None, None)]


async def test_a_chat_stays_its_first_customers(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await sign_in(client, visitor, voucher())
    answer = await sign_in(client, visitor, voucher("c2", "jonas@example.com"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "other_customer")
    assert await known(services) == [("c1", "amina@example.com")]


async def test_what_is_not_the_shops_word_changes_nothing(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    for text in ("", "a.b", voucher(secret="y" * 32), voucher()[:-1]):
        answer = await sign_in(client, visitor, text)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "bad_voucher")
    assert await known(services) == [(None, None)]
    assert (await sign_in(client, {}, voucher())).status_code == 401


async def write_to_us(client: httpx.AsyncClient, chat: dict[str, str], text: str = "hello") -> httpx.Response:
    return await client.post("/api/website/messages", json={"client_id": uuid4().hex, "text": text}, headers=chat)


async def said(client: httpx.AsyncClient, chat: dict[str, str]) -> list[str]:
    answer = await client.get("/api/website/messages", headers=chat)
    assert answer.status_code == 200
    return [message["text"] for message in answer.json()["messages"]]


async def contacts_of(services: Services) -> tuple[int, int]:
    """How many contacts there are, and how many addresses of theirs."""
    async with services.database.read() as tx:
        return len(await tx.rows(sa.select(contacts))), len(await tx.rows(sa.select(identities)))


async def test_a_customer_who_signs_in_on_a_new_device_goes_on_where_they_were(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await sign_in(client, visitor, voucher())
    await write_to_us(client, visitor, "my parcel is late")
    phone = await another(client)
    answer = (await sign_in(client, phone, voucher())).json()
    assert (answer["id"], answer["email"]) == ("c1", "amina@example.com")
    moved = {"Authorization": f"Bearer {answer['token']}"}
    assert await said(client, moved) == await said(client, visitor) == ["my parcel is late"]
    async with services.database.read() as tx:
        (conversation,) = await tx.rows(sa.select(conversations))
    assert conversation["id"] == answer["conversation_id"]
    assert await contacts_of(services) == (1, 1)
    # the one that they had just begun is no more
    gone = await client.get("/api/website/messages", headers=phone)
    assert (gone.status_code, gone.json()["error"]["code"]) == (401, "unknown_session")
    # signed in again, as on every page
    assert (await sign_in(client, moved, voucher())).json() == {"id": "c1", "email": "amina@example.com"}


async def test_of_several_chats_it_is_the_newest(client: httpx.AsyncClient, visitor: dict[str, str]) -> None:
    chats = [visitor, await another(client), await another(client)]
    for number, chat in enumerate(chats):
        await write_to_us(client, chat, f"chat {number}")
        await sign_in(client, chat, voucher())
    await write_to_us(client, chats[1], "once more")
    answer = (await sign_in(client, await another(client), voucher())).json()
    assert await said(client, {"Authorization": f"Bearer {answer['token']}"}) == ["chat 1", "once more"]


async def test_who_has_written_already_stays_there_and_is_one_contact_all_the_same(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    for chat in (visitor, phone := await another(client)):
        await write_to_us(client, chat)
        assert (await sign_in(client, chat, voucher())).json() == {"id": "c1", "email": "amina@example.com"}
    assert len(await said(client, visitor)) == len(await said(client, phone)) == 1
    assert await contacts_of(services) == (1, 2)


async def test_an_empty_chat_is_not_left_for_another_empty_one(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    for chat in (visitor, await another(client)):
        assert (await sign_in(client, chat, voucher())).json() == {"id": "c1", "email": "amina@example.com"}
    assert await contacts_of(services) == (1, 2)


async def test_nobody_is_joined_with_or_moved_to_anybody_without_the_shops_word(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    """Neither an unverified visitor, whatever they type, nor another customer, nor one with a voucher that is none."""
    await sign_in(client, visitor, voucher())
    await write_to_us(client, visitor, "a secret of Amina's")
    stranger, jonas, forger, late = [await another(client) for _ in range(4)]
    await write_to_us(client, stranger, "I am amina@example.com, order 10001")
    used = voucher(nonce="used")
    for chat, text in (
        (jonas, voucher("c2", "jonas@example.com")),
        (forger, voucher(secret="y" * 32)),
        (await another(client), used),
        (late, used),
    ):
        answer = await sign_in(client, chat, text)
        assert ("token" in answer.json()) == (text == used and chat is not late)
    for chat in (stranger, jonas, forger, late):
        assert "a secret of Amina's" not in await said(client, chat)
    async with services.database.read() as tx:
        rows = await tx.rows(sa.select(conversations.c.contact_id))
    assert len({row["contact_id"] for row in rows}) == len(rows) == 5


async def test_an_unverified_chat_with_a_customers_address_is_not_handed_to_them(
    client: httpx.AsyncClient, visitor: dict[str, str]
) -> None:
    """What was said before anybody was vouched for belongs to whoever sits there."""
    await write_to_us(client, visitor, "I am amina@example.com")
    assert "token" not in (await sign_in(client, await another(client), voucher())).json()


async def test_who_writes_while_signing_in_loses_nothing(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await sign_in(client, visitor, voucher())
    await write_to_us(client, visitor, "on my laptop")
    for _ in range(6):
        phone = await another(client)
        moved, wrote = await asyncio.gather(
            sign_in(client, phone, voucher()), write_to_us(client, phone, "on my phone")
        )
        assert moved.status_code == 200
        if "token" in moved.json():
            assert wrote.status_code == 401  # nothing was stored, and the widget sends it again
        else:
            assert wrote.status_code == 201
            assert await said(client, phone) == ["on my phone"]
    assert (await contacts_of(services))[0] == 1


async def test_signing_in_on_many_devices_at_once_gets_nobody_stuck(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await write_to_us(client, visitor)
    await sign_in(client, visitor, voucher())
    devices = [await another(client) for _ in range(20)]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(sign_in(client, device, voucher()) for device in devices))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["conversation_id"] for answer in answers}) == 1
    assert await contacts_of(services) == (1, 1)


async def test_a_customer_with_a_new_address_is_the_same_customer(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await sign_in(client, visitor, voucher())
    answer = await sign_in(client, visitor, voucher("c1", "amina@new.example"))
    assert (answer.status_code, answer.json()["email"]) == (200, "amina@new.example")
    assert await known(services) == [("c1", "amina@new.example")]


async def test_used_vouchers_are_forgotten_once_they_have_expired(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    await sign_in(client, visitor, voucher())
    await housekeeping.clear(services.database)
    async with services.database.write() as tx:
        assert len(await tx.rows(sa.select(vouchers))) == 1
        await tx.execute(sa.update(vouchers).values(expires_at=now() - timedelta(minutes=6)))
    await housekeeping.clear(services.database)
    async with services.database.read() as tx:
        assert await tx.rows(sa.select(vouchers)) == []


@pytest.fixture
async def without_secret(
    services: Services, words: LiveWords, readiness: Readiness
) -> AsyncIterator[httpx.AsyncClient]:
    app = web.build(Settings(_env_file=None), services, words, readiness, Website("s"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as opened:
        yield opened


async def test_without_a_secret_nobody_can_be_vouched_for(without_secret: httpx.AsyncClient) -> None:
    chat = await another(without_secret)
    assert (await sign_in(without_secret, chat, voucher(secret=""))).status_code == 404
    assert (await without_secret.get("/demo/voucher", params={"email": "amina@example.com"})).status_code == 404
