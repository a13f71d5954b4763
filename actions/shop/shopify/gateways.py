"""How something was paid, by what Shopify says of the payment. A gateway that nobody has named is not guessed at."""

from collections.abc import Mapping

from actions.shop.backend import PaymentMethod
from actions.shop.shopify.nodes import Node
from actions.shop.trouble import ShopTrouble

Gateways = Mapping[str, PaymentMethod]

# names of gateways, and of the ways that a gateway offers, in small letters
_KNOWN = {
    "shopify_payments": PaymentMethod.CARD,
    "bogus": PaymentMethod.CARD,
    "paypal": PaymentMethod.PAYPAL,
    "cash on delivery (cod)": PaymentMethod.CASH_ON_DELIVERY,
    "cash_on_delivery": PaymentMethod.CASH_ON_DELIVERY,
    "bank deposit": PaymentMethod.BANK_TRANSFER,
    "money order": PaymentMethod.BANK_TRANSFER,
    "ideal": PaymentMethod.BANK_TRANSFER,
    "sofort": PaymentMethod.BANK_TRANSFER,
    "bancontact": PaymentMethod.BANK_TRANSFER,
    "bkash": PaymentMethod.BKASH,
    "nagad": PaymentMethod.NAGAD,
    "rocket": PaymentMethod.ROCKET,
    "upi": PaymentMethod.UPI,
}
_CARDS = "CardPaymentDetails"


def method(transaction: Node, own: Gateways) -> PaymentMethod:
    """The shop's `own` names come before all others, and the way that was chosen before the gateway behind it.

    Raises:
        ShopTrouble: nobody has said what it is.
    """
    details = transaction.one_or_none("paymentDetails")
    way, gateway = (details.maybe("paymentMethodName") if details else None), transaction.maybe("gateway")
    said = [name.strip().lower() for name in (way, gateway) if name]
    for names in ({name.lower(): ours for name, ours in own.items()}, _KNOWN):
        for name in said:
            # a card that was used with a wallet's gateway is a card all the same
            if names is _KNOWN and details and details.text("__typename") == _CARDS:
                return PaymentMethod.CARD
            if name in names and not (name == "shopify_payments" and way):
                return names[name]
    named = said[-1] if said and said[-1].isascii() and said[-1].isprintable() and len(said[-1]) <= 60 else "strange"
    raise ShopTrouble(f"payments of '{named}' are not known; name it as docs/shopify.md says")
