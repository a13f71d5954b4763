"""The migrations make what the code's tables say, on both databases, and can be taken back."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from actions.shop import tables as shop
from actions.shop.tables import metadata as shop_metadata
from app import schema
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.models import conversations, deliveries, identities, login_failures, messages, people
from handoff.schema import metadata as handoff_metadata

OLD_ROWS = (
    "insert into contacts (id, created_at) values ('c', :at)",
    "insert into identities (id, contact_id, channel, address, created_at) values ('i', 'c', 'fake', 'amina', :at)",
    "insert into conversations (id, identity_id, contact_id, channel, status, epoch, language, language_chosen, reason,"
    " priority, waiting_since, deadline, last_seq, created_at, updated_at)"
    " values ('v', 'i', 'c', 'fake', 'queued', 1, 'bn', false, 'complaint', 3, :at, :at, 1, :at, :at)",
    "insert into messages (id, conversation_id, seq, author, text, buttons, private, created_at)"
    " values ('m', 'v', 1, 'customer', 'a person, please', '[]', false, :at)",
    "insert into messages (id, conversation_id, seq, author, text, buttons, private, created_at)"
    " values ('m2', 'v', 2, 'bot', 'one', '[]', false, :at), ('m3', 'v', 3, 'bot', 'two', '[]', false, :at),"
    " ('m4', 'v', 4, 'bot', 'three', '[]', false, :at)",
    "insert into deliveries (message_id, conversation_id, seq, channel, status, attempts, next_at, updated_at)"
    " values ('m2', 'v', 2, 'fake', 'sent', 1, :at, :at), ('m3', 'v', 3, 'fake', 'pending', 1, :at, :at),"
    " ('m4', 'v', 4, 'fake', 'pending', 0, :at, :at)",
    "insert into receipts (channel, key, message_id, created_at) values ('fake', 'k', 'm', :at)",
    "insert into handoffs (id, conversation_id, reason, brief, requested_at, deadline)"
    " values ('h', 'v', 'complaint', '{}', :at, :at)",
    "insert into people (id, name, display_name, role, password_hash, demo, created_at)"
    " values ('p', 'rahim', 'Rahim', 'agent', '!', false, :at)",
    "insert into sessions (token_hash, person_id, csrf_token, created_at, expires_at) values ('t', 'p', 'c', :at, :at)",
)
TABLES = {*handoff_metadata.tables, *shop_metadata.tables}


@pytest.fixture
def database(fresh_database: Database) -> Database:
    return fresh_database


async def run(database: Database, step: str, revision: str) -> None:
    """One of Alembic's commands on the database."""

    def inside(connection: sa.Connection) -> None:
        settings = schema.config()
        settings.attributes["connection"] = connection
        getattr(command, step)(settings, revision)

    async with database.rebuild() as tx:
        await tx.connection.run_sync(inside)


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
        await tx.execute(sa.insert(login_failures).values(id="1", name="a", created_at=clock_now()))
    before = await tables(database)
    await schema.upgrade(database)
    assert await tables(database) == before
    async with database.read() as tx:
        assert await tx.scalar(sa.select(login_failures.c.name)) == "a"


async def test_processes_that_start_at_once_on_an_empty_database_wait_for_each_other(database: Database) -> None:
    await run(database, "downgrade", "base")
    await asyncio.gather(*(schema.upgrade(database) for _ in range(3)))
    assert await tables(database) == {*TABLES, "alembic_version"}


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(schema.config()).get_heads()) == 1


async def test_what_was_stored_before_an_upgrade_is_there_after_it(database: Database) -> None:
    await run(database, "downgrade", "0001")
    moment = clock_now()
    at = moment.replace(tzinfo=None) if database.dialect == "sqlite" else moment
    async with database.write() as tx:
        for statement in OLD_ROWS:
            await tx.connection.execute(sa.text(statement), {"at": at})
    await run(database, "upgrade", "head")
    async with database.read() as tx:
        kept = (await tx.rows(sa.select(conversations)))[0]
        said = await tx.rows(sa.select(messages.c.text).order_by(messages.c.seq))
        turns = await tx.rows(sa.select(deliveries.c.next_at).order_by(deliveries.c.seq))
        person = (await tx.rows(sa.select(people)))[0]
    assert (kept["status"], kept["team"], kept["rank"], kept["deadline_kind"]) == ("queued", "support", moment, "first")
    assert [row["text"] for row in said] == ["a person, please", "one", "two", "three"]
    assert [row["next_at"] for row in turns] == [None, moment, None]  # the earliest that is not sent yet has its turn
    assert (person["languages"], person["capacity"], person["available"]) == ([], 5, True)


CLAIMED = (
    "insert into shop_customers (id, name, email, language, country, created_at)"
    " values ('c', 'Amina', 'amina@example.com', 'bn', 'BD', :at)",
    "insert into shop_orders (id, number, customer_id, state, city, country, shipping_minor, total_minor, currency,"
    " placed_at) values ('o', '10001', 'c', 'delivered', '{}', 'BD', 0, 900, 'BDT', :at)",
    "insert into shop_claims (id, order_id, number, kind, state, items, description, remedy, opened_at)"
    " values ('k', 'o', 'K10001-1', 'damaged', 'granted', '{}', 'broken', 'refund', :at)",
    "insert into shop_refunds (id, order_id, method, state, amount_minor, currency, created_at, expected_on)"
    " values ('r1', 'o', 'card', 'pending', 300, 'BDT', :at, '2026-11-30'),"
    " ('r2', 'o', 'card', 'pending', 200, 'BDT', :at, '2026-11-30')",
    "insert into shop_changes (id, order_id, order_number, reference, kind, key, who, level, before, after, at)"
    " values ('x', 'o', '10001', 'C10001-1', 'claim', 'm', 'v', 2, '{}',"
    """ '{"number": "K10001-1", "refunds": ["r1"]}', :at),"""
    " ('y', null, '10009', 'C10009-1', 'claim', 'm2', 'v', 2, '{}',"
    """ '{"number": "K10009-1", "refunds": ["gone"]}', :at)""",
)


async def test_refunds_from_before_are_those_of_their_claims(database: Database) -> None:
    await run(database, "downgrade", "0009")
    moment = clock_now()
    at = moment.replace(tzinfo=None) if database.dialect == "sqlite" else moment
    async with database.write() as tx:
        for statement in CLAIMED:
            await tx.connection.execute(sa.text(statement), {"at": at})
    await run(database, "upgrade", "head")
    async with database.read() as tx:
        refunds = await tx.rows(sa.select(shop.refunds.c.id, shop.refunds.c.claim_id).order_by(shop.refunds.c.id))
        asked = await tx.rows(sa.select(shop.changes.c.also))
    assert [tuple(row.values()) for row in refunds] == [("r1", "k"), ("r2", None)]
    assert [row["also"] for row in asked] == [None, None]


NAMELESS = (
    "insert into contacts (id, name, created_at) values ('amina', null, :at), ('jonas', 'Jonas', :at),"
    " ('lucia', null, :at)",
    "insert into identities (id, contact_id, channel, address, person, created_at)"
    " values ('a', 'amina', 'slack', 'T1:D1', 'T1:U1', :at), ('j', 'jonas', 'slack', 'T1:D2', 'T1:U2', :at),"
    " ('l', 'lucia', 'telegram', '7', null, :at)",
)


async def test_who_has_written_on_slack_before_is_asked_for_their_name(database: Database) -> None:
    await run(database, "downgrade", "0010")
    moment = clock_now()
    at = moment.replace(tzinfo=None) if database.dialect == "sqlite" else moment
    async with database.write() as tx:
        for statement in NAMELESS:
            await tx.connection.execute(sa.text(statement), {"at": at})
    await run(database, "upgrade", "head")
    i = identities.c
    async with database.read() as tx:
        rows = await tx.rows(sa.select(i.id, i.name_due_at, i.name_attempts).order_by(i.id))
    assert [tuple(row.values()) for row in rows] == [("a", moment, 0), ("j", None, 0), ("l", None, 0)]
