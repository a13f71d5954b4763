"""May this customer see this order? Whoever names the order's number and its owner's contact may."""

import hmac
from enum import IntEnum

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
