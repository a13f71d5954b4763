"""Files, edits, providers' own numbers, signs of typing and reading, and tickets worked on outside the desk"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "channel_positions",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_positions")),
    )
    op.create_table(
        "polling_leases",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("held_until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_polling_leases")),
    )
    op.create_table(
        "installations",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("workspace", sa.String(length=100), nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.Column("installed_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("channel", "workspace", name=op.f("pk_installations")),
    )
    op.create_table(
        "contact_proofs",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.CheckConstraint("kind in ('email', 'customer')", name=op.f("ck_contact_proofs_kind")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_proofs_contact_id")),
        sa.PrimaryKeyConstraint("kind", "hash", name=op.f("pk_contact_proofs")),
    )
    with op.batch_alter_table("contact_proofs") as table:
        table.create_index("ix_contact_proofs_contact", ["contact_id"], unique=False)

    op.create_table(
        "person_addresses",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_addresses_person_id")),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_person_addresses")),
    )
    op.create_table(
        "pictures",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_pictures_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_pictures")),
    )
    op.create_table(
        "chat_signs",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("customer_typing_until", _TIME),
        sa.Column("agent_typing_until", _TIME),
        sa.Column("customer_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("agent_seen", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_chat_signs_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_chat_signs")),
    )
    with op.batch_alter_table("chat_signs") as table:
        table.create_index("ix_chat_signs_changed_at", ["changed_at"], unique=False)

    op.create_table(
        "desk_threads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("handoff_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("thread", sa.String(length=100)),
        sa.Column("shown_seq", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("agent_id", sa.String(length=36)),
        sa.Column("worker_id", sa.String(length=36)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "state in ('queued', 'assigned', 'parked', 'moved', 'closed')", name=op.f("ck_desk_threads_state")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_desk_threads_conversation_id")
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_desk_threads_handoff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_threads")),
        sa.UniqueConstraint("channel", "place", "thread", name=op.f("uq_desk_threads_channel_place_thread")),
        sa.UniqueConstraint("handoff_id", "channel", "place", name=op.f("uq_desk_threads_handoff_id_channel_place")),
    )
    with op.batch_alter_table("desk_threads") as table:
        table.create_index("ix_desk_threads_conversation", ["conversation_id"], unique=False)

    op.create_table(
        "desk_posts",
        sa.Column("thread_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", _JSON, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", _TIME),
        sa.Column("error", sa.String(length=200)),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "status in ('pending', 'sending', 'sent', 'failed', 'unknown')", name=op.f("ck_desk_posts_status")
        ),
        sa.CheckConstraint(
            "status not in ('pending', 'sending') or next_at is not null", name=op.f("ck_desk_posts_open_is_due")
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_desk_posts_conversation_id")),
        sa.ForeignKeyConstraint(["thread_id"], ["desk_threads.id"], name=op.f("fk_desk_posts_thread_id")),
        sa.PrimaryKeyConstraint("thread_id", "position", name=op.f("pk_desk_posts")),
    )
    with op.batch_alter_table("desk_posts") as table:
        table.create_index("ix_desk_posts_conversation", ["conversation_id"], unique=False)
        table.create_index(
            "ix_desk_posts_open",
            ["thread_id", "position"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.create_table(
        "files",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36)),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", _TIME),
        sa.Column("error", sa.String(length=200)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.CheckConstraint("(status = 'here') = (content is not null)", name=op.f("ck_files_here_has_content")),
        sa.CheckConstraint("(status = 'waiting') = (next_at is not null)", name=op.f("ck_files_waiting_is_due")),
        sa.CheckConstraint("status in ('waiting', 'here', 'refused', 'failed')", name=op.f("ck_files_status")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_files_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_files_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files") as table:
        table.create_index("ix_files_conversation", ["conversation_id"], unique=False)
        table.create_index("ix_files_message", ["message_id"], unique=False)
        table.create_index(
            "ix_files_waiting",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )

    op.create_table(
        "message_edits",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_message_edits_conversation_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_edits_message_id")),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_edits")),
    )
    with op.batch_alter_table("message_edits") as table:
        table.create_index("ix_message_edits_conversation", ["conversation_id"], unique=False)

    op.create_table(
        "provider_messages",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_provider_messages_conversation_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_provider_messages_message_id")),
        sa.PrimaryKeyConstraint("channel", "address", "provider_id", name=op.f("pk_provider_messages")),
    )
    with op.batch_alter_table("provider_messages") as table:
        table.create_index("ix_provider_messages_conversation", ["conversation_id"], unique=False)
        table.create_index("ix_provider_messages_message", ["message_id"], unique=False)

    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("parts", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("identities") as table:
        table.add_column(sa.Column("person", sa.String(length=100)))
        table.create_index("ix_identities_person", ["channel", "person"], unique=False)
        table.create_index("ix_identities_contact", ["contact_id"], unique=False)

    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("files", _JSON, server_default="[]", nullable=False))
        table.add_column(sa.Column("card", _JSON))
        table.add_column(sa.Column("edited_at", _TIME))
        table.add_column(sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.drop_column("deleted")
        table.drop_column("edited_at")
        table.drop_column("card")
        table.drop_column("files")

    with op.batch_alter_table("identities") as table:
        table.drop_index("ix_identities_contact")
        table.drop_index("ix_identities_person")
        table.drop_column("person")

    with op.batch_alter_table("deliveries") as table:
        table.drop_column("parts")

    op.drop_table("provider_messages")
    op.drop_table("message_edits")
    op.drop_table("files")
    op.drop_table("desk_posts")
    op.drop_table("desk_threads")
    op.drop_table("chat_signs")
    op.drop_table("pictures")
    op.drop_table("person_addresses")
    op.drop_table("contact_proofs")
    op.drop_table("installations")
    op.drop_table("polling_leases")
    op.drop_table("channel_positions")
