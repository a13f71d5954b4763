"""The migrations make what the code's tables say, on both databases, and can be taken back."""

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from actions.shop.tables import metadata as shop_metadata
from app import schema
from handoff.clock import now
from handoff.database import Database
from handoff.models import login_failures
from handoff.models import metadata as handoff_metadata

TABLES = {*handoff_metadata.tables, *shop_metadata.tables}


async def run(database: Database, step: str, revision: str) -> None:
    """One of Alembic's commands on the database."""

    def inside(connection: sa.Connection) -> None:
        settings = schema.config()
        settings.attributes["connection"] = connection
        getattr(command, step)(settings, revision)

    async with database.engine.connect() as connection:
        await connection.run_sync(inside)
        await connection.commit()


async def tables(database: Database) -> set[str]:
    async with database.engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))


async def differences(database: Database) -> list[object]:
    """What would have to change for the database to be as the code's tables say."""
    both = [handoff_metadata, shop_metadata]

    def compare(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": both})
        return list(compare_metadata(context, both))  # type: ignore[arg-type]

    async with database.engine.connect() as connection:
        return await connection.run_sync(compare)


async def test_the_migrations_equal_the_tables_of_the_code(database: Database) -> None:
    assert await tables(database) == {*TABLES, "alembic_version"}
    assert await differences(database) == []


async def test_a_difference_would_be_seen(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(sa.text("alter table contacts add column nickname text"))
        await tx.execute(sa.text("drop index ix_turns_waiting"))
    assert sorted(str(difference[0]) for difference in await differences(database)) == [  # type: ignore[index]
        "add_index",
        "remove_column",
    ]


async def test_the_constraints_of_the_code_hold_in_the_database(database: Database) -> None:
    """Alembic does not compare checks, so their names are compared here."""

    def names(connection: sa.Connection) -> dict[str, set[str]]:
        inspector = sa.inspect(connection)
        return {table: {str(check["name"]) for check in inspector.get_check_constraints(table)} for table in TABLES}

    async with database.engine.connect() as connection:
        found = await connection.run_sync(names)
    for metadata in (handoff_metadata, shop_metadata):
        for table in metadata.tables.values():
            wanted = {
                str(one.name)
                for one in table.constraints
                if isinstance(one, sa.CheckConstraint) and one.name is not None
            }
            assert found[table.name] == wanted, table.name


async def test_migrations_can_be_taken_back_and_run_again(database: Database) -> None:
    await run(database, "downgrade", "base")
    assert await tables(database) == {"alembic_version"}
    await run(database, "upgrade", "head")
    assert await tables(database) == {*TABLES, "alembic_version"}
    assert await differences(database) == []


async def test_upgrading_what_is_up_to_date_changes_nothing(database: Database) -> None:
    async with database.write() as tx:
        await tx.execute(sa.insert(login_failures).values(id="1", name="a", created_at=now()))
    before = await tables(database)
    await schema.upgrade(database)
    assert await tables(database) == before
    async with database.read() as tx:
        assert await tx.scalar(sa.select(login_failures.c.name)) == "a"


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(schema.config()).get_heads()) == 1
