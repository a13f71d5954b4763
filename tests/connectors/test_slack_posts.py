"""How our messages look in Slack: within its limits, as they were meant, and with buttons that come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_blocks import wrong_with
from slack_testing import message

from connectors.slack.mrkdwn import marked_up, plain
from connectors.slack.places import Place
from connectors.slack.posts import posts
from handoff.messages import Button, Card

DM = Place("T0NODI", "D0AMINA")
THREAD = Place("T0NODI", "C1", "1.1", "U0AMINA")
ORDER = Card(
    "Order 10001",
    "On its way",
    (("Total", "৳ 1,250"), ("Parcel", "<DHL> & co")),
    ("Where it is", "https://dhl.example/t?a=1&b=2"),
)


def shown(blocks: Any) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "section" and "text" in block]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2 < 3 & 4 > 3", "2 &lt; 3 &amp; 4 &gt; 3"),
        ("<!channel> <@U1>", "&lt;!channel&gt; &lt;@U1&gt;"),
        ("See https://nodi.example/a?b=1&c=2.", "See <https://nodi.example/a?b=1&amp;c=2>."),
        ("(https://nodi.example/a_(b))", "(<https://nodi.example/a_(b)>)"),
        ("দেখুন https://nodi.example।", "দেখুন <https://nodi.example>।"),
        ("mail amina@example.com", "mail amina@example.com"),
    ],
)
def test_words_stay_words_and_addresses_become_links(text: str, written: str) -> None:
    assert marked_up(text) == written


@given(st.text(st.sampled_from("ab &<>|@#!/:.")) | st.text())
def test_what_we_write_is_read_as_what_we_meant(text: str) -> None:
    assert plain(marked_up(text)) == text.strip()


@given(
    st.text(st.sampled_from("ab &<>。।.\n 👍🏽http://x ক্ষ"), max_size=9000),
    st.lists(st.text(min_size=1, max_size=200), max_size=60),
    st.sampled_from([None, "Rahim", "<!channel> " * 40]),
)
def test_whatever_is_said_slack_would_take_it(text: str, titles: list[str], name: str | None) -> None:
    buttons = [Button(title, f"/{number}") for number, title in enumerate(titles)]
    author = "agent" if name else "bot"
    made = posts(message(text, author=author, author_name=name, buttons=buttons, card=ORDER), THREAD)
    for post in made:
        assert post.text and wrong_with(list(post.blocks)) == []
    rows = [block for post in made for block in post.blocks if block["type"] == "actions"]
    values = [one["value"] for row in rows for one in row["elements"]]
    assert values == ([f"4:{number}" for number in range(len(titles))] if made else [])


def test_a_message_of_the_bot_is_a_section_with_buttons_below() -> None:
    (post,) = posts(message("Shall I cancel it?", buttons=[Button("Yes", "/yes"), Button("No", "/no")]), DM)
    section, actions = post.blocks
    assert post.text == "Shall I cancel it?" and section["text"]["text"] == "Shall I cancel it?"
    assert [(one["text"]["text"], one["value"]) for one in actions["elements"]] == [("Yes", "4:0"), ("No", "4:1")]


def test_an_agents_name_stands_above_and_in_the_notification() -> None:
    (post,) = posts(message("Good morning!", author="agent", author_name="Rahim & Co"), DM)
    assert post.text == "Rahim &amp; Co: Good morning!"
    assert post.blocks[0]["elements"][0]["text"] == "*Rahim &amp; Co*" and shown(post.blocks) == ["Good morning!"]


def test_a_card_is_seen_at_one_glance_below_the_words() -> None:
    (post,) = posts(message("Your order is on its way.", card=ORDER), DM)
    assert shown(post.blocks) == [
        "Your order is on its way.",
        "*Order 10001*  ·  On its way",
        "<https://dhl.example/t?a=1&amp;b=2|Where it is>",
    ]
    (fields,) = [block["fields"] for block in post.blocks if "fields" in block]
    assert [one["text"] for one in fields] == ["*Total*\n৳ 1,250", "*Parcel*\n&lt;DHL&gt; &amp; co"]


def test_a_long_message_is_several_with_the_buttons_below_the_last() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(1000))
    made = posts(message(text, buttons=[Button("Yes", "/yes")]), DM)
    assert len(made) > 2
    assert [any(block["type"] == "actions" for block in post.blocks) for post in made] == [False] * (len(made) - 1) + [
        True
    ]
    words = " ".join(plain(section) for post in made for section in shown(post.blocks))
    assert words == text
    assert all(section.endswith(".") for post in made for section in shown(post.blocks))


def test_of_a_message_in_which_nothing_is_seen_nothing_is_posted() -> None:
    assert posts(message(" \u200b\n"), DM) == []


def test_an_address_is_read_as_it_was_written() -> None:
    for place in (DM, THREAD, Place("T1", "D1", "1700000000.000100")):
        assert Place.read(str(place)) == place
    for wrong in ("", "T1", "T1:D1:", "T1:D1:x", "T1:D1:1.1:U1:U2", "fake"):
        with pytest.raises(ValueError, match="address"):
            Place.read(wrong)
