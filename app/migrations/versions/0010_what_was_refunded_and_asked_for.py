"""Which claim a refund was granted for, and all the messages that asked for a change"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_CLAIM = "fk_shop_refunds_claim_id"
_claims = sa.table("shop_claims", sa.column("id"), sa.column("number"))
_changes = sa.table("shop_changes", sa.column("kind"), sa.column("after", sa.JSON()))
_refunds = sa.table("shop_refunds", sa.column("id"), sa.column("claim_id"))


def upgrade() -> None:
    with op.batch_alter_table("shop_refunds") as refunds:
        refunds.add_column(sa.Column("claim_id", sa.String(36)))
        refunds.create_foreign_key(op.f(_CLAIM), "shop_claims", ["claim_id"], ["id"], ondelete="SET NULL")
        refunds.create_index(op.f("ix_shop_refunds_claim_id"), ["claim_id"])
    for claim, paid in [*_granted()]:
        op.execute(sa.update(_refunds).where(_refunds.c.id.in_(paid)).values(claim_id=claim))
    with op.batch_alter_table("shop_changes") as changes:
        changes.add_column(sa.Column("also", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("shop_changes") as changes:
        changes.drop_column("also")
    with op.batch_alter_table("shop_refunds") as refunds:
        refunds.drop_index(op.f("ix_shop_refunds_claim_id"))
        refunds.drop_constraint(op.f(_CLAIM), type_="foreignkey")
        refunds.drop_column("claim_id")


def _granted() -> Iterator[tuple[str, list[str]]]:
    """Claims that money goes back for, each with its refunds, as the changes tell it."""
    connection = op.get_bind()
    claims = {number: id_ for id_, number in connection.execute(sa.select(_claims.c.id, _claims.c.number))}
    for after in connection.execute(sa.select(_changes.c.after).where(_changes.c.kind == "claim")).scalars():
        claim, paid = claims.get(after.get("number")), after.get("refunds")
        if claim and paid:
            yield claim, paid
