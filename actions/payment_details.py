"""What the forms about payments show and ask: the payments that there are, and what the customer sees instead."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from rasa_sdk.executor import CollectingDispatcher

from actions.detail import Choice, FreeText, Known
from actions.order_lines import refund_line
from actions.shop.backend import Order
from actions.values import Value, day, money, phrase

SETTLED, OPEN = "settled", "open"
SETTLES = "settles_it"


def payment_lines(order: Order) -> list[Value]:
    """Each payment with its day, amount and what became of it, and each refund; a line that says so where none is."""
    found = [
        phrase(
            f"payment_line_{payment.state}",
            amount=money(payment.amount),
            by=phrase(f"payment_by_{payment.method}"),
            date=day(payment.created_at.date()),
        )
        for payment in order.payments
    ]
    return [*(found or [phrase("payment_line_none")]), *(refund_line(refund) for refund in order.refunds)]


class Settles(Choice):
    """Whether what the shop knows explains it. Who is not helped by that goes on to a claim."""

    name = SETTLES
    unclear = "payment_settles_unclear"
    question = "payment_settles"
    answers: Mapping[str, str] = {SETTLED: "payment_settled_button", OPEN: "payment_open_button"}
    intents: Mapping[str, str] = {"affirm": SETTLED, "thank": SETTLED, "deny": OPEN}
    no_is_an_answer = True

    @abstractmethod
    def explain(self, order: Order, dispatcher: CollectingDispatcher) -> None:
        """Say what the shop knows."""

    def ask(self, order: Order, known: Known, dispatcher: CollectingDispatcher) -> None:
        """After the explanation."""
        self.explain(order, dispatcher)
        super().ask(order, known, dispatcher)


class Statement(FreeText):
    """What the customer's bank or wallet shows."""

    name = "statement"
    unclear = "charge_statement_unclear"
    question = "charge_statement"
    about: Sequence[str] = (SETTLES,)

    def needed(self, order: Order, known: Known) -> bool:
        """Where it is not settled by what the shop knows."""
        return known.get(SETTLES) == OPEN
