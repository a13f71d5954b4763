"""How messages look at Telegram: escaped, in parts that fit, with their buttons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram_markup import length, seen

from connectors.base import OutboundMessage
from connectors.telegram.keyboards import keyboard, pressed, spent
from connectors.telegram.rendering import LIMIT, render, units
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
