"""WooCommerce's ids of payment methods, in our words. Each plugin has its own; a shop can name more in its settings."""

from collections.abc import Mapping

from actions.shop.backend import PaymentMethod
from actions.shop.trouble import ShopTrouble

Methods = Mapping[str, PaymentMethod]

# what an order has that was paid without any, as one that the shop's people entered
NONE = "none"

# ids as the plugins have them; one that ends with * stands for all that begin so
KNOWN: Methods = {
    "bacs": PaymentMethod.BANK_TRANSFER,
    "cheque": PaymentMethod.BANK_TRANSFER,
    "cod": PaymentMethod.CASH_ON_DELIVERY,
    "stripe": PaymentMethod.CARD,
    "stripe_cc": PaymentMethod.CARD,
    "woocommerce_payments": PaymentMethod.CARD,
    "square_credit_card": PaymentMethod.CARD,
    "braintree_credit_card": PaymentMethod.CARD,
    "authorize_net_cim_credit_card": PaymentMethod.CARD,
    "eway": PaymentMethod.CARD,
    "ppcp-credit-card-gateway": PaymentMethod.CARD,
    "ppcp-card-button-gateway": PaymentMethod.CARD,
    "mollie_wc_gateway_creditcard": PaymentMethod.CARD,
    "mollie_wc_gateway_paypal": PaymentMethod.PAYPAL,
    "mollie_wc_gateway_banktransfer": PaymentMethod.BANK_TRANSFER,
    "stripe_sepa": PaymentMethod.BANK_TRANSFER,
    "paypal": PaymentMethod.PAYPAL,
    "ppec_paypal": PaymentMethod.PAYPAL,
    "ppcp-gateway": PaymentMethod.PAYPAL,
    "braintree_paypal": PaymentMethod.PAYPAL,
    "bkash*": PaymentMethod.BKASH,
    "nagad*": PaymentMethod.NAGAD,
    "rocket*": PaymentMethod.ROCKET,
    "upi*": PaymentMethod.UPI,
}


def method(id_: str, own: Methods) -> PaymentMethod | None:
    """What an id stands for, the shop's `own` before all others; None where nobody has said."""
    for methods in (own, KNOWN):
        if id_ in methods:
            return methods[id_]
        for known, found in methods.items():
            if known.endswith("*") and id_.startswith(known[:-1]):
                return found
    return None


def unknown(id_: str) -> ShopTrouble:
    """What is the matter with an id that nobody has named."""
    named = id_ if id_.isascii() and id_.isprintable() and len(id_) <= 60 else "strange"
    return ShopTrouble(f"payment method '{named}' is not known; name it in SHOHAY_WOOCOMMERCE_PAYMENTS")


def parse(text: str) -> Methods:
    """Pairs such as `my_gateway=card, other*=paypal`.

    Raises:
        ValueError: with what to write instead.
    """
    found = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        id_, _, name = (part.strip() for part in pair.partition("="))
        if not id_ or name not in set(PaymentMethod):
            raise ValueError(f"write it as my_gateway=card, with one of {', '.join(PaymentMethod)}")
        found[id_] = PaymentMethod(name)
    return found
