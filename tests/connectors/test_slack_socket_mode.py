"""Socket Mode: what is stored is acknowledged, what is not comes again, and a lost connection is opened anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from delivery_testing import until
from slack_events import Sender
from slack_server import APP_TOKEN, SlackServer
from slack_testing import connected

from connectors.base import Inbound
from connectors.slack import socket_mode
from connectors.slack.listening import Listening
from handoff.database import DatabaseAway
from handoff.incoming import Incoming


class Book:
    """Keeps what came in; while it is `away` it keeps nothing."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.away = False

    async def keep(self, brought: Sequence[Inbound]) -> None:
        if self.away:
            raise DatabaseAway("gone")
        self.texts += [one.text for one in brought if isinstance(one, Incoming)]


@pytest.fixture
async def book(slack_there: SlackServer) -> AsyncIterator[Book]:
    made = Book()
    async with connected(slack_there) as slack:
        takes = Listening(slack, made.keep, "")
        running = asyncio.create_task(socket_mode.run(slack, takes, APP_TOKEN))
        await until(lambda: slack_there.connected)
        yield made
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await takes.close()
    assert slack_there.connected == 0


async def test_what_is_stored_is_acknowledged_and_what_is_not_comes_again(slack_there: SlackServer, book: Book) -> None:
    sender = Sender(slack_there)
    first, lost = sender.message("first"), sender.message("lost at first")
    known = slack_there.emit(first)
    await until(lambda: slack_there.acknowledged == [known])
    book.away = True
    missed = slack_there.emit(lost)
    foreign = slack_there.emit(sender.said_by_a_bot("own", own=True))
    await until(lambda: foreign in slack_there.acknowledged or book.texts != ["first"])
    assert missed not in slack_there.acknowledged
    book.away = False
    slack_there.emit(lost, envelope_id=missed, retry=1)
    await until(lambda: missed in slack_there.acknowledged)
    assert book.texts == ["first", "lost at first"]


async def test_when_slack_asks_for_another_connection_nothing_is_missed(slack_there: SlackServer, book: Book) -> None:
    before = len(slack_there.called("apps.connections.open"))
    slack_there.refresh()
    await until(lambda: len(slack_there.called("apps.connections.open")) > before and slack_there.connected == 1)
    envelope = slack_there.emit(Sender(slack_there).message("hello"))
    await until(lambda: envelope in slack_there.acknowledged)
    assert book.texts == ["hello"]
