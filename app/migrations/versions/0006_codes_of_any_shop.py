"""One-time codes for orders that are in another system"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FOREIGN_KEY = "fk_shop_codes_order_id"


def upgrade() -> None:
    with op.batch_alter_table("shop_codes") as codes:
        codes.drop_constraint(op.f(_FOREIGN_KEY), type_="foreignkey")
        codes.alter_column("order_id", existing_type=sa.String(36), type_=sa.String(64), existing_nullable=False)


def downgrade() -> None:
    op.execute("DELETE FROM shop_codes WHERE order_id NOT IN (SELECT id FROM shop_orders)")
    with op.batch_alter_table("shop_codes") as codes:
        codes.alter_column("order_id", existing_type=sa.String(64), type_=sa.String(36), existing_nullable=False)
        codes.create_foreign_key(op.f(_FOREIGN_KEY), "shop_orders", ["order_id"], ["id"], ondelete="CASCADE")
