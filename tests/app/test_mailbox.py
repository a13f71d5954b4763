"""The demo's mailbox page: what would have been sent, for whoever tries the demo, and for nobody elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils import uuid7

from actions.shop.tables import mails
from actions.values import ident
from app import web
from app.post import DemoMailbox
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors.website.connector import Website
from handoff.database import Database
from handoff.services import Services

MORNING = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
SUBJECT = re.compile(r"<h2[^>]*>(.*?)</h2>")

Lay = Callable[..., Awaitable[None]]


@pytest.fixture
def lay(database: Database) -> Lay:
    """Lays a letter into the mailbox."""

    async def write(subject: str = "Hello", text: str = "", to: str = "jonas@example.com", minutes: int = 0) -> None:
        at = MORNING + timedelta(minutes=minutes)
        values = {"id": str(uuid7()), "recipient": to, "subject": subject, "text": text, "at": at}
        async with database.write() as tx:
            await tx.execute(sa.insert(mails), values)

    return write


async def test_letters_are_shown_the_newest_first_with_whom_they_are_for_and_when(
    client: httpx.AsyncClient, lay: Lay
) -> None:
    await lay("second", minutes=1)
    await lay("third", minutes=2)
    await lay("first", "A line\n\nand another", "amina@example.com")
    page = (await client.get("/mailbox")).text
    assert SUBJECT.findall(page) == ["third", "second", "first"]
    assert [page.count(to) for to in ("To jonas@example.com", "To amina@example.com")] == [2, 1]
    assert 'datetime="2026-11-22T08:05:00+00:00">08:05 UTC<' in page
    assert "A line\n\nand another" in page


async def test_a_letter_to_a_customer_lies_there_in_their_language(
    client: httpx.AsyncClient, database: Database, words: LiveWords
) -> None:
    params = {"code": ident("048213"), "number": "10003"}
    await DemoMailbox(database, words).send("jonas@example.com", "bn", "code", params)
    page = (await client.get("/mailbox")).text
    assert SUBJECT.findall(page) == ["অর্ডার 10003-এর জন্য আপনার কোড"]
    assert "\n048213\n" in page


async def test_markup_in_a_letter_is_text(client: httpx.AsyncClient, lay: Lay) -> None:
    for markup in ("<script>alert(1)</script>", "</pre><img src=x onerror=alert(1)>", "{{ 7 * 7 }} & \"'"):
        await lay(markup, markup, f"{markup}@example.com")
    page = (await client.get("/mailbox")).text
    assert not re.search(r"<(script|img)", page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert page.count("{{ 7 * 7 }} &amp; &#34;&#39;") == 3
    assert page.count("</pre>") == 3


async def test_no_browser_and_no_proxy_keeps_the_page(client: httpx.AsyncClient) -> None:
    page = await client.get("/mailbox")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_an_empty_mailbox_tells_how_to_get_a_letter(client: httpx.AsyncClient) -> None:
    page = (await client.get("/mailbox")).text
    assert SUBJECT.findall(page) == []
    assert "10003" in page and "jonas@example.com" in page


async def test_the_demo_shop_and_its_mailbox_lead_to_each_other(client: httpx.AsyncClient) -> None:
    shop, mailbox = (await client.get("/")).text, (await client.get("/mailbox")).text
    assert shop.count('href="/mailbox"') == 2  # in English and in Bengali
    assert 'href="/"' in mailbox
    for one in re.findall(r'href="(/demo/[^"]+)"', mailbox):
        assert (await client.get(one)).status_code == 200


@asynccontextmanager
async def outside_the_demo(services: Services, words: LiveWords, **given: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(_env_file=None, demo=False, **given)
    app = web.build(settings, services, words, Readiness(services.database), Website("a secret for tests"), [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shohay.test") as opened:
        yield opened


@pytest.mark.parametrize("given", [{}, {"smtp_url": "smtp://127.0.0.1", "mail_from": "help@nodi.example"}])
async def test_outside_the_demo_there_is_no_such_page(
    given: dict[str, str], services: Services, words: LiveWords, lay: Lay
) -> None:
    await lay("Your code", "048213")
    async with outside_the_demo(services, words, **given) as opened:
        page = await opened.get("/mailbox")
    assert page.status_code == 404
    assert "048213" not in page.text
