"""The tables of what only some channels bring: files, edits, providers' own numbers, and what is done outside the
desk's pages."""

from __future__ import annotations

import sqlalchemy as sa

from handoff.database import Json, UtcDateTime
from handoff.models import metadata


def _ref(name: str, target: str, primary_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), sa.ForeignKey(target), primary_key=primary_key, nullable=nullable)


files = sa.Table(
    "files",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    # none while an upload waits for the message that it belongs to
    _ref("message_id", "messages.id", nullable=True),
    # who of the desk's people uploaded it for the customer; none of what the customer sent
    sa.Column("person_id", sa.String(36)),
    sa.Column("name", sa.String(200), nullable=False),
    # what the content is by its own first bytes, not by what its sender says
    sa.Column("type", sa.String(100), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    # where the provider keeps it, while it is still to be fetched
    sa.Column("reference", sa.Text),
    sa.Column("content", sa.LargeBinary),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime),
    sa.Column("error", sa.String(200)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("status in ('waiting', 'here', 'refused', 'failed')", name="status"),
    sa.CheckConstraint("(status = 'here') = (content is not null)", name="here_has_content"),
    sa.CheckConstraint("(status = 'waiting') = (next_at is not null)", name="waiting_is_due"),
)
sa.Index("ix_files_conversation", files.c.conversation_id)
sa.Index("ix_files_message", files.c.message_id)
sa.Index(
    "ix_files_waiting",
    files.c.next_at,
    sqlite_where=files.c.next_at.is_not(None),
    postgresql_where=files.c.next_at.is_not(None),
)

message_edits = sa.Table(
    "message_edits",
    metadata,
    # what a message said before its customer changed it, the oldest first
    _ref("message_id", "messages.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
sa.Index("ix_message_edits_conversation", message_edits.c.conversation_id)

provider_messages = sa.Table(
    "provider_messages",
    metadata,
    # what a provider calls a message of ours or of a customer's, within a chat
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("address", sa.String(200), primary_key=True),
    sa.Column("provider_id", sa.String(100), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    _ref("message_id", "messages.id"),
)
sa.Index("ix_provider_messages_conversation", provider_messages.c.conversation_id)
sa.Index("ix_provider_messages_message", provider_messages.c.message_id)

chat_signs = sa.Table(
    "chat_signs",
    metadata,
    # who is typing, and how far who has read; written without the conversation's row
    _ref("conversation_id", "conversations.id", primary_key=True),
    sa.Column("customer_typing_until", UtcDateTime),
    sa.Column("agent_typing_until", UtcDateTime),
    sa.Column("customer_seen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("agent_seen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed_at", UtcDateTime, nullable=False, index=True),
)

contact_proofs = sa.Table(
    "contact_proofs",
    metadata,
    # what a contact has proved to be theirs, as a SHA-256: the contact on another channel who proves it too is the same
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("hash", sa.String(64), primary_key=True),
    _ref("contact_id", "contacts.id"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("kind in ('email', 'customer')", name="kind"),
)
sa.Index("ix_contact_proofs_contact", contact_proofs.c.contact_id)

pictures = sa.Table(
    "pictures",
    metadata,
    _ref("person_id", "people.id", primary_key=True),
    sa.Column("type", sa.String(100), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

person_addresses = sa.Table(
    "person_addresses",
    metadata,
    # who of the desk's people writes from which address of a channel
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("address", sa.String(100), primary_key=True),
    _ref("person_id", "people.id"),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

desk_threads = sa.Table(
    "desk_threads",
    metadata,
    # where outside the desk's pages a ticket is worked on: one place for each time that a person was asked for, and one
    # more for each team that it was passed to
    sa.Column("id", sa.String(36), primary_key=True),
    _ref("handoff_id", "handoffs.id"),
    _ref("conversation_id", "conversations.id"),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("place", sa.String(100), nullable=False),
    # the provider's id of its first post; none until that was taken
    sa.Column("thread", sa.String(100)),
    # what is, or is to be, shown there: the newest message, and who has the conversation since which epoch
    sa.Column("shown_seq", sa.Integer, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("agent_id", sa.String(36)),
    # who works on it from there: has claimed it there, or answered
    sa.Column("worker_id", sa.String(36)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("channel", "place", "thread"),
    sa.UniqueConstraint("handoff_id", "channel", "place"),
    sa.CheckConstraint("state in ('queued', 'assigned', 'parked', 'moved', 'closed')", name="state"),
)
sa.Index("ix_desk_threads_conversation", desk_threads.c.conversation_id)

desk_posts = sa.Table(
    "desk_posts",
    metadata,
    # what is to be shown in such a place, in order; it names messages and holds no words of anybody
    _ref("thread_id", "desk_threads.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # when it is to be seen to; none once it is settled, and what comes after it may go
    sa.Column("next_at", UtcDateTime),
    sa.Column("error", sa.String(200)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("status in ('pending', 'sending', 'sent', 'failed', 'unknown')", name="status"),
    sa.CheckConstraint("status not in ('pending', 'sending') or next_at is not null", name="open_is_due"),
)
sa.Index("ix_desk_posts_conversation", desk_posts.c.conversation_id)
sa.Index(
    "ix_desk_posts_open",
    desk_posts.c.thread_id,
    desk_posts.c.position,
    sqlite_where=desk_posts.c.next_at.is_not(None),
    postgresql_where=desk_posts.c.next_at.is_not(None),
)

desk_removals = sa.Table(
    "desk_removals",
    metadata,
    # threads of which nothing of ours is to be left, since their customer was erased: providers' ids and no others
    sa.Column("thread_id", sa.String(36), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("place", sa.String(100), nullable=False),
    # none when it is not known, and is to be found by the key of the first post
    sa.Column("thread", sa.String(100)),
    # not before the thread was begun: where to look from
    sa.Column("begun_at", UtcDateTime, nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    # the provider's own word for what is in the way
    sa.Column("error", sa.String(200)),
)
sa.Index("ix_desk_removals_due", desk_removals.c.channel, desk_removals.c.next_at)

installations = sa.Table(
    "installations",
    metadata,
    # the workspaces that installed us, each with what its provider lets us in by
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("workspace", sa.String(100), primary_key=True),
    sa.Column("body", Json, nullable=False),
    sa.Column("installed_at", UtcDateTime, nullable=False),
)

channel_positions = sa.Table(
    "channel_positions",
    metadata,
    # of a channel that we ask for messages: up to where all is stored
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

polling_leases = sa.Table(
    "polling_leases",
    metadata,
    # of a channel that we ask for messages: which process does, and until when nobody else may
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("holder", sa.String(36), nullable=False),
    sa.Column("held_until", UtcDateTime, nullable=False),
)
