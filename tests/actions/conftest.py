"""A real shop to test against: the demo's orders in SQLite, and in PostgreSQL where one answers."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from databases import in_schema
from shop_testing import DEMO, NOW, EngineMaker, OwnShop, RunAction, Said, make_tables, run_action, sqlite_engine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from actions import clock
from actions.shop import tables
from actions.shop.backend import Order
from actions.shop.demo import load_demo
from actions.shop.sql import SqlShop
from handoff.database import Database

POSTGRES = "postgresql+asyncpg://postgres@127.0.0.1:5432/test"


async def _make_demo(engine: AsyncEngine) -> None:
    await make_tables(engine)
    assert await load_demo(engine, NOW, DEMO) == 200
    await engine.dispose()


@pytest.fixture(autouse=True)
def a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Misses are noted with their time, and a yes counts for a while; here time stands still."""
    monkeypatch.setattr(clock, "now", NOW.timestamp)


@pytest.fixture(scope="session")
def sqlite_demo(tmp_path_factory: pytest.TempPathFactory) -> EngineMaker:
    path = tmp_path_factory.mktemp("shop") / "demo.db"
    asyncio.run(_make_demo(sqlite_engine(path)))
    return lambda: sqlite_engine(path)


async def _postgres(*statements: str) -> None:
    engine = create_async_engine(POSTGRES, connect_args={"timeout": 3})
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


def _in_schema(schema: str) -> AsyncEngine:
    return create_async_engine(POSTGRES, poolclass=NullPool, connect_args={"server_settings": {"search_path": schema}})


@pytest.fixture(scope="session")
def postgres_schema() -> Iterator[str]:
    """Where the demo's tables are in PostgreSQL."""
    schema = f"shop_test_{uuid4().hex}"
    try:
        asyncio.run(_postgres(f"CREATE SCHEMA {schema}"))
    except (OSError, TimeoutError, DBAPIError) as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES} ({type(error).__name__}): the shop is tested on SQLite only")
    try:
        asyncio.run(_make_demo(_in_schema(schema)))
        yield schema
    finally:
        asyncio.run(_postgres(f"DROP SCHEMA {schema} CASCADE"))


@pytest.fixture(scope="session")
def postgres_demo(postgres_schema: str) -> EngineMaker:
    return lambda: _in_schema(postgres_schema)


@pytest.fixture(scope="session")
def postgres_own(postgres_schema: str) -> Iterator[Callable[[], Database]]:
    """Opens the one copy in PostgreSQL, as fresh as the demo."""
    schema = f"{postgres_schema}_own"
    names = [table.name for table in tables.metadata.sorted_tables]

    def fill() -> Database:
        clear = [f"DELETE FROM {schema}.{name}" for name in reversed(names)]
        copy = [f"INSERT INTO {schema}.{name} SELECT * FROM {postgres_schema}.{name}" for name in names]
        asyncio.run(_postgres(*clear, *copy))
        return in_schema(schema)

    asyncio.run(_postgres(f"CREATE SCHEMA {schema}"))
    try:
        asyncio.run(make_tables(_in_schema(schema)))
        yield fill
    finally:
        asyncio.run(_postgres(f"DROP SCHEMA {schema} CASCADE"))


@pytest.fixture(scope="session")
def sqlite_own(sqlite_demo: EngineMaker, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Database]:
    """Opens a copy in SQLite, a new one each time."""
    folder = tmp_path_factory.mktemp("own")

    def copy() -> Database:
        path = folder / f"{uuid4().hex}.db"
        shutil.copy(Path(str(sqlite_demo().url.database)), path)
        return Database(f"sqlite+aiosqlite:///{path}")

    return copy


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def own_database(request: pytest.FixtureRequest) -> Database:
    """A fresh copy of the demo's database, once in SQLite and once in PostgreSQL."""
    make: Callable[[], Database] = request.getfixturevalue(f"{request.param}_own")
    return make()


@pytest.fixture
async def own(own_database: Database) -> AsyncIterator[OwnShop]:
    """A shop of the test's own, which may be written to."""
    yield OwnShop(own_database)
    await own_database.close()


@pytest.fixture
async def own_sqlite(sqlite_own: Callable[[], Database]) -> AsyncIterator[OwnShop]:
    """The same in SQLite alone, for what does not depend on the database."""
    database = sqlite_own()
    yield OwnShop(database)
    await database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def demo(request: pytest.FixtureRequest) -> EngineMaker:
    """What opens the demo's database, once for SQLite and once for PostgreSQL."""
    maker: EngineMaker = request.getfixturevalue(f"{request.param}_demo")
    return maker


@pytest.fixture
async def engine(demo: EngineMaker) -> AsyncIterator[AsyncEngine]:
    made = demo()
    yield made
    await made.dispose()


@pytest.fixture
async def shop(sqlite_demo: EngineMaker) -> AsyncIterator[SqlShop]:
    engine = sqlite_demo()
    yield SqlShop(engine)
    await engine.dispose()


@pytest.fixture(scope="session")
def orders(sqlite_demo: EngineMaker) -> dict[str, Order]:
    """All the demo's orders by number, as the shop finds them."""

    async def find_all() -> dict[str, Order]:
        engine = sqlite_demo()
        async with engine.connect() as connection:
            numbers = (await connection.execute(select(tables.orders.c.number))).scalars().all()
        found = [await SqlShop(engine).find_order(number) for number in numbers]
        return {order.number: order for order in found if order}

    return asyncio.run(find_all())


@pytest.fixture
def act(shop: SqlShop) -> RunAction:
    """Run an action on the demo shop: `await act(name, slots, events)`."""

    async def run(name: str, slots: Mapping[str, Any] | None = None, events: Sequence[Any] = ()) -> Said:
        return await run_action(shop, name, slots, events)

    return run
