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


async def test_nobody_is_joined_with_anybody(
    client: httpx.AsyncClient, visitor: dict[str, str], services: Services
) -> None:
    for chat in (visitor, await another(client)):
        assert (await sign_in(client, chat, voucher())).status_code == 200
    async with services.database.read() as tx:
        assert len(await tx.rows(sa.select(contacts))) == len(await tx.rows(sa.select(identities))) == 2


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
