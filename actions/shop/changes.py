"""Changes to an order: who asks for one, what came of it, and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from actions.shop.backend import ClaimKind, Refund, Remedy, ReturnReason


class ChangeKind(StrEnum):
    """What was done to an order."""

    CANCEL = "cancel"
    ITEMS = "items"
    ADDRESS = "address"
    DELIVERY = "delivery"
    RETURN = "return"
    EXCHANGE = "exchange"
    CLAIM = "claim"


class Refusal(StrEnum):
    """Why a change is not made. `NOT_SUPPORTED`: this shop's system cannot do it, a person has to.

    `TOO_EARLY`: it has not come yet. `NOT_POSSIBLE`: the policy does not allow just this.
    """

    ALREADY_DONE = "already_done"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    NOT_POSSIBLE = "not_possible"
    NOT_SUPPORTED = "not_supported"


class Refused(Exception):
    """The shop does not make this change; the order is as it was."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Doing:
    """For whom a change is made. `key` is the customer's message that asked for it, `also` those that were answered
    with it: asked again by any of them, nothing is changed twice.

    `who` is the conversation, `level` how surely its customer owns the order (`actions.verification.Level`).
    """

    key: str
    who: str
    level: int
    also: tuple[str, ...] = ()

    @property
    def messages(self) -> tuple[str, ...]:
        """All that asked for it."""
        return (self.key, *self.also)


@dataclass(frozen=True)
class ReturnWish:
    """What is to come back: how many pieces of which lines (by their ids), why, and what is wanted instead of money."""

    items: Mapping[str, int]
    reason: ReturnReason
    exchange_for: str | None = None


@dataclass(frozen=True)
class ClaimWish:
    """What is wrong, with how many pieces of which lines (by their ids), and what is to be done about it."""

    kind: ClaimKind
    items: Mapping[str, int]
    description: str
    remedy: Remedy


@dataclass(frozen=True)
class Change:
    """A change that was made, as its audit row has it. `before` and `after` hold what is another now; `reference` is
    what the customer and the shop call it."""

    id: str
    reference: str
    kind: ChangeKind
    order_number: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    at: datetime
    refunds: tuple[Refund, ...]
