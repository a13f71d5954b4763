"""One code path, two engines: all or nothing, aware times, wake-ups after the commit, and a database that is away."""

from __future__ import annotations

import asyncio
import threading
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from handoff_testing import count, rows
from running import POSTGRES
from sqlalchemy.engine import make_url

from handoff.clock import iso, new_id
from handoff.clock import now as clock_now
from handoff.database import BELIEVED_SECONDS, Database, DatabaseAway
from handoff.models import contacts, messages
from handoff.people import Person

only_postgres = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


async def add_contact(database: Database, name: str = "Amina", at: datetime | None = None) -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(contacts).values(id=new_id(), name=name, created_at=at or clock_now()))


async def assert_away(database: Database) -> None:
    for opened in (database.read, database.write):
        with pytest.raises(DatabaseAway) as away:
            async with opened() as tx:
                await tx.scalar(sa.select(sa.func.count()).select_from(contacts))
        assert "\n" not in str(away.value)
    await database.close()


async def test_a_write_that_breaks_leaves_nothing_and_wakes_nobody(database: Database) -> None:
    watching = database.signals.subscribe("contacts")
    with pytest.raises(LookupError):
        async with database.write() as tx:
            await tx.execute(sa.insert(contacts).values(id=new_id(), name="half", created_at=clock_now()))
            tx.wake("contacts")
            raise LookupError
    assert await count(database, "contacts") == 0
    assert not await watching.wait(0.05)
    watching.close()


async def test_a_cancelled_write_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    begun = asyncio.Event()

    async def stuck() -> None:
        async with database.write() as tx:
            await tx.execute(sa.insert(contacts).values(id=new_id(), name="half", created_at=clock_now()))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await add_contact(database)
    assert [row["name"] for row in await rows(database, "contacts")] == ["Amina"]


async def test_waiters_are_woken_only_once_the_change_can_be_read(database: Database) -> None:
    watching = database.signals.subscribe("contacts")
    async with database.write() as tx:
        await tx.execute(sa.insert(contacts).values(id=new_id(), name="Amina", created_at=clock_now()))
        tx.wake("contacts")
        assert not await watching.wait(0.05)
        assert await count(database, "contacts") == 0
    assert await watching.wait(5)
    assert await count(database, "contacts") == 1
    watching.close()


async def test_what_is_written_in_a_read_is_not_kept(database: Database) -> None:
    async with database.read() as tx:
        await tx.execute(sa.insert(contacts).values(id=new_id(), name="Amina", created_at=clock_now()))
    assert await count(database, "contacts") == 0


async def test_times_come_back_aware_in_utc_whatever_zone_they_had(database: Database) -> None:
    dhaka = datetime(2026, 11, 20, 16, 30, 0, 123456, timezone(timedelta(hours=6)))
    await add_contact(database, at=dhaka)
    stored = (await rows(database, "contacts"))[0]["created_at"]
    assert stored == dhaka
    assert stored.tzinfo is UTC
    with pytest.raises(sa.exc.StatementError, match="a time without a zone"):
        await add_contact(database, at=datetime(2026, 11, 20))
    assert iso(dhaka) == "2026-11-20T10:30:00.123Z"
    assert iso(None) is None


async def test_times_are_compared_as_moments(database: Database) -> None:
    first = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await add_contact(database, "early", first)
    await add_contact(database, "late", first + timedelta(microseconds=1))
    later = sa.select(contacts.c.name).where(contacts.c.created_at > first.astimezone(timezone(timedelta(hours=-5))))
    async with database.read() as tx:
        assert [row["name"] for row in await tx.rows(later)] == ["late"]


async def test_the_tables_themselves_refuse_what_may_not_be(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        async with database.write() as tx:  # a message of no conversation
            await tx.execute(
                sa.insert(messages).values(
                    id=new_id(),
                    conversation_id=new_id(),
                    seq=1,
                    author="bot",
                    text="?",
                    buttons=[],
                    private=False,
                    created_at=clock_now(),
                )
            )
    assert await count(database, "messages") == 0


async def test_an_error_does_not_tell_what_was_to_be_stored(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refused:
        async with database.write() as tx:  # a message of no conversation
            await tx.execute(
                sa.insert(messages).values(
                    id=new_id(),
                    conversation_id=new_id(),
                    seq=1,
                    author="customer",
                    text="for your eyes only",
                    buttons=[],
                    private=False,
                    created_at=clock_now(),
                )
            )
    assert "for your eyes only" not in "".join(traceback.format_exception(refused.value))


async def test_many_writers_at_once_all_get_their_turn(database: Database) -> None:
    await asyncio.gather(*(add_contact(database, f"{number}") for number in range(60)))
    assert await count(database, "contacts") == 60


async def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert len(Person(ids[0], "n", "N", "agent").id) == 36


async def test_an_unreachable_postgresql_is_away() -> None:
    await assert_away(Database("postgresql+asyncpg://postgres@127.0.0.1:1/shohay"))


async def test_a_server_that_hangs_up_is_away() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await assert_away(Database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/shohay"))
    server.close()


async def test_a_server_that_never_answers_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handoff.database.CONNECT_SECONDS", 0.2)
    ends = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ends.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await assert_away(Database(f"postgresql+asyncpg://postgres@127.0.0.1:{port}/shohay"))
    ends.set()
    server.close()


async def test_a_sqlite_file_in_no_folder_or_of_no_database_is_away(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    await assert_away(Database(f"sqlite+aiosqlite:///{tmp_path}/missing/x.db"))
    await assert_away(Database(f"sqlite+aiosqlite:///{tmp_path}"))
    for thread in set(threading.enumerate()) - threads:  # aiosqlite's, which still report to this loop
        await asyncio.to_thread(thread.join)


@only_postgres
async def test_a_missing_database_or_user_is_away(database: Database) -> None:
    url = make_url(POSTGRES)
    for wrong in (url.set(database="shohay_no_such"), url.set(username="shohay_nobody", password="wrong")):
        await assert_away(Database(wrong.render_as_string(hide_password=False)))
    await add_contact(database)


@only_postgres
async def test_a_connection_cut_in_the_middle_is_away_and_the_next_write_works(database: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with database.write() as tx:
            await tx.execute(sa.insert(contacts).values(id=new_id(), name="half", created_at=clock_now()))
            own = await tx.scalar(sa.select(sa.func.pg_backend_pid()))
            async with database.read() as other:
                await other.scalar(sa.select(sa.func.pg_terminate_backend(own)))
            await tx.scalar(sa.select(sa.func.count()).select_from(contacts))
    await add_contact(database)
    assert [row["name"] for row in await rows(database, "contacts")] == ["Amina"]


@only_postgres
async def test_of_two_that_wait_for_each_other_one_is_told_that_nothing_was_stored(database: Database) -> None:
    for name in ("one", "two"):
        await add_contact(database, name)
    both_began = asyncio.Barrier(2)

    async def rename(first: str, second: str) -> None:
        async with database.write() as tx:
            await tx.execute(sa.update(contacts).where(contacts.c.name == first).values(created_at=clock_now()))
            await both_began.wait()
            await tx.execute(sa.update(contacts).where(contacts.c.name == second).values(created_at=clock_now()))

    ends = await asyncio.gather(rename("one", "two"), rename("two", "one"), return_exceptions=True)
    assert sorted(type(end) for end in ends if end is not None) == [DatabaseAway]


@only_postgres
async def test_connections_cut_while_idle_are_replaced_unseen(database: Database) -> None:
    pids: set[int] = set()
    together = asyncio.Barrier(3)

    async def connect() -> None:
        async with database.read() as tx:
            pids.add(await tx.scalar(sa.select(sa.func.pg_backend_pid())))
            await together.wait()

    await asyncio.gather(*(connect() for _ in range(3)))
    assert len(pids) == 3
    admin = Database(POSTGRES)
    async with admin.read() as tx:
        for pid in pids:
            assert await tx.scalar(sa.select(sa.func.pg_terminate_backend(pid)))
    await admin.close()
    await asyncio.sleep(BELIEVED_SECONDS)
    await asyncio.gather(*(add_contact(database) for _ in range(3)))
    assert await count(database, "contacts") == 3


@only_postgres
async def test_too_many_connections_is_away(database: Database) -> None:
    role = f"shohay_crowded_{new_id()[-12:]}"
    async with database.write() as tx:
        await tx.execute(sa.text(f"create role {role} login connection limit 0 password 'crowded'"))
    try:
        url = make_url(POSTGRES).set(username=role, password="crowded")
        await assert_away(Database(url.render_as_string(hide_password=False)))
    finally:
        async with database.write() as tx:
            await tx.execute(sa.text(f"drop role {role}"))


@only_postgres
async def test_in_a_section_of_ones_own_others_wait_until_the_end(database: Database) -> None:
    order: list[str] = []
    inside = asyncio.Event()

    async def first() -> None:
        async with database.write() as tx:
            await tx.alone("section")
            inside.set()
            await asyncio.sleep(0.1)
            order.append("first")

    async def second(section: str) -> None:
        await inside.wait()
        async with database.write() as tx:
            await tx.alone(section)
            order.append(section)

    await asyncio.gather(first(), second("section"), second("another"))
    assert order == ["another", "first", "section"]


@only_postgres
async def test_who_stops_in_the_middle_of_a_transaction_does_not_hold_up_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.database.IDLE_SECONDS", 0.2)
    stopped = Database(POSTGRES)
    inside, goes_on = asyncio.Event(), asyncio.Event()

    async def suspended() -> None:
        async with stopped.write() as tx:
            await tx.alone("suspended")
            inside.set()
            await goes_on.wait()
            await tx.scalar(sa.select(sa.literal(1)))

    task = asyncio.create_task(suspended())
    await inside.wait()
    async with database.write() as tx:
        await tx.alone("suspended")
    goes_on.set()
    with pytest.raises(DatabaseAway):
        await task
    await stopped.close()
