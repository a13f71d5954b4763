"""Asking for an invoice: it goes as a PDF to the order's own e-mail address, never to one that was typed here."""

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.change_form import language_of, message_ids
from actions.forms import OrderForm
from actions.lookup import OrderAction
from actions.post import Document, DocumentKind, NotSent
from actions.sent_lately import SentLately
from actions.services import Services
from actions.shop.backend import Order, OrderState, PaymentState
from actions.slots import HANDOFF_REASON, WISHED
from actions.typed import masked
from actions.values import ident

# what is said once it is sent; the letters are `mail_invoice` and `mail_order_overview`, each with its subject
_SAID = {
    DocumentKind.INVOICE: "utter_invoice_sent",
    DocumentKind.ORDER_OVERVIEW: "utter_invoice_overview_sent",
}


class ValidateInvoiceRequestForm(OrderForm):
    """The form before `action_invoice_request`."""

    def name(self) -> str:
        """The action's name."""
        return "validate_invoice_request_form"


class ActionInvoiceRequest(OrderAction):
    """Sends the invoice, or what an order has that is not paid yet."""

    form = "invoice_request_form"

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(services)
        self._lately = SentLately()

    def name(self) -> str:
        """The action's name."""
        return "action_invoice_request"

    async def tell(self, order: Order, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Say what was sent where; a person sends it where letters do not go."""
        number = ident(order.number)
        kind = document(order)
        if kind is None:
            dispatcher.utter_message(response="utter_invoice_none", number=number)
            return []
        address, keys = ident(masked(order.customer.email)), message_ids(tracker)
        again = self._lately.already(order.id, keys)
        if not again and self._lately.enough(order.id):
            dispatcher.utter_message(response="utter_invoice_enough", number=number, address=address)
            return []
        try:
            if not again:
                await self._send(kind, order, tracker)
                self._lately.note(order.id, keys)
        except NotSent:
            dispatcher.utter_message(response="utter_invoice_not_sent", number=number)
            wished = f"{kind.replace('_', ' ')} for order {order.number}, to the e-mail address of the order"
            return [SlotSet(WISHED, wished), SlotSet(HANDOFF_REASON, "invoice_request")]
        dispatcher.utter_message(response=_SAID[kind], number=number, address=address)
        return []

    async def _send(self, kind: DocumentKind, order: Order, tracker: Tracker) -> None:
        if self._services.post is None:
            raise NotSent("nobody carries letters here")
        language, params = language_of(tracker, order), {"number": ident(order.number)}
        await self._services.post.send(order.customer.email, language, str(kind), params, [Document(kind, order)])


def document(order: Order) -> DocumentKind | None:
    """Which document there is about an order; None where it was cancelled and nothing was ever paid."""
    if any(payment.state is PaymentState.CAPTURED for payment in order.payments):
        return DocumentKind.INVOICE
    return None if order.state is OrderState.CANCELLED else DocumentKind.ORDER_OVERVIEW


def actions(services: Services) -> list[Action]:
    """All that asking for an invoice takes."""
    return [ValidateInvoiceRequestForm(services), ActionInvoiceRequest(services)]
