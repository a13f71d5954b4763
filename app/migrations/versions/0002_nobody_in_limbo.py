"""Teams, the queue's order, deadlines, presence, parked tickets, ratings, the pace of channels"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_CONVERSATIONS = ("rank", "deadline_kind", "deadline_state", "agent_since", "snoozed_until", "expects", "choice")
_HANDOFFS = ("parked_at", "contact", "replied_at")
_PEOPLE = ("languages", "skills", "teams", "capacity", "available", "seen_at")
_OF_DELIVERIES: tuple[tuple[str, list[str], str], ...] = (
    ("ix_deliveries_due", ["channel", "next_at"], "status = 'pending' and next_at is not null"),
    ("ix_deliveries_open", ["conversation_id", "seq"], "status in ('pending', 'sending')"),
    ("ix_deliveries_sending", ["updated_at"], "status = 'sending'"),
    ("ix_deliveries_lost", ["conversation_id"], "status in ('failed', 'unknown')"),
    ("uq_deliveries_turn", ["conversation_id"], "next_at is not null"),
)


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("conversations") as batch:
        batch.drop_index("ix_conversations_queue")
        batch.add_column(sa.Column("team", sa.String(40), nullable=False, server_default="support"))
        batch.add_column(sa.Column("rank", _TIME))
        batch.add_column(sa.Column("deadline_kind", sa.String(10)))
        batch.add_column(sa.Column("deadline_state", sa.String(10)))
        batch.add_column(sa.Column("agent_since", _TIME))
        batch.add_column(sa.Column("snoozed_until", _TIME))
        batch.add_column(sa.Column("expects", sa.String(10)))
        batch.add_column(sa.Column("choice", sa.String(10)))
        batch.add_column(sa.Column("absence_told", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("update conversations set rank = waiting_since, deadline_kind = 'first' where status = 'queued'")
    op.execute("update conversations set agent_since = updated_at where status = 'assigned'")
    with op.batch_alter_table("conversations") as batch:
        batch.create_check_constraint(
            op.f("ck_conversations_queued_has_rank"), "(status = 'queued') = (rank is not null)"
        )
        batch.create_index("ix_conversations_queue", ["status", "rank", "id"])
        batch.create_index("ix_conversations_status", ["status", "updated_at"])
        batch.create_index("ix_conversations_contact", ["contact_id"])
    _partial_index("ix_conversations_agent", "conversations", "agent_id")
    _partial_index("ix_conversations_deadline", "conversations", "deadline")
    _partial_index("ix_conversations_line", "conversations", "rank", ["team", "rank", "id"])
    _partial_index("ix_conversations_told", "conversations", "rank", ["team", "absence_told"])
    _partial_index("ix_conversations_reason", "conversations", "rank", ["reason"])
    with op.batch_alter_table("receipts") as batch:
        batch.alter_column("message_id", existing_type=sa.String(36), nullable=True)
        batch.create_index("ix_receipts_message", ["message_id"])
    op.create_index("ix_turns_created", "turns", ["created_at"])
    with op.batch_alter_table("handoffs") as batch:
        batch.add_column(sa.Column("team", sa.String(40), nullable=False, server_default="support"))
        batch.add_column(sa.Column("parked_at", _TIME))
        batch.add_column(sa.Column("contact", sa.String(200)))
        batch.add_column(sa.Column("replied_at", _TIME))
        batch.add_column(sa.Column("breaches", sa.Integer, nullable=False, server_default="0"))
    _partial_index("ix_handoffs_parked", "handoffs", "parked_at")
    op.create_table(
        "ratings",
        sa.Column("handoff_id", sa.String(36), nullable=False),
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("comment", sa.Text),
        sa.Column("rated_at", _TIME),
        sa.CheckConstraint("score between 1 and 5", name=op.f("ck_ratings_score")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_ratings_handoff_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_ratings_conversation_id")),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_ratings")),
    )
    op.create_index("ix_ratings_conversation", "ratings", ["conversation_id", "asked_at"])
    op.create_table(
        "channel_pace",
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_pace")),
    )
    op.drop_index("ix_deliveries_due", "deliveries")
    with op.batch_alter_table("deliveries") as batch:
        batch.alter_column("next_at", existing_type=_TIME, nullable=True)
        batch.add_column(sa.Column("chat_opens_at", _TIME))
    op.execute("update deliveries set next_at = null where status not in ('pending', 'sending')")
    op.execute(
        "update deliveries set next_at = null where exists (select 1 from deliveries earlier"
        " where earlier.conversation_id = deliveries.conversation_id and earlier.seq < deliveries.seq"
        " and earlier.status in ('pending', 'sending'))"
    )
    for name, columns, given in _OF_DELIVERIES:
        where = sa.text(given)
        unique = name.startswith("uq_")
        op.create_index(name, "deliveries", columns, unique=unique, sqlite_where=where, postgresql_where=where)
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("languages", _json(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("skills", _json(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("teams", _json(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("capacity", sa.Integer, nullable=False, server_default="5"))
        batch.add_column(sa.Column("available", sa.Boolean, nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("seen_at", _TIME))
        batch.create_check_constraint(op.f("ck_people_capacity"), "capacity >= 0")


def downgrade() -> None:
    with op.batch_alter_table("people") as batch:
        batch.drop_constraint(op.f("ck_people_capacity"), type_="check")
        for name in _PEOPLE:
            batch.drop_column(name)
    for name, _, _ in _OF_DELIVERIES:
        op.drop_index(name, "deliveries")
    op.execute("update deliveries set next_at = updated_at where next_at is null")
    with op.batch_alter_table("deliveries") as batch:
        batch.drop_column("chat_opens_at")
        batch.alter_column("next_at", existing_type=_TIME, nullable=False)
    op.create_index("ix_deliveries_due", "deliveries", ["status", "next_at"])
    op.drop_table("channel_pace")
    op.drop_table("ratings")
    op.drop_index("ix_handoffs_parked", "handoffs")
    with op.batch_alter_table("handoffs") as batch:
        for name in ("team", "breaches", *_HANDOFFS):
            batch.drop_column(name)
    op.drop_index("ix_turns_created", "turns")
    op.execute("delete from receipts where message_id is null")
    with op.batch_alter_table("receipts") as batch:
        batch.drop_index("ix_receipts_message")
        batch.alter_column("message_id", existing_type=sa.String(36), nullable=False)
    for name in ("agent", "deadline", "line", "told", "reason", "contact", "status", "queue"):
        op.drop_index(f"ix_conversations_{name}", "conversations")
    with op.batch_alter_table("conversations") as batch:
        batch.drop_constraint(op.f("ck_conversations_queued_has_rank"), type_="check")
        for name in ("team", "absence_told", *_CONVERSATIONS):
            batch.drop_column(name)
    op.create_index(
        "ix_conversations_queue", "conversations", ["status", sa.text("priority desc"), "waiting_since", "id"]
    )


def _partial_index(name: str, table: str, given: str, columns: list[str] | None = None) -> None:
    """Over the rows that have a value in the column `given`."""
    where = sa.text(f"{given} is not null")
    op.create_index(name, table, columns or [given], sqlite_where=where, postgresql_where=where)
