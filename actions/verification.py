"""May this customer see this order, or change it? Whoever names its number and its owner's contact may see it; whom the
shop vouches for may do both."""

import hmac
from dataclasses import dataclass
from enum import IntEnum

from rasa_sdk import Tracker

from actions.shop.backend import Order
from actions.typed import Contact, same_form


class Level(IntEnum):
    """How surely the customer is the order's owner.

    `MATCHED` (number and contact fit) is enough to read. `VERIFIED` (a session the shop vouched for, or a one-time
    code) is needed to change anything.
    """

    NONE = 0
    MATCHED = 1
    VERIFIED = 2


@dataclass(frozen=True)
class Vouched:
    """The shop's customer, for whom the shop has vouched: by its own id, by e-mail, or both (else empty)."""

    customer_id: str
    email: str


def vouched(tracker: Tracker) -> Vouched | None:
    """Whom the shop vouches for in this conversation; only what the channel has checked says so, never a text."""
    said = (tracker.latest_message.get("metadata") or {}).get("customer")
    if not isinstance(said, dict) or not any(said.values()):
        return None
    return Vouched(str(said.get("id") or ""), str(said.get("email") or ""))


def level(order: Order | None, contact: Contact | None, customer: Vouched | None) -> Level:
    """How surely the order is this customer's: by the shop's word, else by what they typed."""
    typed = match(order, contact)
    if order is None or customer is None:
        return typed
    same = hmac.compare_digest(order.customer.id.encode(), customer.customer_id.encode())
    if not customer.customer_id:
        same = hmac.compare_digest(same_form(order.customer.email).encode(), same_form(customer.email).encode())
    return Level.VERIFIED if same else typed


def match(order: Order | None, contact: Contact | None) -> Level:
    """How surely a typed contact owns an order: `NONE` for somebody else's order just as for a missing one.

    Every comparison is made to its end, whatever the ones before it said, so that time tells nothing.
    """
    owners = _owners(order)
    forms = contact.forms if contact else frozenset[str]()
    same = False
    for owner in owners:
        for form in forms:
            same |= hmac.compare_digest(owner.encode(), form.encode())
    return Level.MATCHED if same and order is not None else Level.NONE


def _owners(order: Order | None) -> tuple[str, str]:
    """The owner's e-mail and phone. Nobody's are control characters, which no typed contact can hold."""
    if order is None:
        return "\x00", "\x00"
    return same_form(order.customer.email), same_form(order.customer.phone or "\x00")
