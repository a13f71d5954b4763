"""What the actions work with, in one hand."""

from collections.abc import Sequence
from dataclasses import dataclass

from actions.codes import OneTimeCodes
from actions.post import Post
from actions.proofs import Proofs
from actions.shop.backend import ShopBackend
from actions.shop.policy import Policy
from actions.stored_data import StoredData

SHOP_PATIENCE_SECONDS = 4.0


@dataclass(frozen=True)
class Services:
    """A shop and what is around it.

    Attributes:
        regions: ISO 3166 codes of where phone numbers without a country's code are at home.
        languages: in which the shop answers.
        codes: without them nobody can be verified, and changes go to a person.
        post: who carries letters to customers, None where nobody does.
        stored: what stands of a customer besides their orders; None where nobody here can reach it.
        proofs: who is told what a customer has proved; None where nobody wants to know.
        news: whether the shop tells what happens to orders, so that customers can be told.
        patience: how many seconds the shop, and who carries a letter, have to answer.
    """

    shop: ShopBackend
    regions: Sequence[str]
    languages: Sequence[str]
    policy: Policy
    codes: OneTimeCodes | None = None
    post: Post | None = None
    stored: StoredData | None = None
    proofs: Proofs | None = None
    news: bool = False
    patience: float = SHOP_PATIENCE_SECONDS
