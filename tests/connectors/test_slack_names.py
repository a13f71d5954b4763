"""What Slack's members are called: asked once, after their message is stored, and unknown where Slack does not say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_testing import on_sqlite
from slack_events import Sender, as_json
from slack_server import GARBAGE, SlackServer, Throttled
from slack_testing import House, listening

from connectors.naming import BETWEEN_SECONDS, MOST_SECONDS, Naming
from connectors.slack.workspaces import Workspaces
from handoff import erasure, events, inbox, joining, names
from handoff.clock import now
from handoff.incoming import Incoming
from handoff.models import contacts, conversations, identities
from handoff.models import events as event_table
from handoff.privacy import REDACTED
from handoff.services import Services


@pytest.fixture
async def house(slack_there: SlackServer, services: Services) -> AsyncIterator[House]:
    async with listening(slack_there, services) as opened:
        yield opened


def naming(house: House) -> Naming:
    return Naming(house.services.database, {"slack": house.slack})


async def write(house: House, **more: Any) -> None:
    sender = Sender(house.sender.slack, **more)
    assert await house.post(as_json(sender.message("hello"))) == 200


async def ask(house: House, later: timedelta = timedelta()) -> None:
    """Asks for all that are due after so long."""
    async with house.services.database.write() as tx:
        due = sa.update(identities).where(identities.c.name_due_at.is_not(None))
        await tx.execute(due.values(name_due_at=identities.c.name_due_at if not later else now()))
    while await naming(house).step() is not None:
        pass


async def called(house: House) -> list[str | None]:
    async with house.services.database.read() as tx:
        return [row["name"] for row in await tx.rows(sa.select(contacts.c.name).order_by(contacts.c.id))]


async def due(house: House) -> list[dict[str, Any]]:
    i = identities.c
    async with house.services.database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(i.name_due_at, i.name_attempts).order_by(i.id))]


async def test_a_new_customers_name_is_asked_for_once(house: House, slack_there: SlackServer) -> None:
    slack_there.introduce("U0AMINA", "Amina", "Amina Khatun")
    await write(house)
    assert slack_there.called("users.info") == []  # it is stored and acknowledged before anybody asks
    await ask(house)
    assert await called(house) == ["Amina"]
    for channel in ("D0AMINA", "D0AMINA", "D0OTHER"):  # from another address of theirs, too
        await write(house, channel=channel)
    await ask(house)
    (call,) = slack_there.called("users.info")
    assert call.arguments["user"] == "U0AMINA" and await called(house) == ["Amina"]


@on_sqlite
@pytest.mark.parametrize(
    ("name", "real_name", "deleted", "shown"),
    [
        ("", "Amina Khatun", False, "Amina Khatun"),
        ("আমিনা খাতুন", "Amina", False, "আমিনা খাতুন"),
        ("Amina", "Amina Khatun", True, "Amina"),
        ("", "Amina Khatun", True, "Amina Khatun"),
        ("", "", False, "u0amina"),
        ("a" * 300, "", False, "a" * 200),
        ("Amina \u202enitsuJ\n4111 1111 1111 1111", "", False, f"Amina nitsuJ {REDACTED}"),
    ],
)
async def test_the_name_is_the_one_that_slack_shows(
    house: House, slack_there: SlackServer, name: str, real_name: str, deleted: bool, shown: str
) -> None:
    slack_there.introduce("U0AMINA", name, real_name, deleted)
    await write(house)
    await ask(house)
    assert await called(house) == [shown]


@on_sqlite
@pytest.mark.parametrize("error", ["user_not_found", "user_not_visible"])
async def test_a_member_of_whom_slack_tells_nothing_is_not_asked_for_again(
    house: House, slack_there: SlackServer, error: str
) -> None:
    slack_there.plan("users.info", error)
    await write(house)
    await ask(house)
    assert await called(house) == [None] and (await due(house))[0]["name_due_at"] is None
    await ask(house, timedelta(days=2))
    assert len(slack_there.called("users.info")) == 1


@on_sqlite
@pytest.mark.parametrize("user", [{"id": "U0AMINA"}, {"profile": "?"}, {"profile": {"display_name": 7}}, {"name": " "}])
async def test_whatever_slack_answers_breaks_nothing(house: House, slack_there: SlackServer, user: Any) -> None:
    slack_there.users["U0AMINA"] = user
    await write(house)
    await ask(house)
    assert await called(house) == [None] and (await due(house))[0]["name_due_at"] is None


@on_sqlite
@pytest.mark.parametrize("trouble", [500, GARBAGE, "internal_error", "invalid_auth", Throttled(30)])
async def test_while_slack_does_not_answer_the_name_is_asked_for_again_later(
    house: House, slack_there: SlackServer, trouble: Any
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    slack_there.plan("users.info", trouble)
    await write(house)
    await ask(house)
    assert await called(house) == [None]
    (waiting,) = await due(house)
    assert waiting["name_attempts"] == 1 and waiting["name_due_at"] > now()
    await ask(house, timedelta(hours=1))
    assert await called(house) == ["Amina"]


@on_sqlite
async def test_where_slack_wants_to_be_asked_less_often_nobody_is_asked_for_meanwhile(
    house: House, slack_there: SlackServer
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    slack_there.introduce("U0JONAS", "Jonas")
    slack_there.plan("users.info", Throttled(30), Throttled(3600))
    await write(house)
    assert await naming(house).step() == 30
    await write(house, user="U0JONAS", channel="D0JONAS")
    assert await naming(house).step() == MOST_SECONDS
    await ask(house, timedelta(hours=2))
    assert sorted(filter(None, await called(house))) == ["Amina", "Jonas"]
    await write(house, user="U0LUCIA", channel="D0LUCIA")
    assert await naming(house).step() == BETWEEN_SECONDS


@on_sqlite
async def test_an_app_without_the_scope_goes_on_and_asks_daily_until_it_has_it_for_a_month(
    house: House, slack_there: SlackServer
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    slack_there.lacks.add("users:read")
    await write(house)
    await ask(house)
    (waiting,) = await due(house)
    assert timedelta(hours=23) < waiting["name_due_at"] - now() < timedelta(hours=31)
    slack_there.lacks.clear()  # it was installed again
    await ask(house, timedelta(days=2))
    assert await called(house) == ["Amina"]

    slack_there.lacks.add("users:read")
    await write(house, user="U0JONAS", channel="D0JONAS")
    for _ in range(names.MAX_ATTEMPTS + 5):
        await ask(house, timedelta(days=2))
    assert len(slack_there.called("users.info")) == 2 + names.MAX_ATTEMPTS
    assert [row["name_due_at"] for row in await due(house)] == [None, None]


async def test_a_worker_that_died_over_it_leaves_it_to_another(house: House, slack_there: SlackServer) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    await write(house)
    taken = await names.take_due(house.services.database)
    assert taken is not None  # and the process dies
    await ask(house)
    assert await called(house) == [None]
    await ask(house, names.TAKEN_FOR)
    assert await called(house) == ["Amina"]
    # were it alive after all, it would be too late to say anything, also while another asks
    await write(house, user="U0JONAS", channel="D0JONAS")
    first = await names.take_due(house.services.database)
    async with house.services.database.write() as tx:
        await tx.execute(sa.update(identities).where(identities.c.name_due_at.is_not(None)).values(name_due_at=now()))
    assert first is not None and await names.take_due(house.services.database) is not None
    assert not await names.told(house.services.database, first, "Somebody else")
    await names.not_told(house.services.database, first, None)
    assert [row["name_due_at"] is None for row in await due(house)] == [True, False]
    assert not await names.told(house.services.database, taken, "Somebody else")
    assert await called(house) == ["Amina", None]


async def test_who_is_erased_while_their_name_is_asked_for_is_not_brought_back(
    house: House, slack_there: SlackServer
) -> None:
    await write(house)
    taken = await names.take_due(house.services.database)
    assert taken is not None
    async with house.services.database.read() as tx:
        contact_id = await erasure.find(tx, "slack:T0NODI:D0AMINA")
    assert contact_id is not None
    await erasure.erase(house.services.database, contact_id)
    assert not await names.told(house.services.database, taken, "Amina")
    assert await called(house) == []


async def test_a_name_that_is_told_beside_an_erasure_waits_for_it_and_neither_gets_stuck(
    house: House, slack_there: SlackServer
) -> None:
    for channel in ("D0AMINA", "D0OTHER"):
        await write(house, channel=channel)
    database, i = house.services.database, identities.c
    async with database.write() as tx:
        first, second = [row["id"] for row in await tx.rows(sa.select(i.id).order_by(i.id))]
        for identity_id, at in ((first, None), (second, now())):
            await tx.execute(sa.update(identities).where(i.id == identity_id).values(name_due_at=at))
    taken = await names.take_due(database)
    assert taken is not None and taken.identity_id == second
    async with database.write() as tx:  # by id, as an erasure does
        await tx.rows(sa.select(i.id).where(i.id == first).with_for_update())
        telling = asyncio.create_task(names.told(database, taken, "Amina"))
        await asyncio.sleep(0.3)  # it has come as far as it comes
        await tx.rows(sa.select(i.id).where(i.id == second).with_for_update())
    assert await telling and await called(house) == ["Amina"]


async def test_who_is_found_to_be_somebody_else_than_the_others_of_a_contact_is_asked_for_again(
    house: House, slack_there: SlackServer
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    await write(house)
    await ask(house)
    services = house.services
    async with services.database.write() as tx:
        (here,) = [row["id"] for row in await tx.rows(sa.select(conversations.c.id))]
    there = (await inbox.receive(services, Incoming("fake", "1", "amina", "hello")))[0].conversation_id

    async def prove(conversation_id: str, address: str) -> None:
        async with services.database.write() as tx:
            await joining.prove(tx, conversation_id, [joining.email(address)], now())

    await prove(here, "amina@example.com")
    await prove(there, "amina@example.com")
    assert await called(house) == ["Amina"]
    await prove(here, "jonas@example.com")
    assert await called(house) == ["Amina", None]
    await ask(house)
    assert await called(house) == ["Amina", "Amina"]
    # a channel whose provider cannot be asked is not
    await prove(here, "amina@example.com")
    await prove(there, "lucia@example.com")
    assert [row["name_due_at"] for row in await due(house)] == [None, None]


@on_sqlite
async def test_open_pages_hear_that_a_name_is_known(house: House, slack_there: SlackServer) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    await write(house)
    async with house.services.database.write() as tx:
        latest = await events.latest_id(tx)
        await tx.execute(sa.text("update conversations set status = 'assigned', agent_id = 'somebody'"))
    await ask(house)
    async with house.services.database.read() as tx:
        kinds = [row["kind"] for row in await tx.rows(sa.select(event_table).where(event_table.c.id > latest))]
    assert kinds == ["contact"]


@on_sqlite
async def test_what_is_asked_for_is_the_name_and_nothing_else_is_kept(
    house: House, slack_there: SlackServer, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    slack_there.introduce("U0AMINA", "Amina", "Amina Khatun")
    await write(house)
    await ask(house)
    async with house.services.database.read() as tx:
        stored = [str(dict(row)) for table in (contacts, identities) for row in await tx.rows(sa.select(table))]
    assert "amina@nodi.example" not in "".join(stored) and "Dhaka" not in "".join(stored)
    printed = capsys.readouterr()
    assert "Amina" not in printed.out + printed.err + caplog.text


@on_sqlite
@pytest.mark.parametrize(
    "trouble",
    ["token_revoked", "account_inactive", "team_access_not_granted", "org_login_required", "ekm_access_denied"],
)
async def test_while_slack_does_not_let_us_in_the_name_is_asked_for_daily(
    house: House, slack_there: SlackServer, trouble: str
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    slack_there.plan("users.info", trouble)
    await write(house)
    await ask(house)
    (waiting,) = await due(house)
    assert timedelta(hours=23) < waiting["name_due_at"] - now() < timedelta(hours=31)
    await ask(house, timedelta(days=2))
    assert await called(house) == ["Amina"]


@on_sqlite
async def test_of_a_workspace_that_has_removed_the_app_nobody_is_asked_for_until_it_is_installed_again(
    house: House, slack_there: SlackServer
) -> None:
    slack_there.introduce("U0AMINA", "Amina")
    await write(house)
    installed = house.slack.workspaces
    house.slack.workspaces = Workspaces()
    await ask(house)
    assert slack_there.called("users.info") == []
    (waiting,) = await due(house)
    assert timedelta(hours=23) < waiting["name_due_at"] - now() < timedelta(hours=31)
    house.slack.workspaces = installed
    await ask(house, timedelta(days=2))
    assert await called(house) == ["Amina"]
