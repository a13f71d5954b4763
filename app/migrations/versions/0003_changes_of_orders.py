"""Changes of orders, one-time codes, the demo's mailbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "shop_changes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36)),
        sa.Column("order_number", sa.String(32), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.CheckConstraint("kind IN ('cancel')", name=op.f("ck_shop_changes_kind")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_changes_order_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_shop_changes_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_shop_changes_reference")),
    )
    op.create_index(op.f("ix_shop_changes_order_id"), "shop_changes", ["order_id"])
    op.create_index(op.f("ix_shop_changes_who"), "shop_changes", ["who"])
    op.create_table(
        "shop_codes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("conversation", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME),
        sa.Column("used_at", _TIME),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_codes_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_codes")),
        sa.UniqueConstraint("key", name=op.f("uq_shop_codes_key")),
    )
    op.create_index(
        op.f("ix_shop_codes_conversation_order_id_created_at"),
        "shop_codes",
        ["conversation", "order_id", "created_at"],
    )
    op.create_index(op.f("ix_shop_codes_order_id_created_at"), "shop_codes", ["order_id", "created_at"])
    op.create_table(
        "shop_mails",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_mails")),
    )
    op.create_index(op.f("ix_shop_mails_at"), "shop_mails", ["at"])


def downgrade() -> None:
    for table in ("shop_mails", "shop_codes", "shop_changes"):
        op.drop_table(table)
