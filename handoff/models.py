"""The tables of contacts, conversations, messages, handoffs, people and events, in the design's words."""

from __future__ import annotations

import sqlalchemy as sa

from handoff.database import Json, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(36), primary_key=True)


def _ref(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), sa.ForeignKey(target), nullable=False)


contacts = sa.Table(
    "contacts",
    metadata,
    _id(),
    sa.Column("name", sa.String(200)),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

identities = sa.Table(
    "identities",
    metadata,
    _id(),
    _ref("contact_id", "contacts.id"),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("channel", "address"),
)

conversations = sa.Table(
    "conversations",
    metadata,
    _id(),
    _ref("identity_id", "identities.id"),
    _ref("contact_id", "contacts.id"),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("language_chosen", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(60)),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("waiting_since", UtcDateTime),
    sa.Column("deadline", UtcDateTime),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    # the oldest customer message that the bot has yet to answer; the turn loop's queue
    sa.Column("turn_waiting_since", UtcDateTime),
    sa.Column("lease_owner", sa.String(36)),
    sa.Column("lease_until", UtcDateTime),
    # one conversation per identity: it is reopened, never doubled (promise 4)
    sa.UniqueConstraint("identity_id"),
    sa.CheckConstraint("status in ('bot', 'queued', 'assigned', 'resolved')", name="status"),
    sa.CheckConstraint("(status = 'assigned') = (agent_id is not null)", name="assigned_has_agent"),
)
sa.Index(
    "ix_conversations_queue",
    conversations.c.status,
    conversations.c.priority.desc(),
    conversations.c.waiting_since,
    conversations.c.id,
)
sa.Index(
    "ix_conversations_turns",
    conversations.c.turn_waiting_since,
    sqlite_where=conversations.c.turn_waiting_since.is_not(None),
    postgresql_where=conversations.c.turn_waiting_since.is_not(None),
)
sa.Index("ix_conversations_updated", conversations.c.updated_at)

messages = sa.Table(
    "messages",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("author", sa.String(10), nullable=False),
    sa.Column("author_id", sa.String(36)),
    sa.Column("author_name", sa.String(200)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("payload", sa.Text),
    sa.Column("buttons", Json, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("language", sa.String(10)),
    sa.Column("intent", sa.String(100)),
    sa.Column("confidence", sa.Float),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.CheckConstraint("author in ('customer', 'bot', 'agent', 'system')", name="author"),
)

receipts = sa.Table(
    "receipts",
    metadata,
    # what a channel calls this message; the primary key is what makes a message arrive once (promise 2)
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    _ref("message_id", "messages.id"),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("message_id", sa.String(36), sa.ForeignKey("messages.id"), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("milliseconds", sa.Float),
    sa.Column("error", sa.String(200)),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("status in ('waiting', 'done', 'dropped', 'failed')", name="status"),
)
sa.Index("ix_turns_waiting", turns.c.conversation_id, turns.c.status, turns.c.seq)

handoffs = sa.Table(
    "handoffs",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    sa.Column("reason", sa.String(60), nullable=False),
    sa.Column("brief", Json, nullable=False),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("deadline", UtcDateTime, nullable=False),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("outcome", sa.String(20)),
)
sa.Index("ix_handoffs_conversation", handoffs.c.conversation_id, handoffs.c.requested_at)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("message_id", sa.String(36), sa.ForeignKey("messages.id"), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("error", sa.String(200)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("status in ('pending', 'sending', 'sent', 'failed', 'unknown')", name="status"),
)
sa.Index("ix_deliveries_due", deliveries.c.status, deliveries.c.next_at)
sa.Index("ix_deliveries_conversation", deliveries.c.conversation_id, deliveries.c.seq)

tracker_events = sa.Table(
    "tracker_events",
    metadata,
    # Rasa's events of one turn; a session is rolled by starting a new generation and deleting the old one
    sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("conversation_id", sa.String(36), nullable=False, index=True),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("payload", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

people = sa.Table(
    "people",
    metadata,
    _id(),
    sa.Column("name", sa.String(60), nullable=False, unique=True),
    sa.Column("display_name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("role in ('agent', 'supervisor', 'editor', 'admin')", name="role"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    # only the token's hash is kept, so a copy of the database opens no session
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _ref("person_id", "people.id"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

login_failures = sa.Table(
    "login_failures",
    metadata,
    _id(),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
sa.Index("ix_login_failures_name", login_failures.c.name, login_failures.c.created_at)

workers = sa.Table(
    "workers",
    metadata,
    _id(),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)
