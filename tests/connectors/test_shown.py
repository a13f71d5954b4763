"""That an agent types is shown where a channel can show it: not too often, and without harm when it cannot be shown."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from connectors import shown
from connectors.base import Connector
from connectors.fake import Fake
from connectors.shown import Shown
from connectors.website.connector import Website


class Signing(Fake):
    """The fake channel with a sign for typing."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.fails: type[Exception] | None = None
        self.hangs = False

    async def typing(self, address: str) -> None:
        if self.fails:
            raise self.fails(f"no such chat: {address}")
        if self.hangs:
            await asyncio.sleep(60)
        self.shown.append(address)


@pytest.fixture
def channel() -> Signing:
    return Signing()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says: the last of these."""
    told = [1000.0]
    monkeypatch.setattr(shown, "clock", lambda: told[-1])
    return told


def over(channel: Signing) -> Shown:
    connectors: dict[str, Connector] = {"fake": channel, "website": Website("s")}
    return Shown(connectors)


async def test_each_customer_is_shown_it_at_most_once_in_four_seconds(channel: Signing, time: list[float]) -> None:
    courtesy = over(channel)
    for at in (0.0, 0.1, 3.9, 4.0, 7.0, 8.1):
        time.append(1000 + at)
        await courtesy.typing("fake", "amina")
    await courtesy.typing("fake", "jonas")
    assert channel.shown == ["amina", "amina", "amina", "jonas"]


async def test_a_channel_without_a_sign_is_left_alone(channel: Signing) -> None:
    await over(channel).typing("website", "amina")
    await over(channel).typing("telegram", "amina")
    assert channel.shown == []


async def test_what_cannot_be_shown_fails_nothing_and_names_nobody(
    channel: Signing, time: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    courtesy = over(channel)
    channel.fails = LookupError
    with structlog.testing.capture_logs() as logs:
        await courtesy.typing("fake", "amina-secret")
        channel.fails, channel.hangs = None, True
        monkeypatch.setattr(shown, "SECONDS", 0.01)
        time.append(2000.0)
        await courtesy.typing("fake", "amina-secret")
    assert [line["error"] for line in logs] == ["LookupError", "TimeoutError"]
    assert "amina-secret" not in str(logs)
