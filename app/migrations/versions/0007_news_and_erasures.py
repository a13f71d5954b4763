"""News of orders for customers who want it; erasures that are to be carried out"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_KINDS = "'shipped', 'delayed', 'out_for_delivery', 'delivered', 'refunded', 'return_resolved'"
_STATES = "'held', 'told', 'noted', 'dropped', 'nobody'"
_DUE = sa.text("due_at is not null")


def _conversation(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_conversation_id")
    return sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=name)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("news", sa.String(10)))
    op.create_table(
        "followed_orders",
        sa.Column("conversation_id", sa.String(36), nullable=False),
        sa.Column("order_number", sa.String(32), nullable=False),
        sa.Column("email_hash", sa.String(64), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        _conversation("followed_orders"),
        sa.PrimaryKeyConstraint("conversation_id", "order_number", name=op.f("pk_followed_orders")),
    )
    op.create_index(op.f("ix_followed_orders_order_number"), "followed_orders", ["order_number"])
    op.create_table(
        "order_news",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("order_number", sa.String(32), nullable=False),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("zone", sa.String(64)),
        sa.Column("conversation_id", sa.String(36)),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("happened_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.CheckConstraint(f"kind in ({_KINDS})", name=op.f("ck_order_news_kind")),
        sa.CheckConstraint(f"status in ({_STATES})", name=op.f("ck_order_news_status")),
        sa.CheckConstraint("(status = 'held') = (due_at is not null)", name=op.f("ck_order_news_held_is_due")),
        _conversation("order_news"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_news")),
        sa.UniqueConstraint("key", name=op.f("uq_order_news_key")),
    )
    op.create_index("ix_order_news_conversation", "order_news", ["conversation_id", "order_number"])
    op.create_index("ix_order_news_created", "order_news", ["created_at"])
    op.create_index("ix_order_news_due", "order_news", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_table(
        "due_erasures",
        sa.Column("contact_id", sa.String(36), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_due_erasures_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_due_erasures")),
    )


def downgrade() -> None:
    op.drop_table("due_erasures")
    op.drop_table("order_news")
    op.drop_table("followed_orders")
    op.drop_column("conversations", "news")
