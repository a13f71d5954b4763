"""Long texts in parts: nothing is lost, each fits, and each ends where a reader would pause."""

from __future__ import annotations

from itertools import accumulate

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.splitting import split

PIECES = [
    "a", "word ", "A sentence. ", "৭০৳ লাগে। ", "কী? ", "line\n", "\n\n", "👩🏽\u200d🚀", "🇧🇩", "ক্ষি", "é", "\r\n", " ",
    "x" * 30, "3.50 ", "<b>&amp;", "\u200d", "\ufe0f", "👍🏽",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=60).map("".join)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def escaped_length(text: str) -> int:
    return len(text) + 4 * text.count("&") + 3 * text.count("<")


@given(TEXTS, st.integers(1, 80), st.integers(1, 80))
@example("👩🏽\u200d🚀" * 10, 8, 3)
@example("a" + "\u0301" * 50, 8, 1)
def test_the_parts_together_are_the_text_and_each_fits_as_the_channel_counts(text: str, most: int, first: int) -> None:
    for length, least in ((len, 1), (units, 2), (escaped_length, 5)):
        rooms = [max(min(first, most), least), *[max(most, least)] * (1 + len(text))]
        parts = split(text, rooms[1], length, rooms[0])
        assert "".join(parts) == text
        assert all(0 < length(part) <= room for part, room in zip(parts, rooms, strict=False))


@given(TEXTS, st.integers(20, 80))
def test_no_character_as_a_reader_counts_them_is_cut_in_two(text: str, most: int) -> None:
    characters = regex.findall(r"\X", text)
    for length in (len, units):
        if any(length(one) > most for one in characters):
            continue
        whole = set(accumulate(len(one) for one in characters))
        assert set(accumulate(len(part) for part in split(text, most, length))) <= whole


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("short", 10, ["short"]),
        ("", 10, []),
        ("It costs 3.50 here. And more there.", 25, ["It costs 3.50 here. ", "And more there."]),
        ("প্রথম বাক্য। দ্বিতীয় বাক্য।", 20, ["প্রথম বাক্য। ", "দ্বিতীয় বাক্য।"]),
        ("First part.\n\nSecond. Third.", 24, ["First part.\n\n", "Second. Third."]),
        ("First line here\nsecond line", 20, ["First line here\n", "second line"]),
        ("A paragraph.\n\nAnd. Another one", 20, ["A paragraph.\n\n", "And. Another one"]),
        ("One is here: 3.50 and more", 20, ["One is here: 3.50 ", "and more"]),
        ("one two three four", 10, ["one two ", "three four"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_a_part_ends_where_a_reader_would_pause(text: str, most: int, parts: list[str]) -> None:
    assert split(text, most) == parts


def test_where_something_goes_with_the_first_part_it_is_shorter() -> None:
    assert split("x" * 25, 10, first=4) == ["x" * 4, "x" * 10, "x" * 10, "x"]


def test_a_long_text_without_any_pause_is_split_quickly() -> None:
    parts = split("ক্ষ" * 40_000, 3000)
    assert "".join(parts) == "ক্ষ" * 40_000 and all(len(part) <= 3000 for part in parts)
