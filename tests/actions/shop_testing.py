"""What the tests of the actions share: databases to make, and actions run the way Rasa runs them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from actions.registry import all_actions
from actions.shop import tables
from actions.shop.backend import ShopBackend

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
LANGUAGES = tuple(yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))["languages"])
REGIONS = ("BD", "IN", "US", "GB", "DE", "FR", "ES")


def sqlite_engine(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine.sync_engine, "connect")
    def _enforce_foreign_keys(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    return engine


async def make_tables(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(tables.metadata.create_all)


@dataclass(frozen=True)
class Said:
    """What an action answered."""

    responses: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def keys(self) -> list[str]:
        """The texts said, by key."""
        return [response["response"].removeprefix("utter_") for response in self.responses]

    @property
    def slots(self) -> dict[str, Any]:
        """The slots as set at the end."""
        return {each["name"]: each["value"] for each in self.events if each["event"] == "slot"}

    @property
    def other_events(self) -> list[tuple[str, str | None]]:
        return [(each["event"], each.get("name")) for each in self.events if each["event"] != "slot"]


EngineMaker = Callable[[], AsyncEngine]
RunAction = Callable[..., Awaitable[Said]]


def user(text: str, intent: str | None = None, entities: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    parsed = {"text": text, "intent": {"name": intent}, "entities": [dict(each) for each in entities]}
    return {"event": "user", "text": text, "parse_data": parsed}


async def run_action(
    shop: ShopBackend,
    name: str,
    slots: Mapping[str, Any] | None = None,
    events: Sequence[Mapping[str, Any]] = (),
) -> Said:
    """One action through rasa_sdk's executor, as Rasa calls it. The last user event is the latest message."""
    executor = ActionExecutor()
    for action in all_actions(shop, REGIONS, LANGUAGES):
        executor.register_action(action)
    latest = next((each["parse_data"] for each in reversed(events) if each["event"] == "user"), {})
    tracker = {"sender_id": "c", "slots": dict(slots or {}), "latest_message": latest, "events": list(events)}
    result = await executor.run({"next_action": name, "tracker": tracker, "domain": {}})
    assert result is not None
    return Said(result["responses"], result["events"])
