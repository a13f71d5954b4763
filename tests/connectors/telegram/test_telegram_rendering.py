"""How messages look at Telegram: escaped, in parts that fit, with their buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_markup import length, seen

from connectors.base import OutboundFile, OutboundMessage
from connectors.telegram.keyboards import keyboard, pressed, spent
from connectors.telegram.rendering import CAPTION, LIMIT, render, units
from handoff.messages import Button, Card

MESSAGE = OutboundMessage("m", "c", "1", 14, "bot", None, "Hello", ())
TRACK = Card("Order 10001", rows=(("Total", "৳ 1,250"),), link=("Track it", "https://carrier.example/t?n=1&x=2"))
PIECES = [
    "a", "word ", "A sentence. ", "৭০৳ লাগে। ", "কী? ", "line\n", "\n\n", "👩🏽‍🚀", "🇧🇩", "ক্ষি", "é", "\r\n", " ",
    "x" * 30, "3.50 ", "<b>&amp;", "\u200d", "\ufe0f",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=60).map("".join)


@given(texts)
def test_a_text_is_as_long_as_telegram_counts_it(text: str) -> None:
    assert units(text) == length(text)


@given(texts, st.sampled_from([None, "Rahim", "R<b>&", "রহিম " * 40]))
def test_whatever_is_said_telegram_reads_it_as_it_was_said(text: str, name: str | None) -> None:
    author = "agent" if name else "bot"
    for part in render(replace(MESSAGE, author=author, author_name=name, text=text)):
        shown = seen(part.html)
        assert shown == part.plain
        assert length(shown) <= LIMIT


def test_a_long_text_has_its_buttons_under_the_last_part_and_the_name_over_the_first() -> None:
    text = "এই বাক্যটি সাতষট্টি অক্ষরের চেয়ে একটু ছোট হবে, আর এটি বারবার বলা হয়। " * 120
    message = replace(MESSAGE, author="agent", author_name="Rahim", text=text, buttons=(Button("OK", "/ok"),))
    parts = render(message)
    assert len(parts) == 3 and parts == render(message)
    assert [part.html.startswith("<b>Rahim</b>\n") for part in parts] == [True, False, False]
    assert [part.keyboard is not None for part in parts] == [False, False, True]
    assert all(part.plain.rstrip().endswith("।") for part in parts)


def test_only_an_agent_is_named() -> None:
    for author in ("bot", "system"):
        (part,) = render(replace(MESSAGE, author=author, author_name="সহায়"))
        assert part.html == "Hello"


def test_what_shows_nothing_is_not_sent() -> None:
    for text in ("", "  \n", "\u200b\u200d"):
        assert render(replace(MESSAGE, text=text)) == []


def test_each_button_has_a_row_and_carries_its_message_and_place() -> None:
    shown = keyboard(
        14, [Button("Yes", "/affirm"), Button("না", '/deny{"order": "10001"}'), Button("x" * 80, "/x")], None
    )
    assert shown is not None
    rows = [[(one.text, one.callback_data) for one in row] for row in shown.inline_keyboard]
    assert rows == [[("Yes", "14:0")], [("না", "14:1")], [("x" * 63 + "…", "14:2")]]
    assert [pressed(row[0][1]) for row in rows] == [(14, 0), (14, 1), (14, 2)]


@pytest.mark.parametrize("data", [None, "", "-", "1", "1:", ":1", "-1:0", "1:2:3", "9999999999:1", "১:২", "1:0\n", 7])
def test_what_is_no_button_of_ours_is_none(data: object) -> None:
    assert pressed(data) is None


def test_a_cards_link_is_a_button_and_its_lines_which_the_words_say_are_left_out() -> None:
    (part,) = render(replace(MESSAGE, card=TRACK))
    assert part.html == "Hello" and part.keyboard is not None and part.plain_keyboard is None
    (row,) = part.keyboard.inline_keyboard
    assert (row[0].text, row[0].url) == ("Track it", "https://carrier.example/t?n=1&x=2")
    for url in ("javascript:alert(1)", "https://localhost/t", "https://carrier.example/a b", "", "https://[x", "tel:1"):
        (part,) = render(replace(MESSAGE, card=replace(TRACK, link=("Track it", url))))
        assert part.keyboard is None


def test_after_a_press_what_was_chosen_stays_marked_and_links_stay() -> None:
    shown = keyboard(14, [Button("Yes", "/affirm"), Button("No", "/deny")], TRACK)
    assert shown is not None
    left = [[(one.text, one.url or one.callback_data) for one in row] for row in spent(shown, "14:1").inline_keyboard]
    assert left == [[("Track it", "https://carrier.example/t?n=1&x=2")], [("✓ No", "-")]]


CUP, BILL = OutboundFile("cup.jpg", "image/jpeg", b"jpeg"), OutboundFile("bill.pdf", "application/pdf", b"pdf")


@given(texts, st.sampled_from([None, "Rahim", "R<b>&", "রহিম " * 40]), st.integers(1, 3))
def test_whatever_is_said_with_files_telegram_takes_each_of_them_once_behind_the_words(
    text: str, name: str | None, many: int
) -> None:
    said = replace(MESSAGE, author="agent" if name else "bot", author_name=name, text=text)
    parts = render(replace(said, files=(CUP,) * many))
    assert [part.file for part in parts if part.file] == [CUP] * many
    for part in parts:
        assert seen(part.html) == part.plain
        assert length(part.plain) <= (CAPTION if part.file else LIMIT)
    # the same words, wherever they stand
    name_and_words = "".join(one.plain for one in parts).removeprefix(name or "").strip()
    assert name_and_words.split() == "".join(one.plain for one in render(said)).removeprefix(name or "").split()


def test_short_words_stand_under_the_first_file_and_long_ones_before_it() -> None:
    said = replace(MESSAGE, author="agent", author_name="Rahim", files=(CUP, BILL), buttons=(Button("OK", "/ok"),))
    under, alone = render(replace(said, text="x" * (CAPTION - 6)))
    assert (under.file, alone.file, alone.html) == (CUP, BILL, "")
    assert under.html == "<b>Rahim</b>\n" + "x" * (CAPTION - 6)
    assert (under.keyboard, alone.keyboard is not None) == (None, True)
    words, first, last = render(replace(said, text="x" * (CAPTION - 5)))
    assert (words.file, first.file, last.file, first.html) == (None, CUP, BILL, "")
    assert words.html.startswith("<b>Rahim</b>\nxx")


def test_a_file_without_words_says_whose_it_is() -> None:
    for text in ("", " ", "\u200b"):
        (part,) = render(replace(MESSAGE, text=text, author="agent", author_name="R<3", files=(CUP,)))
        assert (part.html, part.plain) == ("<b>R&lt;3</b>", "R<3")


@pytest.mark.parametrize(
    ("kind", "photo"),
    [
        ("image/jpeg", True),
        ("image/png", True),
        ("image/webp", True),
        ("image/gif", False),
        ("image/heic", False),
        ("application/pdf", False),
    ],
)
def test_what_telegram_can_show_is_a_picture_and_the_rest_a_file(kind: str, photo: bool) -> None:
    (part,) = render(replace(MESSAGE, files=(OutboundFile("a", kind, b"a"),)))
    assert part.photo is photo
