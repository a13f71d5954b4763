"""Tracking numbers are told from orders, returns, phones, cards and accounts."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import tracking

ROOT = Path(__file__).parents[3]
CARRIERS = yaml.safe_load((ROOT / "data" / "demo" / "carriers.yml").read_text(encoding="utf-8"))
FINDER = tracking.TrackingFinder(tracking.carrier_prefixes(ROOT / "data" / "demo" / "carriers.yml"))


def found(text: str) -> list[str]:
    return [span.value for span in (list(FINDER.find(text.lower())) or tracking.find_digits(text))]


@pytest.mark.parametrize("carrier", [*CARRIERS["home"], *CARRIERS["abroad"]], ids=lambda carrier: carrier["prefix"])
@given(data=st.data(), gap=st.sampled_from(["", " ", "-"]), small=st.booleans())
def test_a_carriers_number_is_found_with_its_prefix_apart_or_not(
    carrier: dict[str, object], data: st.DataObject, gap: str, small: bool
) -> None:
    prefix, length = str(carrier["prefix"]), int(str(carrier["digits"]))
    digits = data.draw(st.text("0123456789", min_size=length, max_size=length))
    typed = f"{prefix.lower() if small else prefix}{gap}{digits}"
    assert found(f"where is {typed}?") == [f"{prefix}{digits}"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("RR123456789BD", "RR123456789BD"),
        ("rr 123 456 789 bd", "RR123456789BD"),
        ("1Z999AA10123456784 is late", "1Z999AA10123456784"),
        ("1Z 999 AA1 01 2345 6784", "1Z999AA10123456784"),
        ("TBA123456789012.", "TBA123456789012"),
        ("JJD014600003812345678", "JJD014600003812345678"),
        ("6A12345678901", "6A12345678901"),
        ("794612345678", "794612345678"),
        ("9400111899223197428490", "9400111899223197428490"),
    ],
)
def test_the_usual_shapes_are_found(text: str, number: str) -> None:
    assert found(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "48213",
        "order12345678",
        "no12345678",
        "order no 123456789 is late",
        "R10002-1",
        "R12345678-1",
        "tel01712345678",
        "tk10000000",
        "4111111111111111",  # a card, by Luhn's check
        "DE89370400440532013000",  # an account: IBAN
        "a@pth123456789.example",
        "1z is nice and good to have",
        "NS-101",
    ],
)
def test_numbers_of_another_kind_are_none(text: str) -> None:
    assert found(text) == []


@given(text=st.text(st.sampled_from("019RXPTHJDaz -.@#"), max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    for span in (*FINDER.find(text.lower()), *tracking.find_digits(text)):
        assert 0 <= span.start < span.end <= len(text)
