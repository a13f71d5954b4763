"""Which messages came in one burst, and what they say together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff import bursts, privacy
from handoff.clock import new_id, now
from handoff.inbox import MAX_TEXT
from handoff.messages import Message

BEGAN = now()


def message(text: str, at: float = 0.0, payload: str | None = None) -> Message:
    """Written `at` seconds after the first."""
    return Message(new_id(), "c", 1, "customer", text, BEGAN + timedelta(seconds=at), payload=payload)


def together(*messages: Message) -> list[str]:
    return [one.text for one in bursts.after(messages[0], messages[1:])]


def test_each_message_may_come_two_seconds_after_the_one_before() -> None:
    burst = [message("where", 0), message("is my order", 2), message("10001", 4)]
    assert together(*burst) == ["is my order", "10001"]


def test_what_comes_later_ends_the_burst_also_for_what_follows_it_at_once() -> None:
    assert together(message("hi", 0), message("where", 1), message("is my", 3.1), message("order", 3.2)) == ["where"]


def test_a_burst_has_at_most_five_messages() -> None:
    assert len(together(*(message(str(number)) for number in range(9)))) == 4


def test_a_burst_is_no_longer_than_one_message_may_be() -> None:
    half = "ক" * (MAX_TEXT // 2)
    assert together(message(half + "x"), message(half[:-2])) == [half[:-2]]
    assert together(message(half + "x"), message(half[:-1])) == []


@pytest.mark.parametrize(
    "burst",
    [
        [message("A person", payload="/human_agent"), message("please")],
        [message("please"), message("A person", payload="/human_agent"), message("now")],
    ],
)
def test_a_pressed_button_is_in_no_burst(burst: list[Message]) -> None:
    assert together(*burst) == []


@pytest.mark.parametrize(
    "texts",
    [
        ["4111 1111", "1111 1111"],
        ["৪১১১ ১১১১", "১১১১ ১১১১"],
        ["my cvv", "123"],
        ["4111-1111", "1111", "1111"],
    ],
)
def test_a_card_number_in_pieces_is_never_put_together(texts: list[str]) -> None:
    said = [texts[0], *together(*map(message, texts))]
    assert len(said) < len(texts)
    assert privacy.redact(" ".join(said)) == " ".join(said)


def test_an_order_number_and_a_phone_number_are_no_card() -> None:
    assert together(message("10001"), message("01712345678")) == ["01712345678"]


def test_together_the_messages_are_lines_and_none_says_again_what_was_said() -> None:
    assert bursts.joined(["where", "is my order", "10001"]) == "where\nis my order\n10001"
    assert bursts.joined(["Where?", "10001", "where", "WHERE???", "10001"]) == "Where?\n10001"
    assert bursts.joined(["ডেলিভারি চার্জ কত?", "ডেলিভারি চার্জ কত"]) == "ডেলিভারি চার্জ কত?"
    assert bursts.joined(["??", "!!", "hi"]) == "??\nhi"
