"""Card numbers and their codes go, everything else stays."""

from __future__ import annotations

import random
import re

import pytest
from card_testing import AROUND, SCRIPTS, card, plain_digits, written
from hypothesis import given
from hypothesis import strategies as st

from handoff.privacy import REDACTED, has_content, redact


def test_ten_thousand_card_numbers_are_all_gone() -> None:
    chance = random.Random(20261120)
    for _ in range(10_000):
        number = card(chance)
        before, after = chance.choice(AROUND)
        text = redact(f"{before}{written(chance, number)}{after}")
        assert text == f"{before}{REDACTED}{after}", number


def test_a_card_number_goes_with_expiry_and_code_beside_it() -> None:
    chance = random.Random(7)
    for _ in range(500):
        number = card(chance)
        for beside in (" 12/27 123", " 12/27 1234", " 123", " 12 / 2027 123", "/123"):
            text = redact(f"it is {written(chance, number)}{beside}, please")
            assert REDACTED in text
            left = plain_digits(text)
            assert number not in left
            assert not left.endswith(("123", "1234")), text


def test_two_card_numbers_side_by_side_both_go() -> None:
    text = redact("4111 1111 1111 1111 5500-0055-5555-5559 and 378282246310005")
    assert plain_digits(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "CVV 123",
        "cvv: 123",
        "cvv2=1234",
        "my CVC is 987",
        "CVC2 - 987",
        "the csc code 555",
        "সিভিভি ১২৩",
        "সিভিভি হলো ১২৩",
        "सीवीवी है १२३",
        "CVV no. 123",
        "cvv number is 123",
        "cvv of my card is 123",
        "C.V.V 123",
        "cvv\n123",
        "CVV (123",
        "my cvv: 1 2 3",
        "the security code is 1234",
        "card verification code 123",
        "the code on the back is 123",
        "সিভিভি নম্বর ১২৩",
        "সিভিভি কোড: ১২৩",
        "সিভিভিটা ১২৩",
        "আমার কার্ডের সিভিভি হচ্ছে ১২৩",
        "সিকিউরিটি কোড ১২৩",
        "सुरक्षा कोड १२३",
    ],
)
def test_a_cards_security_code_goes_when_it_is_named(text: str) -> None:
    assert plain_digits(redact(text).replace("2=", "=").replace("C2", "C")) == ""
    assert redact(text).endswith("•••")


@pytest.mark.parametrize("text", ["123 is my CVV", "1234 is the cvc", "১২৩ আমার সিভিভি", "१२३ है सीवीवी"])
def test_a_cards_security_code_goes_when_it_is_named_after_it(text: str) -> None:
    assert redact(text).startswith("••• ")


@pytest.mark.parametrize(
    "beside", [" exp 12/27 123", ", 12/27, 123", "\n12/27\n123", " মেয়াদ ১২/২৭ ১২৩", "; valid thru 12-27; 1234"]
)
def test_a_security_code_goes_that_follows_card_and_expiry(beside: str) -> None:
    assert redact(f"4111 1111 1111 1111{beside} please").endswith("••• please")


@pytest.mark.parametrize(
    "text",
    [
        "the cvv is wrong, order 10001",
        "cvv for order 12345",
        "order 1234 is my order; what is a CVV?",
        "my security code was 482913",
        "tracking bd4111111111111111",
        "JD4111111111111111",
        "paid on 20/11/2026 and 21/11/2026",
        "2026/11/20 2026/11/21",
        "is 1234 my parcel?",
    ],
)
def test_what_only_looks_like_a_card_or_its_code_stays(text: str) -> None:
    assert redact(text) == text


def test_numbers_that_fail_the_luhn_check_stay() -> None:
    chance = random.Random(3)
    for _ in range(1000):
        number = card(chance)
        wrong = number[:-1] + str((int(number[-1]) + chance.randint(1, 9)) % 10)
        local = wrong.translate(str.maketrans(SCRIPTS[0], chance.choice(SCRIPTS)))
        assert redact(f"reference {local}!") == f"reference {local}!"
        if len(wrong) == 16:
            fours = " ".join(re.findall("....", local))
            assert redact(fours) == fours


def test_order_numbers_stay() -> None:
    chance = random.Random(5)
    for _ in range(1000):
        number = str(chance.randrange(10 ** (chance.randint(5, 10) - 1), 10**10))
        digits = chance.choice(SCRIPTS)
        for text in (f"order {number}", f"#{number}.", f"{number}", f"{number}, {number}", f"SH-{number}"):
            local = text.translate(str.maketrans(SCRIPTS[0], digits))
            assert redact(local) == local


def test_phone_numbers_stay_however_they_are_written() -> None:
    chance = random.Random(11)
    for _ in range(1000):
        mobile = f"1{chance.randint(3, 9)}{chance.randrange(10**8):08d}"
        order = f"1{chance.randrange(10**4):04d}"
        for text in (
            f"0{mobile}",
            f"0{mobile[:4]}-{mobile[4:]}",
            f"+880{mobile}",
            f"+880 {mobile[:4]}-{mobile[4:]}",
            f"880{mobile}",
            f"00880{mobile}",
            f"+49 151 {mobile[2:]}",
            f"+49151{mobile[2:]}",
            f"{order} 0{mobile}",
            f"{order} 0{mobile[:4]}-{mobile[4:]}",
            f"{order} +880{mobile}",
            f"{order} 880{mobile}",
            f"+880{mobile} {order}",
            f"+880 {mobile[:4]}-{mobile[4:]} {order}",
            f"0{mobile} {order}",
            f"45{order} 0{mobile}",
        ):
            local = text.translate(str.maketrans(SCRIPTS[0], chance.choice(SCRIPTS[:3])))
            assert redact(local) == local


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Where is my order 10001?",
        "I paid 1,299.00 on 2026-11-20 at 10:30",
        "tracking BD4111111111111111",
        "0000 0000 0000 0000",
        "the cvv is wrong",
        "12/27",
        "1 2 3 4 5 6 7 8 9 10 11 12",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text(alphabet=st.sampled_from("0123456789০१４ .-–+/\n_aক"), max_size=60) | st.text(max_size=60))
def test_redacting_never_fails_and_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
    if not any(character.isdigit() for character in text):
        assert once == text


def test_the_longest_message_of_digits_is_read_in_one_go() -> None:
    for text in ("4" * 4000, "4 " * 2000, "4-" * 2000, "4/" * 2000, "4111 1111 1111 1112 " * 200, "cvv is " * 570):
        redact(text)


def test_only_what_can_be_seen_is_content() -> None:
    for text in ("", " ", "\n\t", "\u200b", "\u200d\ufeff\u2060", "\u3000\u00a0", "\x00"):
        assert not has_content(text)
    for text in ("a", "ক", ".", "👍", " \u200b? "):
        assert has_content(text)
