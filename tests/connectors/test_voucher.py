"""A shop's word for a customer is taken as it was signed, for five minutes at most, or not at all (promise 19)."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.website.voucher import BadVoucher, Voucher, read, write

SECRET = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
SAID = {"id": "c1", "email": "Amina@Example.com", "exp": int(NOW.timestamp()) + 240, "nonce": "n1"}


def signed(said: object, secret: str = SECRET) -> str:
    body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
    return body + "." + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def test_what_the_shop_signs_is_what_is_read() -> None:
    found = read(SECRET, signed(SAID), NOW)
    assert (found.customer_id, found.email, found.nonce) == ("c1", "amina@example.com", "n1")
    assert read(SECRET, write(SECRET, found), NOW) == found


@pytest.mark.parametrize("seconds", [1, 300])
def test_it_is_good_for_up_to_five_minutes(seconds: int) -> None:
    assert read(SECRET, signed({**SAID, "exp": int(NOW.timestamp()) + seconds}), NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(NOW.timestamp())},
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": int(NOW.timestamp()) + 301},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 10**30},
        {"exp": float("nan")},
        {"nonce": ""},
        {"nonce": None},
        {"nonce": 7},
        {"nonce": "n" * 65},
        {"id": "", "email": ""},
        {"id": ["c1"]},
        {"id": "c" * 65},
        {"email": "a" * 321},
        {"email": "a\x00b"},
    ],
)
def test_what_is_not_as_it_should_be_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadVoucher):
        read(SECRET, signed({**SAID, **changed}), NOW)


@pytest.mark.parametrize("said", [[], "amina", 7, None, {}, [SAID]])
def test_what_is_no_voucher_is_refused_though_it_is_signed(said: object) -> None:
    with pytest.raises(BadVoucher):
        read(SECRET, signed(said), NOW)


def test_another_secret_is_refused() -> None:
    with pytest.raises(BadVoucher):
        read(SECRET, signed(SAID, "x" * 32), NOW)


@given(st.integers(0, 1000), st.characters(codec="ascii"))
def test_one_letter_changed_is_refused(place: int, letter: str) -> None:
    text = signed(SAID)
    place %= len(text)
    if text[place] == letter:
        return
    with pytest.raises(BadVoucher):
        read(SECRET, text[:place] + letter + text[place + 1 :], NOW)


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(BadVoucher):
        read(SECRET, text, NOW)


def test_a_voucher_is_made_of_what_it_says() -> None:
    body = write(SECRET, Voucher("c1", "", "n", NOW + timedelta(minutes=4))).partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(body))["exp"] == int(NOW.timestamp()) + 240
