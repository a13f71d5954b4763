"""What the tests of the actions share: databases to make, and actions run the way Rasa runs them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.executor import ActionExecutor
from sqlalchemy import Executable, Table, event, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from actions.codes import OneTimeCodes
from actions.post import Document, NotSent, Post
from actions.registry import all_actions
from actions.services import SHOP_PATIENCE_SECONDS, Services
from actions.shop import tables
from actions.shop.backend import Order, ShopBackend
from actions.shop.policy import Policy
from actions.shop.sql import SqlShop
from actions.values import Params
from handoff.database import Database

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
LANGUAGES = tuple(yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))["languages"])
REGIONS = ("BD", "IN", "US", "GB", "DE", "FR", "ES")
POLICY = Policy.load(ROOT / "data" / "shop.yml")
SECRET = b"only for tests"


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
class Letter:
    """An e-mail as the actions hand it over."""

    to: str
    language: str
    phrase: str
    params: Params
    documents: tuple[Document, ...] = ()

    @property
    def code(self) -> str:
        """The one-time code in it."""
        value = self.params["code"]
        assert isinstance(value, dict)
        return str(value["id"])


@dataclass
class Letters:
    """A post that keeps the letters; while `broken` it takes none."""

    sent: list[Letter] = field(default_factory=list)
    broken: bool = False

    async def send(
        self, to: str, language: str, phrase: str, params: Params, documents: Sequence[Document] = ()
    ) -> None:
        """See `actions.post.Post`."""
        if self.broken:
            raise NotSent("broken")
        self.sent.append(Letter(to, language, phrase, params, tuple(documents)))


Everything = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class OwnShop:
    """A demo shop of the test's own, with what is sent to its customers. It writes as the program does."""

    database: Database
    letters: Letters = field(default_factory=Letters)
    policy: Policy = POLICY

    @property
    def shop(self) -> SqlShop:
        return SqlShop(self.database.engine, self.policy, self.writing)

    @property
    def codes(self) -> OneTimeCodes:
        return OneTimeCodes(self.writing, self.letters, SECRET, self.policy.code_valid)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with self.database.write() as tx:
            yield tx.connection

    async def change(self, statement: Executable) -> None:
        """What somebody else does in the database."""
        async with self.database.write() as tx:
            await tx.execute(statement)

    async def order(self, number: str) -> Order:
        order = await self.shop.find_order(number)
        assert order is not None
        return order

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """A table's rows, oldest first."""
        async with self.database.read() as tx:
            return [dict(row) for row in await tx.rows(select(table).order_by(table.c.id))]

    async def everything(self) -> Everything:
        """All that the shop has: rows by table and id."""
        return {
            table.name: {row["id"]: row for row in await self.rows(table)} for table in tables.metadata.sorted_tables
        }


def differences(before: Everything, after: Everything) -> dict[str, list[dict[str, Any]]]:
    """The rows that are new, changed (as they are now) or gone (as they were), by table."""
    found = {}
    for table, rows in after.items():
        old = before[table]
        differing = [row for id_, row in rows.items() if old.get(id_) != row]
        differing += [row for id_, row in old.items() if id_ not in rows]
        if differing:
            found[table] = differing
    return found


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


def services(shop: ShopBackend, patience: float = SHOP_PATIENCE_SECONDS) -> Services:
    """What the actions work with, without letters."""
    return Services(shop, REGIONS, LANGUAGES, POLICY, patience=patience)


async def run_action(
    shop: ShopBackend,
    name: str,
    slots: Mapping[str, Any] | None = None,
    events: Sequence[Mapping[str, Any]] = (),
    codes: OneTimeCodes | None = None,
    policy: Policy = POLICY,
    sender: str = "c",
    post: Post | None = None,
    **around: Any,
) -> Said:
    """One action through rasa_sdk's executor, as Rasa calls it. The last user event is the latest message; `around` are
    further fields of `Services`."""
    executor = ActionExecutor()
    for action in all_actions(Services(shop, REGIONS, LANGUAGES, policy, codes, post, **around)):
        executor.register_action(action)
    latest = next((each["parse_data"] for each in reversed(events) if each["event"] == "user"), {})
    tracker = {"sender_id": sender, "slots": dict(slots or {}), "latest_message": latest, "events": list(events)}
    result = await executor.run({"next_action": name, "tracker": tracker, "domain": {}})
    assert result is not None
    return Said(result["responses"], result["events"])
