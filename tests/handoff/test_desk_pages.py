"""The desk's pages over HTTP, and the words in which they say things."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from file_samples import TAKEN, pdf
from handoff_testing import PASSWORD, RAHIM, SADIA, answer, ask_for_person, hire, state, write

from handoff import fetches, ownership, people, presence, uploads
from handoff.clock import new_id, now
from handoff.desk import pages, templating, transcript, views
from handoff.desk.tabs import Tab
from handoff.incoming import Offered
from handoff.models import conversations, deliveries
from handoff.people import Person
from handoff.services import Services
from handoff.sniffing import Sniffed, sniff

NASREEN = Person(new_id(), "nasreen", "Nasreen", "supervisor")
DHAKA = ZoneInfo("Asia/Dhaka")


class Shop:
    """Orders as the brief asks for them."""

    def __init__(self, order: Mapping[str, str] | Exception | None) -> None:
        self._order = order

    async def glimpse(self, number: str) -> Mapping[str, str] | None:
        if isinstance(self._order, Exception):
            raise self._order
        return self._order


def kept(content: bytes) -> Sniffed:
    found = sniff(content)
    assert found is not None
    return found


@asynccontextmanager
async def at_the_desk(services: Services, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    """A browser signed in as this person."""
    app = FastAPI()
    app.include_router(pages.router(services))
    signed_in = await people.sign_in(services.database, person.name, PASSWORD)
    assert signed_in is not None
    headers = {"Authorization": f"Bearer {signed_in[0]}", "X-Time-Zone": "Asia/Dhaka"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk", headers=headers) as client:
        yield client


async def shown(client: httpx.AsyncClient, tab: str, **query: str) -> list[str]:
    """The conversations that a tab shows, in their order; and the number at the tab says the same."""
    page = await client.get("/desk/list", params={"tab": tab, **query})
    assert page.status_code == 200, page.text
    found = re.findall(r'class="row"[^>]*data-conversation="([^"]+)"', page.text)
    count = re.search(rf'data-testid="queue-count-{tab}">(\d+)<', page.text)
    assert count is not None and int(count[1]) == len(found)
    return found


async def standing(client: httpx.AsyncClient) -> dict[str, Any]:
    page = (await client.get("/desk/list")).text
    found = re.search(r"data-stand='([^']+)'", page)
    assert found is not None
    return dict(json.loads(html.unescape(found[1])))


async def set_row(services: Services, conversation_id: str, **values: Any) -> None:
    async with services.database.write() as tx:
        await tx.execute(sa.update(conversations).where(conversations.c.id == conversation_id).values(**values))


async def lose(services: Services, conversation_id: str, status: str = "failed", at: datetime | None = None) -> None:
    """What was to be sent in this conversation did not arrive."""
    values = {"status": status, "error": "HTTP 403", "updated_at": at or now()}
    async with services.database.write() as tx:
        await tx.execute(sa.update(deliveries).where(deliveries.c.conversation_id == conversation_id).values(**values))


async def test_each_tab_shows_its_conversations_and_its_number_agrees(services: Services) -> None:
    for person in (RAHIM, SADIA):
        await hire(services.database, person)
    found: dict[str, str] = {}
    for name in ("waiting", "mine", "snoozed", "sadias", "resolved", "late"):
        found[name] = (await ask_for_person(services, name)).id
    for name in ("mine", "snoozed", "resolved"):
        await ownership.claim(services, found[name], RAHIM)
    await ownership.claim(services, found["sadias"], SADIA)
    await ownership.snooze(services, found["snoozed"], RAHIM, now() + timedelta(hours=3))
    await ownership.resolve(services, found["resolved"], RAHIM)
    found["bot"] = (await write(services, "hello", "bot")).conversation_id
    await answer(services, "Hello!")
    await set_row(services, found["late"], deadline=now() - timedelta(minutes=1), deadline_state="breached")
    await lose(services, found["sadias"], "unknown")
    await lose(services, found["resolved"])
    expected = {
        "queued": {"waiting", "late"},
        "mine": {"mine"},
        "snoozed": {"snoozed"},
        "assigned": {"mine", "snoozed", "sadias"},
        "bot": {"bot"},
        "resolved": {"resolved"},
        "late": {"late"},
        "undelivered": {"sadias"},
    }
    assert set(expected) == set(get_args(Tab))
    async with at_the_desk(services, RAHIM) as client:
        for tab, names in expected.items():
            assert set(await shown(client, tab)) == {found[name] for name in names}, tab


async def test_late_and_not_delivered_are_named_only_while_there_are_any(services: Services) -> None:
    await hire(services.database, RAHIM)
    asked = await ask_for_person(services)
    async with at_the_desk(services, RAHIM) as client:
        page = (await client.get("/desk/list")).text
        assert "queue-tab-late" not in page and "queue-tab-undelivered" not in page
        await set_row(services, asked.id, deadline=now(), deadline_state="breached")
        await lose(services, asked.id)
        page = (await client.get("/desk/list")).text
        assert "queue-tab-late" in page and "queue-tab-undelivered" in page
        await lose(services, asked.id, at=now() - timedelta(days=8))
        assert "queue-tab-undelivered" not in (await client.get("/desk/list")).text


async def test_a_number_beyond_what_is_counted_says_that_there_are_more(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_COUNTED", 3)
    await hire(services.database, RAHIM)
    async with at_the_desk(services, RAHIM) as client:
        for name, number in (("a", "1"), ("b", "2"), ("c", "2+"), ("d", "2+")):
            await ask_for_person(services, name)
            assert f'data-testid="queue-count-queued">{number}<' in (await client.get("/desk/list")).text


async def test_ones_own_stand_in_the_order_in_which_they_must_be_answered(services: Services) -> None:
    await hire(services.database, RAHIM)
    ids = []
    for minutes in (None, 20, 5):
        asked = await ask_for_person(services, f"customer {minutes}")
        await ownership.claim(services, asked.id, RAHIM)
        await set_row(services, asked.id, deadline=now() + timedelta(minutes=minutes) if minutes else None)
        ids.append(asked.id)
    async with at_the_desk(services, RAHIM) as client:
        assert await shown(client, "mine") == ids[::-1]


async def test_a_team_is_looked_at_by_itself_and_an_unknown_one_hides_nothing(services: Services) -> None:
    await hire(services.database, RAHIM)
    payments = (await ask_for_person(services, "a", reason="double_charged")).id
    support = (await ask_for_person(services, "b")).id
    async with at_the_desk(services, RAHIM) as client:
        assert await shown(client, "queued", team="payments") == [payments]
        assert await shown(client, "queued", team="support") == [support]
        assert set(await shown(client, "queued", team="no-such-team")) == {payments, support}


async def test_only_supervisors_are_offered_to_take_over_and_only_what_somebody_else_has(services: Services) -> None:
    for person in (RAHIM, SADIA, NASREEN):
        await hire(services.database, person)
    asked = await ask_for_person(services)

    async def offered(person: Person) -> bool:
        async with at_the_desk(services, person) as client:
            page = await client.get(f"/desk/conversations/{asked.id}/pane")
            return 'data-testid="takeover"' in page.text

    assert not await offered(NASREEN)  # it waits: she claims it
    await ownership.claim(services, asked.id, RAHIM)
    assert [await offered(person) for person in (RAHIM, SADIA, NASREEN)] == [False, False, True]
    await ownership.take_over(services, asked.id, NASREEN)
    assert not await offered(NASREEN)


async def test_what_did_not_arrive_is_sent_again_by_who_has_it_by_anybody_when_nobody_has(services: Services) -> None:
    for person in (RAHIM, SADIA, NASREEN):
        await hire(services.database, person)
    waiting, claimed = await ask_for_person(services, "a"), await ask_for_person(services, "b")
    await ownership.claim(services, claimed.id, RAHIM)
    for one in (waiting, claimed):
        await lose(services, one.id)

    async def offered(person: Person, conversation_id: str) -> bool:
        async with at_the_desk(services, person) as client:
            return "data-resend=" in (await client.get(f"/desk/conversations/{conversation_id}/pane")).text

    assert await offered(SADIA, waiting.id)
    assert [await offered(person, claimed.id) for person in (RAHIM, SADIA, NASREEN)] == [True, False, True]


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ({"number": "10001", "state": "on its way", "total": "৳ 3,680"}, ["On its way", "৳ 3,680"]),
        (None, ["The shop knows no order with this number."]),
        (RuntimeError("the driver's own words"), ["The shop does not answer now"]),
    ],
)
async def test_the_order_is_told_with_its_state_or_why_it_cannot_be(
    services: Services, order: Any, told: list[str]
) -> None:
    services = replace(services, orders=Shop(order))
    await hire(services.database, RAHIM)
    asked = await ask_for_person(services, known={"order_number": "10001"})
    async with at_the_desk(services, RAHIM) as client:
        assert 'data-testid="order"' in (await client.get(f"/desk/conversations/{asked.id}/pane")).text
        page = (await client.get(f"/desk/conversations/{asked.id}/order")).text
    assert all(one in page for one in told)
    assert "driver" not in page


async def test_how_things_stand_tells_of_ones_own_and_supervisors_of_all_that_is_late(services: Services) -> None:
    for person in (RAHIM, NASREEN):
        await hire(services.database, person)
    asked = await ask_for_person(services)
    await ownership.claim(services, asked.id, RAHIM)
    await ownership.reply(services, asked.id, RAHIM, "One moment.", False)
    async with at_the_desk(services, RAHIM) as agent, at_the_desk(services, NASREEN) as supervisor:
        (own,) = (await standing(agent))["own"]
        assert (own["id"], own["asked"], own["state"]) == (asked.id, None, None)
        await write(services, "are you there?")
        await set_row(services, asked.id, deadline_state="breached")
        (own,) = (await standing(agent))["own"]
        assert own["asked"] is not None and own["state"] == "breached"
        assert (await standing(agent))["late"] == []
        assert [(one["id"], one["owner"]) for one in (await standing(supervisor))["late"]] == [(asked.id, "Rahim")]
        await ask_for_person(services, "somebody else")
        assert (await standing(supervisor))["waiting"] == 1


async def test_the_teams_page_tells_where_everybody_is_and_what_waits(services: Services) -> None:
    for person in (RAHIM, SADIA, NASREEN):
        await hire(services.database, person)
    await ask_for_person(services)
    await presence.set_available(services.database, SADIA.id, False)
    async with at_the_desk(services, RAHIM) as client:
        page = (await client.get("/desk/team/board")).text
        assert re.findall(r'data-where="(\w+)" data-testid="person-(\w+)"', page) == [
            ("here", "rahim"),
            ("away", "sadia"),
            ("offline", "nasreen"),
        ]
        assert "<b>1</b> waiting" in page
        assert (await client.get("/desk/team")).status_code == 200


async def test_a_failure_to_deliver_is_told_of_the_bots_messages_too_and_never_of_a_note(services: Services) -> None:
    await hire(services.database, RAHIM)
    asked = await ask_for_person(services)
    await ownership.claim(services, asked.id, RAHIM)
    await ownership.reply(services, asked.id, RAHIM, "between us", True)
    async with at_the_desk(services, RAHIM) as client:
        page = (await client.get(f"/desk/conversations/{asked.id}/pane")).text
        assert "Not delivered" not in page
        await lose(services, asked.id)
        page = (await client.get(f"/desk/conversations/{asked.id}/pane")).text
    note = page[page.index('data-private="true"') :]
    assert "Not delivered" in page and "Not delivered" not in note
    assert (await state(services, asked.id)).status == "assigned"


def test_a_moment_to_come_is_said_as_a_person_says_it() -> None:
    today = datetime(2026, 11, 22, 10, tzinfo=DHAKA)

    def said(**later: int) -> str:
        return templating.day_and_time(today + timedelta(**later), DHAKA, today.date())

    assert said(hours=4) == "14:00"
    assert said(days=1) == "tomorrow 10:00"
    assert said(days=3) == "Wed 10:00"
    assert said(days=15) == "Mon 7 Dec 10:00"
    assert said(days=60) == "Thu 21 Jan 2027 10:00"
    assert templating.day_and_time("2026-11-22T18:30:00.000Z", DHAKA, today.date()) == "tomorrow 00:30"


def test_a_contact_leads_to_the_mail_or_the_telephone_and_nowhere_else() -> None:
    assert templating.contact_link("amina@example.com") == "mailto:amina@example.com"
    assert templating.contact_link("+880 1712-345678") == "tel:+8801712345678"
    assert templating.contact_link('a@b.example"?cc=x') == "mailto:a@b.example%22%3Fcc%3Dx"
    assert templating.contact_link("javascript:alert(1)") == "tel:1"


async def test_files_stand_with_their_message_as_pictures_links_or_what_became_of_them(services: Services) -> None:
    await hire(services.database, RAHIM)
    offered = tuple(Offered(f"https://files.example/{name}", name) for name in ("<b>.jpg", "late.jpg", "film.mov"))
    message = await write(services, "broken", files=offered)
    (cup, late, film), _ = await fetches.take_due(services, 3)
    await fetches.arrived(services, cup, kept(TAKEN["image/jpeg"]))
    await fetches.given_up(services, film, "refused", "too big")
    bill = await uploads.take(services, "fake", "amina", "bill.pdf", pdf("x" * 3_000_000))
    await write(services, "", uploads=(bill.id,))
    async with at_the_desk(services, RAHIM) as client:
        pane = (await client.get(f"/desk/conversations/{message.conversation_id}/pane")).text
        rows = (await client.get("/desk/list", params={"tab": "bot"})).text
    found = re.findall(r'data-testid="file" data-status="(\w+)">(.*?)</li>', pane, re.DOTALL)
    texts = [html.unescape(" ".join(re.sub(r"<[^>]+>", " ", inside).split())) for _, inside in found]
    assert [status for status, _ in found] == ["here", "waiting", "refused", "here"]
    assert texts == [
        "_b_.jpg 1 KB",
        "late.jpg Fetching…",
        "film.mov Not taken: no photo or PDF, or too big",
        "bill.pdf 2.9 MB",
    ]
    assert f'<img src="/files/{cup.id}"' in found[0][1] and f'href="/files/{cup.id}" download="_b_.jpg"' in found[0][1]
    assert "<img" not in found[3][1] and f'href="/files/{bill.id}" download="bill.pdf"' in found[3][1]
    assert "4 messages and 2 files since" in pane
    assert pane.count('class="bubble"') == 1  # a file alone is no empty bubble
    assert "bill.pdf" in rows
    await fetches.given_up(services, late, "failed", "HTTP 500")
    async with at_the_desk(services, RAHIM) as client:
        pane = (await client.get(f"/desk/conversations/{message.conversation_id}/pane")).text
    assert "Could not be fetched" in pane and "Fetching" not in pane


def test_a_files_size_is_said_as_people_count() -> None:
    said = [templating.file_size(size) for size in (1, 1024, 340 * 1024, 1024 * 1024 - 1, 1024 * 1024, 5_000_000)]
    assert said == ["1 KB", "1 KB", "340 KB", "1024 KB", "1.0 MB", "4.8 MB"]


@pytest.mark.parametrize(
    ("payload", "rated"), [("rating:5", 5), ("rating:1", 1), ("rating:6", None), ("5", None), (None, None)]
)
def test_only_a_pressed_score_is_a_rating(payload: str | None, rated: int | None) -> None:
    message = {
        "id": "1",
        "seq": 1,
        "author": "customer",
        "author_name": None,
        "text": "5 – very good",
        "private": False,
        "language": "en",
        "intent": None,
        "confidence": None,
        "created_at": "2026-11-22T04:00:00.000Z",
        "payload": payload,
        "buttons": [],
        "files": [],
        "deleted": False,
        "edits": [],
        "delivery": "sent",
    }
    (line,) = transcript.lines([message], UTC, datetime(2026, 11, 22).date())
    assert line.rated == rated


async def test_files_can_be_attached_where_they_can_be_sent_and_elsewhere_the_desk_says_that_they_cannot(
    services: Services,
) -> None:
    await hire(services.database, RAHIM)
    asked = await ask_for_person(services)
    for channels, mine in ((services.file_channels, False), (services.file_channels, True), (frozenset[str](), True)):
        if mine and channels:
            await ownership.claim(services, asked.id, RAHIM)
        async with at_the_desk(replace(services, file_channels=channels), RAHIM) as client:
            pane = (await client.get(f"/desk/conversations/{asked.id}/pane")).text
        assert ('data-testid="attach"' in pane) is (mine and bool(channels))
        why = "" if channels else "Files cannot be sent to customers on Fake."
        assert (f'data-testid="no-files">{why}<' in pane) is (mine and not channels)
        assert f'data-no-files="{why}"' in pane


async def test_a_row_names_the_file_that_an_agent_sent_without_words_and_who_it_was(services: Services) -> None:
    await hire(services.database, RAHIM)
    asked = await ask_for_person(services)
    await ownership.claim(services, asked.id, RAHIM)
    bill = await uploads.take_from_desk(services, asked.id, RAHIM, "<b>.pdf", pdf())
    message, _ = await ownership.reply(services, asked.id, RAHIM, "", private=False, file=bill.id)
    async with at_the_desk(services, RAHIM) as client:
        row = (await client.get("/desk/list", params={"tab": "mine"})).text
        pane = (await client.get(f"/desk/conversations/{asked.id}/pane")).text
    excerpt = re.search(r'<span class="excerpt".*?</span>.*?</span>', row, re.DOTALL)
    assert excerpt is not None
    assert " ".join(re.sub(r"<[^>]+>", " ", excerpt[0]).split()) == "Rahim: _b_.pdf"
    line = pane.split(f'id="message-{message.id}"')[1]
    assert f'href="/files/{bill.id}" download="_b_.pdf"' in line and 'class="bubble"' not in line
