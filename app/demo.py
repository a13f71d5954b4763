"""The demo shop and its people, for trying the product; refused outside demo mode."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import yaml

from actions.shop.demo import load_demo as load_demo_shop
from app.settings import Settings, kept_secret
from handoff import people
from handoff.clock import now
from handoff.database import Database


def demo_password(settings: Settings) -> str:
    """The demo people's password: the one set, or a random one kept in `var/demo_password`."""
    return settings.demo_password or kept_secret("demo_password", 9)


async def load_demo(settings: Settings, database: Database) -> None:
    """In demo mode loads orders and people; otherwise makes demo accounts, if any, useless."""
    if not settings.demo:
        await people.remove_demo(database)
        return
    folder = settings.data_dir / "demo"
    await load_demo_shop(database.engine, now(), folder)
    password = demo_password(settings)
    entries = yaml.safe_load((folder / "people.yml").read_text(encoding="utf-8"))
    # together, since checking a password is meant to take long
    await asyncio.gather(
        *(
            people.ensure_demo(database, name, entry["display_name"], entry["role"], password, _profile(entry))
            for name, entry in entries.items()
        )
    )


def _profile(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in ("languages", "skills", "teams", "capacity") if name in entry}
