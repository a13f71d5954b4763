"""docs/orders.md says what the code does: columns, states, numbers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from running import ROOT

from actions import codes
from actions.services import SHOP_PATIENCE_SECONDS
from actions.shop import tables
from actions.shop.backend import OrderState
from actions.shop.changes import ChangeKind
from actions.shop.policy import Policy
from actions.verification import Level
from app import post

PAGE = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


def section(title: str) -> str:
    """What stands between this heading and the next."""
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_column_of_the_audit_is_told() -> None:
    rows = re.findall(r"^\| (`.+?) \|", section("Who changed what: `shop_changes`"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(tables.changes.columns.keys())


def test_every_kind_of_change_and_every_state_of_an_order_is_told() -> None:
    allowed = section("What the shop allows")
    listed = allowed[allowed.index("The states are") :]
    assert re.findall(r"`(\w+)`", listed) == [str(state) for state in OrderState]
    assert {f"`{kind}`" for kind in ChangeKind} <= set(re.findall(r"`\w+`", PAGE))


def test_every_level_is_told_with_its_number() -> None:
    levels = re.findall(r"^\| (\w+) \((\d)\) \|", PAGE, re.MULTILINE)
    assert levels == [(level.name.lower(), str(level.value)) for level in Level]


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("six digits", codes.DIGITS == 6),
        ("5 for each code", codes.TRIES == 5),
        ("after the fifth try", codes.TRIES == 5),
        ("5 within an hour", codes.LETTERS == 5 and codes.WITHIN.total_seconds() == 3600),
        ("30 minutes, in this conversation", codes.GOOD_FOR.total_seconds() == 30 * 60),
        ("the newest 50", post.KEPT == 50),
        ("3 seconds for all of it", post.SECONDS == 3),
        ("within 4 s", SHOP_PATIENCE_SECONDS == 4),
        ("says, 10 minutes", Policy.load(ROOT / "data" / "shop.yml").code_valid == timedelta(minutes=10)),
    ],
)
def test_the_page_says_a_number_and_it_is_so(said: str, is_so: bool) -> None:
    assert said in FLAT
    assert is_so
