"""What only disguises a text is taken out of it, and nothing that any script needs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.plain_text import MOST_MARKS, plain, plain_line, storable
from handoff.privacy import REDACTED, redact

ANY = st.text(st.characters(codec=None), max_size=60)
KEPT = (
    "Where is my order 10001?",
    "আমার অর্ডার র\u200d্যাপিড ডেলিভারিতে কোথায়? ক্\u200cষ",
    "मेरा ऑर्डर कहाँ है? क्\u200dष",
    "¿Dónde está mi pedido? e\u0301n\u0303",
    "أين طلبي 10001\u200f؟ مُحَمَّدٌ",
    "איפה ההזמנה שלי? בְּרֵאשִׁ֖ית",
    "می\u200cخواهم",
    "Đơn hàng của tôi a\u0302\u0301",
    "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f 🏴\U000e0067\U000e0062\U000e007f 1\ufe0f\u20e3",
    "a\tb\nc",
)


@pytest.mark.parametrize("text", KEPT)
def test_what_a_script_needs_stays(text: str) -> None:
    assert plain(text) == text
    assert storable(text) == text


@given(ANY)
def test_whatever_is_typed_what_is_left_disguises_nothing_and_can_be_stored(text: str) -> None:
    left = plain(text)
    assert storable(left) == left
    assert not any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in left)
    assert not any(unicodedata.bidirectional(one) in EXPLICIT for one in left)
    assert plain(left) == left
    assert "\n" not in plain_line(text) and plain_line(text) == plain_line(text).strip()


EXPLICIT = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


@given(st.lists(st.sampled_from("aক \u0301\u0351\u20dd\u09bc"), max_size=60).map("".join))
def test_no_letter_carries_more_marks_than_that(text: str) -> None:
    left = plain(text)
    longest = run = 0
    for character in left:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        longest = max(longest, run)
    assert longest <= MOST_MARKS
    assert [one for one in left if one in "aক "] == [one for one in text if one in "aক "]


def test_a_hidden_card_number_is_found_all_the_same() -> None:
    assert redact(plain("4111\u202e1111\u206611\x0011\x071111")) == REDACTED


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "\udfffb"])
def test_what_no_database_takes_is_not_storable(text: str) -> None:
    with pytest.raises(ValueError, match="not valid text"):
        storable(text)
