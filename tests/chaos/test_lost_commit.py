"""The connection dies when a commit was carried out and its answer is on the way: said to have failed, and done.

Whoever is told so tries again with the same key, and finds it done once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import sqlalchemy as sa
from cutter import Cutter, cutter
from running import PASSWORD
from server import Server, own_server

from app import schema
from handoff import inbox, ownership, people, store, turns
from handoff.database import Database, DatabaseAway
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.services import Services
from handoff.turns import Outcome

pytestmark = pytest.mark.postgres
WRITTEN = Incoming("fake", "key-1", "amina", "hello")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as started:
        yield started


@pytest.fixture
async def line(server: Server) -> AsyncIterator[Cutter]:
    async with cutter(server.port) as opened:
        yield opened


@pytest.fixture
async def database(server: Server, line: Cutter) -> AsyncIterator[Database]:
    """An empty, migrated database whose every connection goes over the line that can be cut."""
    opened = Database(server.url.replace(f":{server.port}/", f":{line.port}/"))
    await schema.upgrade(opened)
    yield opened
    async with opened.write() as tx:
        await tx.execute(sa.text("drop schema public cascade"))
        await tx.execute(sa.text("create schema public"))
    await opened.close()


async def said(services: Services, conversation_id: str) -> list[str]:
    async with services.database.read() as tx:
        return [one.text for one in await store.transcript(tx, conversation_id)]


async def test_a_message_delivered_again_is_the_one_already_stored(services: Services, line: Cutter) -> None:
    line.armed = True
    with pytest.raises(DatabaseAway):
        await inbox.receive(services, WRITTEN)
    message, new = await inbox.receive(services, WRITTEN)
    assert line.cuts == 1
    assert not new
    assert await said(services, message.conversation_id) == ["hello"]


async def test_a_turn_is_over_and_is_not_run_again(services: Services, line: Cutter) -> None:
    message, _ = await inbox.receive(services, WRITTEN)
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    line.armed = True
    with pytest.raises(DatabaseAway):
        await turns.finish(services, turn, Outcome([Said("hello to you")], "en"), "w", None)
    assert line.cuts == 1
    assert await turns.lease_next(services, "another") is None
    assert await said(services, message.conversation_id) == ["hello", "hello to you"]


async def test_an_agents_reply_with_its_key_is_stored_once(services: Services, line: Cutter) -> None:
    message, _ = await inbox.receive(services, WRITTEN)
    rahim = await people.add(services.database, "rahim", "Rahim", "agent", PASSWORD)
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    await turns.finish(services, turn, Outcome([], "en", handoff_reason="human_agent"), "w", None)
    await ownership.claim(services, message.conversation_id, rahim)
    line.armed = True
    with pytest.raises(DatabaseAway):
        await ownership.reply(services, message.conversation_id, rahim, "I am here", False, "key")
    _, new = await ownership.reply(services, message.conversation_id, rahim, "I am here", False, "key")
    assert line.cuts == 1
    assert not new
    assert (await said(services, message.conversation_id)).count("I am here") == 1
