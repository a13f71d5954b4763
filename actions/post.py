"""Letters to customers, as the actions need them: who sends them, and in which words, is decided elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from actions.shop.backend import Order, Return
from actions.values import Params


class NotSent(Exception):
    """The letter was not taken; nobody got it."""


class DocumentKind(StrEnum):
    """What is printed."""

    INVOICE = "invoice"
    # what an order that is not paid yet has instead
    ORDER_OVERVIEW = "order_overview"
    RETURN_LABEL = "return_label"


@dataclass(frozen=True)
class Document:
    """Something to print and keep, sent along as a PDF; `opened` is the return that a label is for."""

    kind: DocumentKind
    order: Order
    opened: Return | None = None


class Post(Protocol):
    """Sends e-mail."""

    async def send(
        self, to: str, language: str, phrase: str, params: Params, documents: Sequence[Document] = ()
    ) -> None:
        """Send the phrase `mail_<phrase>` with the subject `mail_<phrase>_subject`, filled, in the customer's language.

        Raises:
            NotSent: it was not taken.
        """
        ...
