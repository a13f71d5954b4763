"""Agents at work in Slack over Socket Mode: what they do is done before it is acknowledged, and once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from delivery_testing import on_sqlite, until
from relay_testing import OUTSIDE, linked
from slack_events import Raw, Sender
from slack_server import APP_TOKEN, BOT_TOKEN, Message, SlackServer
from slack_testing import connected

from connectors import inbound
from connectors.base import Inbound
from connectors.relaying import Relay
from connectors.slack import socket_mode
from connectors.slack.desk import DeskListening, SlackDesk
from connectors.slack.listening import Listening
from handoff import inbox, relay, store, turns
from handoff.clock import new_id
from handoff.conversations import Conversation
from handoff.database import DatabaseAway
from handoff.incoming import Incoming
from handoff.messages import Message as Stored
from handoff.messages import Said
from handoff.models import identities
from handoff.people import add
from handoff.relay import Deed, Word
from handoff.services import Services
from handoff.turns import Outcome

pytestmark = on_sqlite
PLACE = "C0DESK"


@dataclass
class Desk:
    """The desk's channel over a connection that we opened; while it is `away` the database is."""

    services: Services
    slack: SlackServer
    posts: Relay
    away: bool = False

    def __post_init__(self) -> None:
        self.rahim = Sender(self.slack, user="U0RAHIM", channel=PLACE)

    async def take(self, deed: Deed) -> Word | None:
        if self.away:
            raise DatabaseAway("gone")
        return await relay.take(self.services, OUTSIDE, deed)

    async def keep(self, brought: Sequence[Inbound]) -> None:
        await inbound.keep(self.services, brought)

    async def emit(self, payload: Raw, kind: str = "events_api", again: str | None = None) -> str:
        """Sends it, and waits until it is acknowledged."""
        before = len(self.slack.acknowledged)
        envelope = self.slack.emit(payload, kind, again, retry=1 if again else 0)
        await until(lambda: len(self.slack.acknowledged) > before)
        assert self.slack.acknowledged[-1] == envelope
        return envelope

    async def press(self, root: Message, act: str, sender: Sender | None = None) -> str:
        button = next(one for one in root.buttons if one["action_id"] == f"desk:{act}")
        return await self.emit((sender or self.rahim).pressed(root, button), "interactive")

    async def posted(self) -> Message:
        """The newest ticket, with all that is to be posted."""
        while await self.posts.step():
            pass
        return [one for one in self.slack.posted(PLACE) if one.thread_ts is None][-1]

    async def ask_for_person(self, address: str) -> str:
        await inbox.receive(self.services, Incoming("fake", new_id(), address, "a person, please"))
        turn = await turns.lease_next(self.services, "w")
        assert turn is not None
        outcome = Outcome([Said("one moment")], "en", handoff_reason="human_agent")
        assert await turns.finish(self.services, turn, outcome, "w", None)
        return turn.conversation.id

    async def state(self, conversation_id: str) -> Conversation:
        async with self.services.database.read() as tx:
            found = await store.get(tx, conversation_id)
        assert found is not None
        return found

    async def said(self, conversation_id: str) -> list[Stored]:
        async with self.services.database.read() as tx:
            said = await store.transcript(tx, conversation_id, private=True)
        return [one for one in said if one.author == "agent"]


@pytest.fixture
async def desk(slack_there: SlackServer, services: Services) -> AsyncIterator[Desk]:
    rahim = await add(services.database, "rahim", "Rahim", "agent", "only-for-tests")
    await linked(services.database, rahim)
    async with connected(slack_there) as slack:
        there = SlackDesk(BOT_TOKEN, slack.web)
        made = Desk(services, slack_there, Relay(services, OUTSIDE, there))
        takes = Listening(slack, made.keep, "", [DeskListening(there, [PLACE], made.take).join])
        running = asyncio.create_task(socket_mode.run(slack, takes, APP_TOKEN))
        await until(lambda: slack_there.connected)
        while await made.posts.step():
            pass
        yield made
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await takes.close()


async def test_a_ticket_is_claimed_answered_and_resolved_over_the_connection(desk: Desk) -> None:
    conversation_id = await desk.ask_for_person("amina")
    root = await desk.posted()
    await desk.press(root, "claim")
    assert (await desk.state(conversation_id)).status == "assigned"
    assert "Rahim has it." in (await desk.posted()).shown

    await desk.emit(desk.rahim.message("!note a regular", thread_ts=root.ts))
    await desk.emit(desk.rahim.message("It comes tomorrow.", thread_ts=root.ts))
    said = await desk.said(conversation_id)
    assert [(one.text, one.private) for one in said] == [("a regular", True), ("It comes tomorrow.", False)]

    await desk.press(await desk.posted(), "resolve")
    assert (await desk.state(conversation_id)).status == "resolved"
    assert (await desk.posted()).buttons == []


async def test_what_comes_again_is_done_once(desk: Desk) -> None:
    conversation_id = await desk.ask_for_person("amina")
    root = await desk.posted()
    await desk.press(root, "claim")
    await desk.press(root, "claim")
    reply = desk.rahim.message("It comes tomorrow.", thread_ts=root.ts)
    envelope = await desk.emit(reply)
    for _ in range(3):
        await desk.emit(reply, again=envelope)
    assert len(await desk.said(conversation_id)) == 1
    assert desk.slack.whispered("U0RAHIM") == []


async def test_what_could_not_be_done_is_not_acknowledged_and_is_done_when_it_comes_again(desk: Desk) -> None:
    conversation_id = await desk.ask_for_person("amina")
    root = await desk.posted()
    await desk.press(root, "claim")
    reply = desk.rahim.message("It comes tomorrow.", thread_ts=root.ts)
    desk.away = True
    lost = desk.slack.emit(reply)
    # requests are seen to side by side; one that needs no database tells that the first was looked at
    await desk.emit(desk.rahim.said_by_a_bot("own", own=True))
    await asyncio.sleep(0.2)
    assert lost not in desk.slack.acknowledged and await desk.said(conversation_id) == []
    desk.away = False
    await desk.emit(reply, again=lost)
    assert [one.text for one in await desk.said(conversation_id)] == ["It comes tomorrow."]


async def test_who_may_not_is_told_so_alone_and_nothing_happens(desk: Desk) -> None:
    conversation_id = await desk.ask_for_person("amina")
    root = await desk.posted()
    stranger = Sender(desk.slack, user="U0STRANGER", channel=PLACE)
    await desk.press(root, "claim", stranger)
    await until(lambda: desk.slack.whispered("U0STRANGER"))
    assert "/desk/link?token=" in desk.slack.whispered("U0STRANGER")[0].text
    await desk.emit(desk.rahim.message("hello?", thread_ts=root.ts))
    await until(lambda: desk.slack.whispered("U0RAHIM"))
    assert "press Claim first" in desk.slack.whispered("U0RAHIM")[0].text
    assert (await desk.state(conversation_id)).status == "queued" and await desk.said(conversation_id) == []


async def test_who_comes_is_there_and_talk_in_the_channel_is_no_customers(desk: Desk) -> None:
    await desk.emit(desk.rahim.message("lunch?"))
    await desk.emit(desk.rahim.message("!here"))
    await until(lambda: desk.slack.whispered("U0RAHIM"))
    (told,) = desk.slack.whispered("U0RAHIM")
    assert "You are there for 8 hours" in told.text and told.thread_ts is None
    conversation_id = await desk.ask_for_person("amina")
    assert not (await desk.state(conversation_id)).absence_told
    async with desk.services.database.read() as tx:
        channels = [row["channel"] for row in await tx.rows(sa.select(identities.c.channel))]
    assert channels == ["fake"]
