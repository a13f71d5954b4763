"""The first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "login_failures",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    with op.batch_alter_table("login_failures", schema=None) as batch_op:
        batch_op.create_index("ix_login_failures_name", ["name", "created_at"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('agent', 'supervisor', 'editor', 'admin')", name=op.f("ck_people_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "identities",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_identities_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("channel", "address", name=op.f("uq_identities_channel_address")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("identity_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("language_chosen", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=36), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'assigned') = (agent_id is not null)", name=op.f("ck_conversations_assigned_has_agent")
        ),
        sa.CheckConstraint("status in ('bot', 'queued', 'assigned', 'resolved')", name=op.f("ck_conversations_status")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_conversations_contact_id")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("fk_conversations_identity_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("identity_id", name=op.f("uq_conversations_identity_id")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_conversations_queue",
            ["status", sa.literal_column("priority DESC"), "waiting_since", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_conversations_turns",
            ["turn_waiting_since"],
            unique=False,
            sqlite_where=sa.text("turn_waiting_since IS NOT NULL"),
            postgresql_where=sa.text("turn_waiting_since IS NOT NULL"),
        )
        batch_op.create_index("ix_conversations_updated", ["updated_at"], unique=False)

    op.create_table(
        "handoffs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("brief", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.String(length=36), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_handoffs_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.create_index("ix_handoffs_conversation", ["conversation_id", "requested_at"], unique=False)

    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("buttons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=True),
        sa.Column("intent", sa.String(length=100), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("author in ('customer', 'bot', 'agent', 'system')", name=op.f("ck_messages_author")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_messages_conversation_id_seq")),
    )
    op.create_table(
        "tracker_events",
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_tracker_events_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "generation", "position", name=op.f("pk_tracker_events")),
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status in ('pending', 'sending', 'sent', 'failed', 'unknown')", name=op.f("ck_deliveries_status")
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_deliveries_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_conversation", ["conversation_id", "seq"], unique=False)
        batch_op.create_index("ix_deliveries_due", ["status", "next_at"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_receipts_message_id")),
        sa.PrimaryKeyConstraint("channel", "key", name=op.f("pk_receipts")),
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipts_created_at"), ["created_at"], unique=False)

    op.create_table(
        "turns",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Float(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status in ('waiting', 'done', 'dropped', 'failed')", name=op.f("ck_turns_status")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_turns_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_turns_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_turns")),
    )
    with op.batch_alter_table("turns", schema=None) as batch_op:
        batch_op.create_index("ix_turns_waiting", ["conversation_id", "status", "seq"], unique=False)

    op.create_table(
        "shop_customers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("phone LIKE '+%'", name=op.f("ck_shop_customers_phone")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_shop_customers_email")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_customers")),
        sa.UniqueConstraint("email", name=op.f("uq_shop_customers_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_shop_customers_phone")),
    )
    op.create_table(
        "shop_orders",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("city", sa.JSON(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("shipping_minor", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('placed', 'payment_pending', 'payment_failed', 'processing', 'packed', 'partially_shipped', 'shipped', 'out_for_delivery', 'ready_for_pickup', 'delivery_failed', 'delivered', 'lost', 'cancelled', 'returned', 'partially_refunded')",
            name=op.f("ck_shop_orders_state"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_shop_orders_currency")),
        sa.CheckConstraint("shipping_minor >= 0", name=op.f("ck_shop_orders_shipping_minor")),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_shop_orders_total_minor")),
        sa.CheckConstraint("total_minor >= shipping_minor", name=op.f("ck_shop_orders_total")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["shop_customers.id"], name=op.f("fk_shop_orders_customer_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_shop_orders_number")),
    )
    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shop_orders_customer_id_placed_at"), ["customer_id", "placed_at"], unique=False
        )

    op.create_table(
        "shop_order_items",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_shop_order_items_currency")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_shop_order_items_price_minor")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shop_order_items_quantity")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_order_items_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order_items")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_shop_order_items_order_id_position")),
    )
    op.create_table(
        "shop_payments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "method IN ('card', 'bkash', 'nagad', 'rocket', 'upi', 'paypal', 'bank_transfer', 'cash_on_delivery')",
            name=op.f("ck_shop_payments_method"),
        ),
        sa.CheckConstraint("state IN ('pending', 'captured', 'failed', 'voided')", name=op.f("ck_shop_payments_state")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_shop_payments_amount_minor")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_shop_payments_currency")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_payments_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_payments")),
    )
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_payments_order_id"), ["order_id"], unique=False)

    op.create_table(
        "shop_returns",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label_valid_until", sa.Date(), nullable=True),
        sa.Column("rejection", sa.String(length=32), nullable=True),
        sa.CheckConstraint("(state = 'rejected') = (rejection IS NOT NULL)", name=op.f("ck_shop_returns_rejected_why")),
        sa.CheckConstraint(
            "rejection IN ('too_late', 'used', 'incomplete', 'not_returnable')", name=op.f("ck_shop_returns_rejection")
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'label_sent', 'in_transit', 'received', 'inspected', 'refunded', 'rejected')",
            name=op.f("ck_shop_returns_state"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_shop_returns_amount_minor")),
        sa.CheckConstraint("changed_at >= requested_at", name=op.f("ck_shop_returns_changed_at")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_shop_returns_currency")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_returns_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_returns")),
        sa.UniqueConstraint("number", name=op.f("uq_shop_returns_number")),
    )
    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_returns_order_id"), ["order_id"], unique=False)

    op.create_table(
        "shop_shipments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("carrier", sa.JSON(), nullable=False),
        sa.Column("tracking_number", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'delivered' OR delivered_at IS NOT NULL", name=op.f("ck_shop_shipments_delivered_at")
        ),
        sa.CheckConstraint(
            "state IN ('announced', 'in_transit', 'out_for_delivery', 'ready_for_pickup', 'delivery_failed', 'delivered', 'lost')",
            name=op.f("ck_shop_shipments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_shipments_order_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_shipments")),
        sa.UniqueConstraint("tracking_number", name=op.f("uq_shop_shipments_tracking_number")),
    )
    with op.batch_alter_table("shop_shipments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_shipments_order_id"), ["order_id"], unique=False)

    op.create_table(
        "shop_refunds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.String(length=36), nullable=False),
        sa.Column("return_id", sa.String(length=36), nullable=True),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "method IN ('card', 'bkash', 'nagad', 'rocket', 'upi', 'paypal', 'bank_transfer', 'cash_on_delivery')",
            name=op.f("ck_shop_refunds_method"),
        ),
        sa.CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_shop_refunds_sent_at")),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f("ck_shop_refunds_state")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_shop_refunds_amount_minor")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_shop_refunds_currency")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["shop_orders.id"], name=op.f("fk_shop_refunds_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["shop_returns.id"], name=op.f("fk_shop_refunds_return_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_refunds")),
    )
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_refunds_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shop_refunds_return_id"), ["return_id"], unique=False)

    op.create_table(
        "shop_return_items",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("return_id", sa.String(length=36), nullable=False),
        sa.Column("order_item_id", sa.String(length=36), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shop_return_items_quantity")),
        sa.ForeignKeyConstraint(
            ["order_item_id"],
            ["shop_order_items.id"],
            name=op.f("fk_shop_return_items_order_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["shop_returns.id"], name=op.f("fk_shop_return_items_return_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_return_items")),
        sa.UniqueConstraint("return_id", "order_item_id", name=op.f("uq_shop_return_items_return_id_order_item_id")),
    )
    op.create_table(
        "shop_tracking_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("shipment_id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("place", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "code IN ('announced', 'picked_up', 'departed', 'customs', 'arrived', 'out_for_delivery', 'attempt_failed', 'ready_for_pickup', 'delivered', 'lost')",
            name=op.f("ck_shop_tracking_events_code"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shop_shipments.id"], name=op.f("fk_shop_tracking_events_shipment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_tracking_events")),
    )
    with op.batch_alter_table("shop_tracking_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_tracking_events_shipment_id_at"), ["shipment_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("shop_tracking_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_tracking_events_shipment_id_at"))

    op.drop_table("shop_tracking_events")
    op.drop_table("shop_return_items")
    with op.batch_alter_table("shop_refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_refunds_return_id"))
        batch_op.drop_index(batch_op.f("ix_shop_refunds_order_id"))

    op.drop_table("shop_refunds")
    with op.batch_alter_table("shop_shipments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_shipments_order_id"))

    op.drop_table("shop_shipments")
    with op.batch_alter_table("shop_returns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_returns_order_id"))

    op.drop_table("shop_returns")
    with op.batch_alter_table("shop_payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_payments_order_id"))

    op.drop_table("shop_payments")
    op.drop_table("shop_order_items")
    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_orders_customer_id_placed_at"))

    op.drop_table("shop_orders")
    op.drop_table("shop_customers")
    with op.batch_alter_table("turns", schema=None) as batch_op:
        batch_op.drop_index("ix_turns_waiting")

    op.drop_table("turns")
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipts_created_at"))

    op.drop_table("receipts")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_due")
        batch_op.drop_index("ix_deliveries_conversation")

    op.drop_table("deliveries")
    op.drop_table("tracker_events")
    op.drop_table("messages")
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_index("ix_handoffs_conversation")

    op.drop_table("handoffs")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index("ix_conversations_updated")
        batch_op.drop_index(
            "ix_conversations_turns",
            sqlite_where=sa.text("turn_waiting_since IS NOT NULL"),
            postgresql_where=sa.text("turn_waiting_since IS NOT NULL"),
        )
        batch_op.drop_index("ix_conversations_queue")

    op.drop_table("conversations")
    op.drop_table("sessions")
    op.drop_table("identities")
    op.drop_table("workers")
    op.drop_table("people")
    with op.batch_alter_table("login_failures", schema=None) as batch_op:
        batch_op.drop_index("ix_login_failures_name")

    op.drop_table("login_failures")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_events_conversation_id"))

    op.drop_table("events")
    op.drop_table("contacts")
