"""What is named only to say that it is not meant is not heard as meant."""

from __future__ import annotations

import pytest

from actions.heard import Heard


def heard(text: str, *named: str) -> list[str]:
    """What is heard of a message in which these words are found, each where it stands."""
    entities = [
        {"entity": "date", "value": one, "start": text.index(one), "end": text.index(one) + len(one)} for one in named
    ]
    return Heard.of({"text": text, "entities": entities}).values("date")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no, not Saturday", "Saturday"),
        ("not on Saturday please", "Saturday"),
        ("I can't do Saturday", "Saturday"),
        ("any day except Saturday", "Saturday"),
        ("না, শনিবার না", "শনিবার"),
        ("শনিবারে নয়", "শনিবার"),
        ("na, shonibar na", "shonibar"),
        ("shonibare noy", "shonibar"),
        ("नहीं, शनिवार नहीं", "शनिवार"),
        ("शनिवार को नहीं चलेगा", "शनिवार"),
        ("nahi, shanivar ko nahi", "shanivar"),
        ("shanivar mat bhejo", "shanivar"),
        ("no, el sábado no", "sábado"),
        ("no quiero el sábado", "sábado"),
        ("non, pas samedi", "samedi"),
        ("tous les jours sauf le samedi", "samedi"),
        ("nein, nicht am Samstag", "Samstag"),
        ("Nicht den Samstag!", "Samstag"),
    ],
)
def test_a_day_that_is_denied_is_not_heard(text: str, named: str) -> None:
    assert heard(text, named) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no, Saturday", "Saturday"),
        ("Saturday, not sooner", "Saturday"),
        ("না, শনিবার", "শনিবার"),
        ("na, shonibar", "shonibar"),
        ("नहीं, शनिवार", "शनिवार"),
        ("nahi, shanivar ko", "shanivar"),
        ("no, el sábado", "sábado"),
        ("el sábado no hay problema", "sábado"),
        ("non, samedi", "samedi"),
        ("nein, Samstag", "Samstag"),
        ("Samstag, nichts anderes", "Samstag"),
    ],
)
def test_a_day_that_corrects_another_is_heard(text: str, named: str) -> None:
    assert heard(text, named) == [named]


@pytest.mark.parametrize(
    ("text", "named", "meant"),
    [
        ("not Saturday but Sunday", ("Saturday", "Sunday"), "Sunday"),
        ("শনিবার না, রবিবার", ("শনিবার", "রবিবার"), "রবিবার"),
        ("शनिवार नहीं, रविवार", ("शनिवार", "रविवार"), "रविवार"),
        ("pas samedi, dimanche", ("samedi", "dimanche"), "dimanche"),
        ("nicht Samstag, sondern Sonntag", ("Samstag", "Sonntag"), "Sonntag"),
        ("el sábado no, el domingo", ("sábado", "domingo"), "domingo"),
    ],
)
def test_of_two_days_the_one_that_is_not_denied_is_heard(text: str, named: tuple[str, str], meant: str) -> None:
    assert heard(text, *named) == [meant]


@pytest.mark.parametrize(
    "text", ["why not Saturday?", "isn't Saturday possible?", "Saturday, no?", "why can't you do Saturday?"]
)
def test_a_question_denies_nothing(text: str) -> None:
    assert heard(text, "Saturday") == ["Saturday"]


@pytest.mark.parametrize(
    ("text", "kind", "named"),
    [
        ("order 10010 mein lamp nahi aaya", "product", "lamp"),
        ("ऑर्डर 10010 में लैंप नहीं मिला", "product", "लैंप"),
        ("ল্যাম্প না পেয়ে লিখছি", "product", "ল্যাম্প"),
        ("order 10001 nahi aaya", "order_number", "10001"),
        ("the courier has not the lamp", "product", "lamp"),
    ],
)
def test_a_thing_or_an_order_that_did_not_come_is_heard(text: str, kind: str, named: str) -> None:
    place = {"start": text.index(named), "end": text.index(named) + len(named)}
    assert Heard.of({"text": text, "entities": [{"entity": kind, "value": named, **place}]}).values(kind) == [named]


def test_a_buttons_choice_stands_nowhere_in_a_text_and_is_heard() -> None:
    assert Heard.of({"text": "not", "entities": [{"entity": "date", "value": "2026-11-28"}]}).values("date") == [
        "2026-11-28"
    ]
