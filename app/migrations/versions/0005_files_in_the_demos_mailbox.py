"""Files in the demo's mailbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shop_mail_files",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("mail_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["shop_mails.id"], name=op.f("fk_shop_mail_files_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_mail_files")),
    )
    op.create_index(op.f("ix_shop_mail_files_mail_id"), "shop_mail_files", ["mail_id"])


def downgrade() -> None:
    op.drop_table("shop_mail_files")
