"""A real shop to test against: the demo's orders in SQLite, and in PostgreSQL where one answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest
from shop_testing import DEMO, NOW, EngineMaker, RunAction, Said, make_tables, run_action, sqlite_engine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from actions.shop import tables
from actions.shop.backend import Order
from actions.shop.demo import load_demo
from actions.shop.sql import SqlShop

POSTGRES = "postgresql+asyncpg://postgres@127.0.0.1:5432/test"


async def _make_demo(engine: AsyncEngine) -> None:
    await make_tables(engine)
    assert await load_demo(engine, NOW, DEMO) == 200
    await engine.dispose()


@pytest.fixture(scope="session")
def sqlite_demo(tmp_path_factory: pytest.TempPathFactory) -> EngineMaker:
    path = tmp_path_factory.mktemp("shop") / "demo.db"
    asyncio.run(_make_demo(sqlite_engine(path)))
    return lambda: sqlite_engine(path)


@pytest.fixture(scope="session")
def postgres_demo() -> Iterator[EngineMaker]:
    schema = f"shop_test_{uuid4().hex}"

    async def run(statement: str) -> None:
        engine = create_async_engine(POSTGRES, connect_args={"timeout": 3})
        async with engine.begin() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    def make() -> AsyncEngine:
        return create_async_engine(
            POSTGRES, poolclass=NullPool, connect_args={"server_settings": {"search_path": schema}}
        )

    try:
        asyncio.run(run(f"CREATE SCHEMA {schema}"))
    except (OSError, TimeoutError, DBAPIError) as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES} ({type(error).__name__}): the shop is tested on SQLite only")
    try:
        asyncio.run(_make_demo(make()))
        yield make
    finally:
        asyncio.run(run(f"DROP SCHEMA {schema} CASCADE"))


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
