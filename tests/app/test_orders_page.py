"""The pages about orders say what the code does: columns, states, numbers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from running import ROOT

from actions import codes
from actions.lookup import MISSES_IN_A_WHILE, MISSES_UNTIL_PERSON, WITHIN_SECONDS
from actions.order_history import SHOWN
from actions.sent_lately import LETTERS
from actions.services import SHOP_PATIENCE_SECONDS
from actions.shop import tables
from actions.shop.backend import ClaimKind
from actions.shop.changes import ChangeKind
from actions.shop.policy import Policy
from actions.verification import Level
from app import post

DOCS = ROOT / "docs"
PAGES = ("orders", "changing-orders", "returns", "claims", "policies")
PAGE = (DOCS / "orders.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())
FILE = re.compile(r"`([\w/]+\.(?:py|yml|md))`")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """What stands between this heading and the next."""
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_column_of_the_audit_is_told() -> None:
    rows = re.findall(r"^\| (`.+?) \|", section("Who changed what: `shop_changes`"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(tables.changes.columns.keys())


def test_every_kind_of_change_is_told() -> None:
    (kinds,) = re.findall(r"^\| `kind` \| (.+) \|$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", kinds)) == {str(kind) for kind in ChangeKind}


def test_every_level_is_told_with_its_number() -> None:
    levels = re.findall(r"^\| (\w+) \((\d)\) \|", PAGE, re.MULTILINE)
    assert levels == [(level.name.lower(), str(level.value)) for level in Level]


def test_every_kind_of_claim_is_told() -> None:
    # what came broken is asked for by another name than it is noted under
    intents = {"damaged_item" if kind is ClaimKind.DAMAGED else str(kind) for kind in ClaimKind}
    rows = re.findall(r"^\| (`.+?`) \|", page("claims"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == intents


@pytest.mark.parametrize("name", PAGES)
def test_the_files_that_a_page_names_are_there(name: str) -> None:
    """One without a folder lies beside the one named before it, or beside the phrases."""
    folder = ROOT
    for found in FILE.findall(page(name)):
        if "/" in found:
            folder = (ROOT / found).parent
        assert (ROOT / found if "/" in found else folder / found).is_file(), f"{name}.md: {found}"


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_that_a_page_links_are_there(name: str) -> None:
    for link in re.findall(r"\]\(([\w-]+\.md)\)", page(name)):
        assert (DOCS / link).is_file(), f"{name}.md: {link}"


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("six digits", codes.DIGITS == 6),
        ("5 for each code", codes.TRIES == 5),
        ("after the fifth try", codes.TRIES == 5),
        ("5 within an hour", codes.LETTERS == 5 and codes.WITHIN.total_seconds() == 3600),
        ("At most 5 within an hour", LETTERS == 5),
        ("30 minutes, in this conversation", codes.GOOD_FOR.total_seconds() == 30 * 60),
        ("After three tries in a row", MISSES_UNTIL_PERSON == 3),
        ("five within 15 minutes", MISSES_IN_A_WHILE == 5 and WITHIN_SECONDS == 15 * 60),
        ("the newest 5,", SHOWN == 5),
        ("the newest 50", post.KEPT == 50),
        ("3 seconds for all of it", post.SECONDS == 3),
        ("within 4 s", SHOP_PATIENCE_SECONDS == 4),
        ("says, 10 minutes", Policy.load(ROOT / "data" / "shop.yml").code_valid == timedelta(minutes=10)),
    ],
)
def test_the_page_says_a_number_and_it_is_so(said: str, is_so: bool) -> None:
    assert said in FLAT
    assert is_so
