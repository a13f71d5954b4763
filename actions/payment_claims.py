"""Claims about payments: what the shop's record says comes first, and a claim is for what it does not explain."""

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.change_form import end_form
from actions.claims import ClaimAction, ClaimForm
from actions.detail import Known
from actions.heard import Heard, heard_since
from actions.numberless import NumberlessForm
from actions.payment_details import SETTLED, SETTLES, Settles, Statement, payment_lines
from actions.services import Services
from actions.shop.backend import ClaimKind, Order, Remedy
from actions.shop.changes import ClaimWish
from actions.values import Value, phrase

# what somebody would read who sees only the claim
_BY_RECORD = "seen in the order's payments"


class PaymentForm(ClaimForm):
    """The form before a claim about a payment: nobody needs a card's number for it."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Who has typed a card number hears once that it is not needed, and was not kept."""
        said = Heard.of(tracker.latest_message).has_card_number
        if said and not any(one.has_card_number for one in heard_since(tracker, self.form_name())):
            dispatcher.utter_message(response="utter_card_number_typed")
        return await super().run(dispatcher, tracker, domain)


class ChargeForm(PaymentForm, NumberlessForm):
    """What the record says, whether that settles it, and if not, what the customer sees."""

    settles: type[Settles]

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self.details = [self.settles(), Statement()]

    async def settle(
        self, order: Order, known: Known, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[EventType] | None:
        """What is settled needs no claim."""
        if known.get(SETTLES) != SETTLED:
            return None
        dispatcher.utter_message(response="utter_payment_settled")
        return end_form()

    def about(self, order: Order, known: Known) -> Sequence[Value]:
        """The payments, and what the customer sees."""
        said = known.get(Statement.name)
        return [*payment_lines(order), *([phrase("claim_line_what", what=str(said))] if said else [])]

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimForm`."""
        return _wish(self.kind, known)


class ChargeAction(ClaimAction):
    """Opens the claim."""

    def wish(self, known: Known) -> ClaimWish:
        """See `ClaimAction`."""
        return _wish(self.kind, known)


def _wish(kind: ClaimKind, known: Known) -> ClaimWish:
    """Money back where the record alone shows that it is due; else somebody looks into it."""
    remedy = Remedy.CHECK if SETTLES in known else Remedy.REFUND
    return ClaimWish(kind, {}, str(known.get(Statement.name) or _BY_RECORD), remedy)
