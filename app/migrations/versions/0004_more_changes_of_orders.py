"""Addresses, delivery windows and claims of orders; why things come back; every kind of change"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_KIND = "ck_shop_changes_kind"
_REASONS = ("too_small", "too_large", "not_as_expected", "changed_mind", "late", "damaged", "wrong_item", "other")
_CLAIMS = (
    "damaged",
    "wrong_item",
    "missing_item",
    "package_lost",
    "order_not_confirmed",
    "payment_failed",
    "double_charged",
    "unrecognised_charge",
    "change_payment_method",
)


def _in(name: str, *values: str) -> str:
    return f"{name} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table("shop_orders") as orders:
        orders.add_column(sa.Column("recipient", sa.String(200)))
        orders.add_column(sa.Column("street", sa.String(300)))
        orders.add_column(sa.Column("postcode", sa.String(16)))
        orders.add_column(sa.Column("window_start", sa.Time()))
        orders.add_column(sa.Column("window_end", sa.Time()))
        orders.create_check_constraint(op.f("ck_shop_orders_window"), "(window_start IS NULL) = (window_end IS NULL)")
    with op.batch_alter_table("shop_returns") as returns:
        returns.add_column(sa.Column("reason", sa.String(32)))
        returns.add_column(sa.Column("exchange_for", sa.Text()))
        returns.create_check_constraint(op.f("ck_shop_returns_reason"), _in("reason", *_REASONS))
    op.create_table(
        "shop_claims",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("remedy", sa.String(32), nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.CheckConstraint(_in("kind", *_CLAIMS), name=op.f("ck_shop_claims_kind")),
        sa.CheckConstraint(_in("state", "open", "granted", "rejected", "closed"), name=op.f("ck_shop_claims_state")),
        sa.CheckConstraint(_in("remedy", "replacement", "refund", "check"), name=op.f("ck_shop_claims_remedy")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_claims_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_claims")),
        sa.UniqueConstraint("number", name=op.f("uq_shop_claims_number")),
    )
    op.create_index(op.f("ix_shop_claims_order_id"), "shop_claims", ["order_id"])
    with op.batch_alter_table("shop_changes") as changes:
        changes.drop_constraint(op.f(_KIND), type_="check")
        changes.create_check_constraint(
            op.f(_KIND), _in("kind", "cancel", "items", "address", "delivery", "return", "exchange", "claim")
        )


def downgrade() -> None:
    op.execute("DELETE FROM shop_changes WHERE kind <> 'cancel'")
    with op.batch_alter_table("shop_changes") as changes:
        changes.drop_constraint(op.f(_KIND), type_="check")
        changes.create_check_constraint(op.f(_KIND), _in("kind", "cancel"))
    op.drop_table("shop_claims")
    with op.batch_alter_table("shop_returns") as returns:
        returns.drop_constraint(op.f("ck_shop_returns_reason"), type_="check")
        returns.drop_column("exchange_for")
        returns.drop_column("reason")
    with op.batch_alter_table("shop_orders") as orders:
        orders.drop_constraint(op.f("ck_shop_orders_window"), type_="check")
        for name in ("window_end", "window_start", "postcode", "street", "recipient"):
            orders.drop_column(name)
