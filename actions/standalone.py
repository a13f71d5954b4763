"""What the actions use when Rasa's own action server runs them: nobody is there to hand them a shop."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from sqlalchemy import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from actions.services import Services
from actions.shop.backend import ShopBackend
from actions.shop.policy import Policy
from actions.shop.sql import SqlShop

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_SHOP_FACTS = Path(__file__).parent.parent / "data" / "shop.yml"


class ShopNotConfigured(Exception):
    """No database is named."""


class StandaloneShop:
    """The shop in the database that `SHOHAY_DATABASE_URL` names, opened when it is first asked."""

    def __init__(self) -> None:
        self._opened: SqlShop | None = None

    def __getattr__(self, name: str) -> Any:
        if self._opened is None:
            # Rasa's server gives no word when it stops, so no connection is kept for later.
            self._opened = SqlShop(create_async_engine(database_url(), poolclass=NullPool), policy())
        return getattr(self._opened, name)


def database_url() -> URL:
    """The database of `SHOHAY_DATABASE_URL`, with the async driver where the URL names none."""
    shop = os.environ.get("SHOHAY_SHOP") or "sql"
    if shop != "sql":
        raise ShopNotConfigured(f"SHOHAY_SHOP is {shop}, which Rasa's own action server does not know; use sql")
    text = os.environ.get("SHOHAY_DATABASE_URL", "")
    if not text:
        raise ShopNotConfigured("SHOHAY_DATABASE_URL is not set; name the shop's database there")
    url = make_url(text)
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


@cache
def services() -> Services:
    """All that an action needs, but for letters: nobody is verified here."""
    shop = cast(ShopBackend, StandaloneShop())
    return Services(shop, phone_regions(), languages(), policy())


@cache
def phone_regions() -> tuple[str, ...]:
    """Where phone numbers without a country's code are looked for, as `data/shop.yml` says."""
    return tuple(_shop_facts()["phone_regions"])


@cache
def policy() -> Policy:
    """What the shop allows, as `data/shop.yml` says."""
    return Policy.load(_SHOP_FACTS)


@cache
def languages() -> tuple[str, ...]:
    """The languages that the shop answers in, as `data/shop.yml` says."""
    return tuple(_shop_facts()["languages"])


def _shop_facts() -> Mapping[str, Any]:
    facts: Mapping[str, Any] = yaml.safe_load(_SHOP_FACTS.read_text(encoding="utf-8"))
    return facts
