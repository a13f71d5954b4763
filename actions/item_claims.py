"""Claims about the things themselves: which ones, how many, what is wrong, and what would put it right."""

from collections.abc import Sequence

from actions.claim_details import ClaimedPieces, Description, RemedyChoice, remedy_of
from actions.claims import ClaimAction, ClaimForm
from actions.detail import Known
from actions.item_details import ItemsDetail, QuantityDetail
from actions.order_lines import items_line
from actions.services import Services
from actions.shop.backend import ClaimKind, Order
from actions.shop.changes import ClaimWish
from actions.shop.claims_policy import claimable
from actions.values import Value, phrase


class ItemClaimForm(ClaimForm):
    """The form before a claim about items. `question` asks what is wrong with them."""

    question: str

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self.details = [
            ItemsDetail("claim_items", claimable),
            QuantityDetail("claim_quantity", claimable),
            ClaimedPieces(),
            Description(self.question, self.intent),
            RemedyChoice(self._services.policy.claims),
        ]

    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """The pieces, and the customer's own words."""
        return _about(order, known)

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimForm`."""
        return _wish(self.kind, known)


class ItemClaimAction(ClaimAction):
    """Opens a claim about items."""

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimAction`."""
        return _wish(self.kind, known)


def _about(order: Order, known: Known) -> Sequence[Value]:
    claimed = known[ClaimedPieces.name]
    pieces = [(item, int(claimed[item.id])) for item in order.items if item.id in claimed]
    return [items_line(pieces), phrase("claim_line_what", what=str(known[Description.name]))]


def _wish(kind: ClaimKind, known: Known) -> ClaimWish:
    return ClaimWish(kind, dict(known[ClaimedPieces.name]), str(known[Description.name]), remedy_of(known))
