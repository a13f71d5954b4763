"""Customers' names asked for, agents at work outside the desk, and what is to be taken away there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_identities = sa.table(
    "identities",
    sa.column("channel"),
    sa.column("person"),
    sa.column("contact_id"),
    sa.column("created_at", _TIME),
    sa.column("name_due_at", _TIME),
)
_contacts = sa.table("contacts", sa.column("id"), sa.column("name"))


def upgrade() -> None:
    with op.batch_alter_table("people") as table:
        table.add_column(sa.Column("outside_until", _TIME))
        table.add_column(sa.Column("outside_said_at", _TIME))

    with op.batch_alter_table("identities") as table:
        table.add_column(sa.Column("name_due_at", _TIME))
        table.add_column(sa.Column("name_attempts", sa.Integer(), server_default="0", nullable=False))
        table.create_index(
            "ix_identities_nameless",
            ["name_due_at"],
            unique=False,
            sqlite_where=sa.text("name_due_at IS NOT NULL"),
            postgresql_where=sa.text("name_due_at IS NOT NULL"),
        )
    # the channel whose provider tells names only when it is asked
    nameless = sa.select(_contacts.c.id).where(_contacts.c.name.is_(None))
    of_slack = sa.and_(_identities.c.channel == "slack", _identities.c.person.is_not(None))
    due = sa.update(_identities).where(of_slack, _identities.c.contact_id.in_(nameless))
    op.execute(due.values(name_due_at=_identities.c.created_at))

    op.create_table(
        "desk_removals",
        sa.Column("thread_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("thread", sa.String(length=100)),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("error", sa.String(length=200)),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_desk_removals")),
    )
    with op.batch_alter_table("desk_removals") as table:
        table.create_index("ix_desk_removals_due", ["channel", "next_at"], unique=False)


def downgrade() -> None:
    op.drop_table("desk_removals")

    with op.batch_alter_table("identities") as table:
        table.drop_index("ix_identities_nameless")
        table.drop_column("name_attempts")
        table.drop_column("name_due_at")

    with op.batch_alter_table("people") as table:
        table.drop_column("outside_said_at")
        table.drop_column("outside_until")
