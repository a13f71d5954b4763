"""The SQL tables of a shop's orders. All names begin with `shop_`, so they can share a database with anything."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
)

from actions.shop.backend import (
    ClaimKind,
    ClaimState,
    OrderState,
    PaymentMethod,
    PaymentState,
    RefundState,
    Rejection,
    Remedy,
    ReturnReason,
    ReturnState,
    ShipmentState,
    TrackingCode,
)
from actions.shop.changes import ChangeKind


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take an aware time of any zone to UTC; a naive one is a mistake and raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give an aware UTC time back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def _of(table: str, *, ondelete: str = "CASCADE") -> Column[str]:
    """A column that points to a row of another table; it may be empty where it outlives that row."""
    name = f"{table.removesuffix('s')}_id"
    target = ForeignKey(f"shop_{table}.id", ondelete=ondelete)
    return Column(name, String(36), target, nullable=ondelete == "SET NULL")


def _money(name: str) -> tuple[Column[int], CheckConstraint]:
    """Minor units, never negative; the currency stands in the row's own column `currency`."""
    return Column(name, Integer, nullable=False), CheckConstraint(f"{name} >= 0", name=name)


def _currency() -> tuple[Column[str], CheckConstraint]:
    return Column("currency", String(3), nullable=False), CheckConstraint("length(currency) = 3", name="currency")


def _one_of(name: str, values: type[StrEnum], *, required: bool = True) -> tuple[Column[str], CheckConstraint]:
    listed = ", ".join(f"'{value}'" for value in values)
    return Column(name, String(32), nullable=not required), CheckConstraint(f"{name} IN ({listed})", name=name)


def _time(name: str, *, required: bool = True) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=not required)


customers = Table(
    "shop_customers",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False, unique=True),
    Column("phone", String(16), unique=True),
    Column("language", String(16), nullable=False),
    Column("country", String(2), nullable=False),
    _time("created_at"),
    CheckConstraint("email = lower(email)", name="email"),
    CheckConstraint("phone LIKE '+%'", name="phone"),
)

orders = Table(
    "shop_orders",
    metadata,
    _id(),
    Column("number", String(32), nullable=False, unique=True),
    _of("customers", ondelete="RESTRICT"),
    *_one_of("state", OrderState),
    Column("city", JSON, nullable=False),
    Column("country", String(2), nullable=False),
    # who gets it, where: empty in the rows of a shop that does not say
    Column("recipient", String(200)),
    Column("street", String(300)),
    Column("postcode", String(16)),
    # when the courier comes, by the shop's clock; the day is expected_on
    Column("window_start", Time),
    Column("window_end", Time),
    *_money("shipping_minor"),
    *_money("total_minor"),
    *_currency(),
    _time("placed_at"),
    Column("expected_on", Date),
    CheckConstraint("total_minor >= shipping_minor", name="total"),
    CheckConstraint("(window_start IS NULL) = (window_end IS NULL)", name="window"),
    Index(None, "customer_id", "placed_at"),
)

order_items = Table(
    "shop_order_items",
    metadata,
    _id(),
    _of("orders"),
    Column("position", Integer, nullable=False),
    Column("sku", String(64), nullable=False),
    Column("names", JSON, nullable=False),
    Column("quantity", Integer, nullable=False),
    *_money("price_minor"),
    *_currency(),
    CheckConstraint("quantity > 0", name="quantity"),
    UniqueConstraint("order_id", "position"),
)

shipments = Table(
    "shop_shipments",
    metadata,
    _id(),
    _of("orders"),
    Column("carrier", JSON, nullable=False),
    Column("tracking_number", String(64), nullable=False, unique=True),
    *_one_of("state", ShipmentState),
    _time("announced_at"),
    Column("expected_on", Date),
    _time("delivered_at", required=False),
    CheckConstraint("state <> 'delivered' OR delivered_at IS NOT NULL", name="delivered_at"),
    Index(None, "order_id"),
)

tracking_events = Table(
    "shop_tracking_events",
    metadata,
    _id(),
    _of("shipments"),
    *_one_of("code", TrackingCode),
    Column("place", JSON(none_as_null=True)),
    _time("at"),
    Index(None, "shipment_id", "at"),
)

payments = Table(
    "shop_payments",
    metadata,
    _id(),
    _of("orders"),
    *_one_of("method", PaymentMethod),
    *_one_of("state", PaymentState),
    *_money("amount_minor"),
    *_currency(),
    _time("created_at"),
    Index(None, "order_id"),
)

returns = Table(
    "shop_returns",
    metadata,
    _id(),
    _of("orders"),
    Column("number", String(32), nullable=False, unique=True),
    *_one_of("state", ReturnState),
    *_money("amount_minor"),
    *_currency(),
    _time("requested_at"),
    _time("changed_at"),
    Column("label_valid_until", Date),
    *_one_of("rejection", Rejection, required=False),
    *_one_of("reason", ReturnReason, required=False),
    Column("exchange_for", Text),
    CheckConstraint("(state = 'rejected') = (rejection IS NOT NULL)", name="rejected_why"),
    CheckConstraint("changed_at >= requested_at", name="changed_at"),
    Index(None, "order_id"),
)

return_items = Table(
    "shop_return_items",
    metadata,
    _id(),
    _of("returns"),
    _of("order_items"),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    UniqueConstraint("return_id", "order_item_id"),
)

refunds = Table(
    "shop_refunds",
    metadata,
    _id(),
    _of("orders"),
    _of("returns", ondelete="SET NULL"),
    _of("claims", ondelete="SET NULL"),
    *_one_of("method", PaymentMethod),
    *_one_of("state", RefundState),
    *_money("amount_minor"),
    *_currency(),
    _time("created_at"),
    Column("expected_on", Date, nullable=False),
    _time("sent_at", required=False),
    CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_at"),
    Index(None, "order_id"),
    Index(None, "return_id"),
    Index(None, "claim_id"),
)

claims = Table(
    "shop_claims",
    metadata,
    _id(),
    _of("orders"),
    Column("number", String(40), nullable=False, unique=True),
    *_one_of("kind", ClaimKind),
    *_one_of("state", ClaimState),
    # how many pieces, by the ids of the order's lines
    Column("items", JSON, nullable=False),
    Column("description", Text, nullable=False),
    *_one_of("remedy", Remedy),
    _time("opened_at"),
    Index(None, "order_id"),
)

changes = Table(
    "shop_changes",
    metadata,
    _id(),
    # the row outlives its order: what was done stays known
    _of("orders", ondelete="SET NULL"),
    Column("order_number", String(32), nullable=False),
    Column("reference", String(40), nullable=False, unique=True),
    *_one_of("kind", ChangeKind),
    # the customer's message that asked for it: asked again, nothing is changed again
    Column("key", String(64), nullable=False, unique=True),
    # further messages that were answered with it: any of them asks for it again
    Column("also", JSON(none_as_null=True)),
    Column("who", String(64), nullable=False),
    Column("level", Integer, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    _time("at"),
    Index(None, "order_id"),
    Index(None, "who"),
)

codes = Table(
    "shop_codes",
    metadata,
    _id(),
    # as the shop's system calls it: the order may be in another database
    Column("order_id", String(64), nullable=False),
    Column("conversation", String(64), nullable=False),
    # the customer's message that it was sent for
    Column("key", String(64), nullable=False, unique=True),
    Column("code_hash", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    _time("created_at"),
    _time("sent_at", required=False),
    _time("used_at", required=False),
    Index(None, "conversation", "order_id", "created_at"),
    Index(None, "order_id", "created_at"),
)

mails = Table(
    "shop_mails",
    metadata,
    # the demo's mailbox: what would have been sent
    _id(),
    Column("recipient", String(320), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("text", Text, nullable=False),
    _time("at"),
    Index(None, "at"),
)

mail_files = Table(
    "shop_mail_files",
    metadata,
    # what was printed and sent along
    _id(),
    _of("mails"),
    Column("name", String(200), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index(None, "mail_id"),
)
