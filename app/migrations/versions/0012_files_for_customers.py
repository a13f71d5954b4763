"""Files that agents send to customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("files") as files:
        files.add_column(sa.Column("person_id", sa.String(36)))


def downgrade() -> None:
    with op.batch_alter_table("files") as files:
        files.drop_column("person_id")
