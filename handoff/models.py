"""The tables of contacts, conversations, messages, handoffs, people and events, in the design's words."""

from __future__ import annotations

from typing import Any

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
    # the channel's own id of who writes there, where one person may have several addresses
    sa.Column("person", sa.String(100)),
    # when the channel's provider is to be asked what they are called there; none when it is not, or not any more
    sa.Column("name_due_at", UtcDateTime),
    sa.Column("name_attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("channel", "address"),
)
sa.Index("ix_identities_person", identities.c.channel, identities.c.person)
sa.Index(
    "ix_identities_nameless",
    identities.c.name_due_at,
    sqlite_where=identities.c.name_due_at.is_not(None),
    postgresql_where=identities.c.name_due_at.is_not(None),
)
sa.Index("ix_identities_contact", identities.c.contact_id)

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
    sa.Column("team", sa.String(40), nullable=False, server_default="support"),
    sa.Column("waiting_since", UtcDateTime),
    # the order of the queue: since when it waits, earlier by a while for each step of priority
    sa.Column("rank", UtcDateTime),
    # by when somebody must have answered: for the first time, or again
    sa.Column("deadline", UtcDateTime),
    sa.Column("deadline_kind", sa.String(10)),
    sa.Column("deadline_state", sa.String(10)),
    sa.Column("agent_since", UtcDateTime),
    sa.Column("snoozed_until", UtcDateTime),
    # what the customer's next words are, when they are no question: a contact or a comment
    sa.Column("expects", sa.String(10)),
    sa.Column("choice", sa.String(10)),
    sa.Column("absence_told", sa.Boolean, nullable=False, server_default=sa.false()),
    # whether the customer wants to be told news of their orders: asked, yes or no
    sa.Column("news", sa.String(10)),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    # the oldest customer message that the bot has yet to answer; the turn loop's queue
    sa.Column("turn_waiting_since", UtcDateTime),
    sa.Column("lease_owner", sa.String(36)),
    sa.Column("lease_until", UtcDateTime),
    # the shop's customer, where the shop has vouched for them
    sa.Column("customer_id", sa.String(64)),
    sa.Column("customer_email", sa.String(320)),
    # one conversation per identity: it is reopened, never doubled (promise 4)
    sa.UniqueConstraint("identity_id"),
    sa.CheckConstraint("status in ('bot', 'queued', 'assigned', 'resolved')", name="status"),
    sa.CheckConstraint("(status = 'assigned') = (agent_id is not null)", name="assigned_has_agent"),
    sa.CheckConstraint("(status = 'queued') = (rank is not null)", name="queued_has_rank"),
)
sa.Index("ix_conversations_queue", conversations.c.status, conversations.c.rank, conversations.c.id)
sa.Index("ix_conversations_status", conversations.c.status, conversations.c.updated_at)
sa.Index(
    "ix_conversations_agent",
    conversations.c.agent_id,
    sqlite_where=conversations.c.agent_id.is_not(None),
    postgresql_where=conversations.c.agent_id.is_not(None),
)
sa.Index(
    "ix_conversations_deadline",
    conversations.c.deadline,
    sqlite_where=conversations.c.deadline.is_not(None),
    postgresql_where=conversations.c.deadline.is_not(None),
)
sa.Index("ix_conversations_contact", conversations.c.contact_id)
# who of the queue (those with a rank) stands before whom, who knows that nobody is there, and who waits for the bot;
# the first is counted for each place that a customer is told, the others are asked for every two seconds
for _name, _columns in {
    "ix_conversations_line": (conversations.c.team, conversations.c.rank, conversations.c.id),
    "ix_conversations_told": (conversations.c.team, conversations.c.absence_told),
    "ix_conversations_reason": (conversations.c.reason,),
}.items():
    sa.Index(
        _name,
        *_columns,
        sqlite_where=conversations.c.rank.is_not(None),
        postgresql_where=conversations.c.rank.is_not(None),
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
    # what goes with the words: files (id, name, type, size, status), and a card beside them
    sa.Column("files", Json, nullable=False, server_default="[]"),
    sa.Column("card", Json),
    # when its customer changed it where they wrote it, or took it back
    sa.Column("edited_at", UtcDateTime),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
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
    # none once the message was erased: the key stays for its week, so that a late copy brings nothing back
    sa.Column("message_id", sa.String(36), sa.ForeignKey("messages.id")),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)
sa.Index("ix_receipts_message", receipts.c.message_id)

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
sa.Index("ix_turns_created", turns.c.created_at)

handoffs = sa.Table(
    "handoffs",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    sa.Column("reason", sa.String(60), nullable=False),
    sa.Column("team", sa.String(40), nullable=False, server_default="support"),
    sa.Column("brief", Json, nullable=False),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("deadline", UtcDateTime, nullable=False),
    # the customer is with the bot meanwhile, and back in the queue as soon as somebody is there
    sa.Column("parked_at", UtcDateTime),
    # where the customer wants to be written to, when they did not want to wait
    sa.Column("contact", sa.String(200)),
    sa.Column("claimed_at", UtcDateTime),
    sa.Column("replied_at", UtcDateTime),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("breaches", sa.Integer, nullable=False, server_default="0"),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("outcome", sa.String(20)),
)
sa.Index("ix_handoffs_conversation", handoffs.c.conversation_id, handoffs.c.requested_at)
sa.Index(
    "ix_handoffs_parked",
    handoffs.c.parked_at,
    sqlite_where=handoffs.c.parked_at.is_not(None),
    postgresql_where=handoffs.c.parked_at.is_not(None),
)

ratings = sa.Table(
    "ratings",
    metadata,
    # one for each time that a person helped: asked once, answered once
    sa.Column("handoff_id", sa.String(36), sa.ForeignKey("handoffs.id"), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("score", sa.Integer),
    sa.Column("comment", sa.Text),
    sa.Column("rated_at", UtcDateTime),
    sa.CheckConstraint("score between 1 and 5", name="score"),
)
sa.Index("ix_ratings_conversation", ratings.c.conversation_id, ratings.c.asked_at)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("message_id", sa.String(36), sa.ForeignKey("messages.id"), primary_key=True),
    _ref("conversation_id", "conversations.id"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # when it is to be tried; set exactly while it is this message's turn in its conversation
    sa.Column("next_at", UtcDateTime),
    # on a conversation's newest: the channel's rate lets nothing go to this chat before
    sa.Column("chat_opens_at", UtcDateTime),
    sa.Column("error", sa.String(200)),
    # how many parts of a message that is too long for one were taken
    sa.Column("parts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("status in ('pending', 'sending', 'sent', 'failed', 'unknown')", name="status"),
)
sa.Index("ix_deliveries_conversation", deliveries.c.conversation_id, deliveries.c.seq)


def _of_deliveries(name: str, *columns: sa.Column[Any], where: str, unique: bool = False) -> None:
    """An index over the few deliveries that still matter, beside the many that were sent."""
    sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


_of_deliveries(
    "ix_deliveries_due",
    deliveries.c.channel,
    deliveries.c.next_at,
    where="status = 'pending' and next_at is not null",
)
_of_deliveries(
    "ix_deliveries_open",
    deliveries.c.conversation_id,
    deliveries.c.seq,
    where="status in ('pending', 'sending')",
)
_of_deliveries("ix_deliveries_sending", deliveries.c.updated_at, where="status = 'sending'")
_of_deliveries("ix_deliveries_lost", deliveries.c.conversation_id, where="status in ('failed', 'unknown')")
# never two of one conversation at once (promise 5)
_of_deliveries("uq_deliveries_turn", deliveries.c.conversation_id, where="next_at is not null", unique=True)

channel_pace = sa.Table(
    "channel_pace",
    metadata,
    # when the channel's next message is expected, or until when it pauses; shared by all workers
    sa.Column("channel", sa.String(20), primary_key=True),
    sa.Column("next_at", UtcDateTime, nullable=False),
)

tracker_events = sa.Table(
    "tracker_events",
    metadata,
    # Rasa's events of one turn; a session is rolled by starting a new generation and deleting the old one
    sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
)

followed_orders = sa.Table(
    "followed_orders",
    metadata,
    # the orders whose news the customer of a conversation wants, with a SHA-256 of the order's e-mail address
    sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("order_number", sa.String(32), primary_key=True, index=True),
    sa.Column("email_hash", sa.String(64), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)

order_news = sa.Table(
    "order_news",
    metadata,
    _id(),
    # what the shop calls it, and a hash of all that it said: the same again is the same, and tells nobody twice
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("order_number", sa.String(32), nullable=False),
    sa.Column("details", Json, nullable=False),
    # the customer's time zone, where the shop knows it
    sa.Column("zone", sa.String(64)),
    # who is told; none where nobody follows the order
    sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversations.id")),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("happened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint(
        "kind in ('shipped', 'delayed', 'out_for_delivery', 'delivered', 'refunded', 'return_resolved')", name="kind"
    ),
    sa.CheckConstraint("status in ('held', 'told', 'noted', 'dropped', 'nobody')", name="status"),
    sa.CheckConstraint("(status = 'held') = (due_at is not null)", name="held_is_due"),
)
sa.Index("ix_order_news_conversation", order_news.c.conversation_id, order_news.c.order_number)
sa.Index("ix_order_news_created", order_news.c.created_at)
sa.Index(
    "ix_order_news_due",
    order_news.c.due_at,
    sqlite_where=order_news.c.due_at.is_not(None),
    postgresql_where=order_news.c.due_at.is_not(None),
)

due_erasures = sa.Table(
    "due_erasures",
    metadata,
    # contacts who asked for it in the chat; what they are told first is still to reach them
    sa.Column("contact_id", sa.String(36), sa.ForeignKey("contacts.id"), primary_key=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
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
    # which conversations suit them; none named means all
    sa.Column("languages", Json, nullable=False, server_default="[]"),
    sa.Column("skills", Json, nullable=False, server_default="[]"),
    sa.Column("teams", Json, nullable=False, server_default="[]"),
    sa.Column("capacity", sa.Integer, nullable=False, server_default="5"),
    # they take new conversations; and when their desk was last heard of
    sa.Column("available", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("seen_at", UtcDateTime),
    # until when they are at work outside the desk's pages, by what they did or said there
    sa.Column("outside_until", UtcDateTime),
    # when they last wrote there that they come or go: what is older, or the same, may come late and says nothing
    sa.Column("outside_said_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("role in ('agent', 'supervisor', 'editor', 'admin')", name="role"),
    sa.CheckConstraint("capacity >= 0", name="capacity"),
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

# the shop's words for its customers that were used, until they would have expired
vouchers = sa.Table(
    "vouchers",
    metadata,
    sa.Column("nonce", sa.String(64), primary_key=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

workers = sa.Table(
    "workers",
    metadata,
    _id(),
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)
