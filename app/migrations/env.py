"""Alembic's environment: one set of migrations for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import context

from actions.shop.tables import metadata as shop_metadata
from handoff.schema import metadata as handoff_metadata

METADATA = [handoff_metadata, shop_metadata]
_LOCK = 7_420_031  # any number of ours: two processes that start at once migrate one after the other


def _render(kind: str, value: object, _: object) -> str | Literal[False]:
    """Migrations stand on their own: our column types are written as what they are in the database."""
    return "sa.DateTime(timezone=True)" if kind == "type" and type(value).__name__ == "UtcDateTime" else False


def run() -> None:
    """Runs the migrations on the connection that `app.migrations.upgrade` opened."""
    connection: sa.Connection = context.config.attributes["connection"]
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
        render_item=_render,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
