"""The shop's customers, where the shop has vouched for them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations") as conversations:
        conversations.add_column(sa.Column("customer_id", sa.String(64)))
        conversations.add_column(sa.Column("customer_email", sa.String(320)))
    op.create_table(
        "vouchers",
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_vouchers")),
    )


def downgrade() -> None:
    op.drop_table("vouchers")
    with op.batch_alter_table("conversations") as conversations:
        conversations.drop_column("customer_email")
        conversations.drop_column("customer_id")
