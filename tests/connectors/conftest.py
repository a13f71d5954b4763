"""The receiving end of the fake channel, and the channel itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from receiver import SECRET, Receiver, receiving
from slack_server import SlackServer, slack_server

from connectors.fake import Fake


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def fake(receiver: Receiver) -> AsyncIterator[Fake]:
    async with httpx.AsyncClient(timeout=httpx.Timeout(5, read=0.5)) as client:
        yield Fake(SECRET, receiver.url, client)


@pytest.fixture
def slack_there() -> Iterator[SlackServer]:
    """A Slack on the loopback."""
    with slack_server() as opened:
        yield opened
