"""One spelling for one word."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normalise import fold_digits, normalise, unnumbered

# what customers' keyboards mix: scripts, joiners, marks, digits, spaces
TYPED = st.text(
    st.one_of(
        st.characters(min_codepoint=0x980, max_codepoint=0x9FF),
        st.characters(min_codepoint=0x900, max_codepoint=0x97F),
        st.sampled_from("\u200b\u200c\u200d\u200e\u2060\ufeff\u0301\u0308\u0338 \t\n\u00a0\u3000aeéAA0123٣²①=<"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


@given(TYPED)
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TYPED)
def test_nothing_normalised_has_foreign_digits_invisible_letters_or_loose_spaces(text: str) -> None:
    done = normalise(text)
    assert all(character.isascii() for character in done if character.isdigit())
    assert not set(done) & set("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
    assert done == " ".join(done.split())
    assert unicodedata.is_normalized("NFC", done)


@given(st.integers(0, 10**12), st.sampled_from(["০১২৩৪৫৬৭৮৯", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９"]))
def test_a_number_is_the_same_in_every_script(number: int, digits: str) -> None:
    assert normalise(str(number).translate(str.maketrans("0123456789", digits))) == str(number)


@given(TYPED)
def test_folding_digits_keeps_every_position(text: str) -> None:
    folded = fold_digits(text)
    assert len(folded) == len(text)
    assert all(a == b for a, b in zip(folded, text, strict=True) if not b.isdigit())


@given(st.text(max_size=20), st.text(max_size=20))
def test_both_unicode_forms_of_a_text_become_one(left: str, right: str) -> None:
    text = left + "বাংলায় é" + right
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("pleeeease", "pleease"),
        ("heyyyyyy!!!!", "heyy!!"),
        ("ভাইইইই", "ভাইই"),
        ("100000", "100000"),
        ("১০০০০১", "100001"),
        ("  a \n\t b  ", "a b"),
        ("অ\u200cর্ডার", "অর্ডার"),
        ("e\u200b\u0301", "é"),
        ("", ""),
        ("\u200b \ufeff", ""),
    ],
)
def test_what_is_typed_becomes_its_word(typed: str, word: str) -> None:
    assert normalise(typed) == word


@pytest.mark.parametrize(
    ("text", "unnumbered_text"),
    [
        ("order 48213 is late", "order 12345 is late"),
        ("R10002-1", "R12345-1"),
        ("since 2024, for 12 days", "since 12345, for 12 days"),
        ("call 01712345678", "call 12345"),
    ],
)
def test_long_numbers_are_all_one(text: str, unnumbered_text: str) -> None:
    assert unnumbered(text) == unnumbered_text
