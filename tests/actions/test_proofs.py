"""Who typed the right code has proved that they read the order's mail; nobody else has, whatever they know."""

from typing import Any

from form_testing import Talk, talk
from shop_testing import OwnShop

JONAS, AMINA = "jonas@example.com", "amina@example.com"


class Noted:
    """What was proved, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    async def reads_mail_of(self, conversation: str, address: str) -> None:
        self.told.append((conversation, address))


def noting(own: OwnShop, **around: Any) -> tuple[Talk, Noted]:
    one, noted = talk(own), Noted()
    one.around = {"proofs": noted, **around}
    return one, noted


async def test_a_right_code_proves_the_orders_own_address_and_nothing_before_it_does(own: OwnShop) -> None:
    one, noted = noting(own)
    await one.says("cancel my order", "cancel_order", order_number="10003", email=JONAS)
    code = own.letters.sent[-1].code
    await one.says(f"{(int(code) + 1) % 10**6:06d}")
    assert noted.told == []
    assert await one.says(code) == ["cancel_summary", "confirm_change"]
    assert noted.told == [("v", JONAS)]
    # whoever says yes, or comes back to the order within the code's half hour, has read no mail for it
    await one.says("no", "deny")
    assert await one.says("cancel it after all", "cancel_order", order_number="10003", email=JONAS)
    assert noted.told == [("v", JONAS)]


async def test_a_turn_that_is_repeated_proves_it_again(own: OwnShop) -> None:
    """It may have died before it was told."""
    one, noted = noting(own)
    await one.says("cancel my order", "cancel_order", order_number="10003", email=JONAS)
    await one.says(own.letters.sent[-1].code)
    assert await one.again() == ["cancel_summary", "confirm_change"]
    assert noted.told == [("v", JONAS)] * 2


async def test_neither_the_shops_word_nor_a_fitting_contact_is_a_code(own: OwnShop) -> None:
    one, noted = noting(own)
    one.customer = {"email": JONAS}
    assert await one.says("cancel 10003", "cancel_order", order_number="10003") == ["cancel_summary", "confirm_change"]
    other, also_noted = noting(own)
    await other.says("cancel 10001", "cancel_order", order_number="10001", email=AMINA)
    assert noted.told == also_noted.told == []
