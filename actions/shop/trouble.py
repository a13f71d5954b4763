"""What goes wrong with a shop's system that is not ours."""


class ShopTrouble(Exception):
    """The shop's system gave no answer that can be used. The message says what is the matter, for the log: it names no
    secret, and of a customer nothing but the order's id."""
