"""Telegram's end of the line, and the channel over the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
from telegram_server import TelegramServer

from connectors.telegram.client import Client
from connectors.telegram.connector import Telegram
from handoff.database import Database
from handoff.services import Services

SECRET = "only_between_us"


@pytest.fixture
def provider() -> Iterator[TelegramServer]:
    server = TelegramServer()
    yield server
    server.close()


@pytest.fixture
async def telegram(provider: TelegramServer) -> AsyncIterator[Telegram]:
    connector = Telegram(Client(provider.token, provider.url), SECRET, lambda number, language: f"order {number}")
    yield connector
    await connector.close()


@pytest.fixture
def services(database: Database, services_over: Callable[[Database], Services]) -> Services:
    return replace(services_over(database), push_channels=frozenset({"telegram"}))
