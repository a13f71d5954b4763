"""What a database's errors say: enough to mend them, and nothing of what was to be stored (promise 26)."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from handoff_testing import rows

from handoff.clock import new_id, now
from handoff.database import Database, DatabaseAway, translated
from handoff.models import contacts, identities, messages

SECRET = "zq-quiet-harbour"

only_postgres = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


async def add(database: Database, **values: object) -> None:
    row = {"id": new_id(), "name": SECRET, "created_at": now()} | values
    async with database.write() as tx:
        await tx.execute(sa.insert(contacts).values(**row))


async def test_an_error_names_the_statement_and_hides_what_it_was_given(database: Database) -> None:
    same = new_id()
    await add(database, id=same)
    with pytest.raises(sa.exc.IntegrityError) as refused:
        await add(database, id=same)
    with pytest.raises(sa.exc.StatementError) as unfit:
        await add(database, created_at=now().replace(tzinfo=None))
    orphan = {"id": new_id(), "contact_id": SECRET, "channel": "fake", "address": SECRET, "created_at": now()}
    with pytest.raises(sa.exc.IntegrityError) as orphaned:
        async with database.write() as tx:
            await tx.execute(sa.insert(identities).values(**orphan))
    for error in (refused.value, unfit.value, orphaned.value):
        assert "INSERT INTO" in str(error)
        assert SECRET not in str(error)


async def test_a_database_that_does_not_take_a_value_is_told_without_it(database: Database) -> None:
    gone = sa.table("gone", sa.column("word"))
    with pytest.raises((DatabaseAway, sa.exc.DBAPIError)) as error:
        async with database.write() as tx:
            await tx.execute(sa.insert(gone).values(word=SECRET))
    assert "gone" in str(error.value)
    assert SECRET not in str(error.value)


@only_postgres
async def test_a_connection_cut_under_a_statement_is_told_without_its_values(database: Database) -> None:
    with pytest.raises(DatabaseAway) as away:
        async with database.write() as tx:
            own = await tx.scalar(sa.select(sa.func.pg_backend_pid()))
            async with database.read() as other:
                await other.scalar(sa.select(sa.func.pg_terminate_backend(own)))
            await tx.execute(sa.select(messages).where(messages.c.text == SECRET))
    assert str(away.value) and SECRET not in str(away.value)


@only_postgres
async def test_of_two_transactions_that_wait_for_each_other_one_may_try_again(database: Database) -> None:
    first, second = new_id(), new_id()
    await add(database, id=first)
    await add(database, id=second)
    both_began = asyncio.Barrier(2)

    async def change(mine: str, others: str) -> None:
        async with database.write() as tx:
            for place, contact_id in enumerate((mine, others)):
                await tx.execute(sa.update(contacts).where(contacts.c.id == contact_id).values(name=mine))
                if place == 0:
                    await both_began.wait()

    results = await asyncio.gather(change(first, second), change(second, first), return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in results) == ["DatabaseAway", "NoneType"]
    assert len({row["name"] for row in await rows(database, "contacts")}) == 1


async def test_a_time_out_without_a_word_is_away_all_the_same() -> None:
    with pytest.raises(DatabaseAway, match="TimeoutError"):
        async with translated():
            raise TimeoutError


async def test_all_that_a_read_sees_is_of_one_moment(database: Database) -> None:
    await add(database)
    async with database.read() as tx:
        before = await tx.scalar(sa.select(sa.func.count()).select_from(contacts))
        await add(database)
        assert await tx.scalar(sa.select(sa.func.count()).select_from(contacts)) == before == 1
    async with database.read() as tx:
        assert await tx.scalar(sa.select(sa.func.count()).select_from(contacts)) == 2
