"""What is wanted of an order, by words that stand in data."""

from pathlib import Path

import pytest
from shop_testing import ROOT

from actions.shop.policy_values import BadPolicy
from actions.shop.wishes import Wishes

WISHES = Wishes.load(ROOT / "data" / "wishes.yml")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Remove the mug", "remove"),
        ("please add a lamp", "other"),
        ("Größe L statt M", "other"),
        ("remove the mug and add a lamp", None),
        ("my address is wrong", None),
        ("I am quite sure", None),
        ("baad mein batata hoon", None),
        ("the courier rang twice", None),
        ("make it two", None),
        ("change the quantity to 3", "quantity"),
        ("bitte die Menge ändern", "quantity"),
        ("পরিমাণটা বাড়িয়ে দিন", "quantity"),
        ("augmenter la quantité et changer la couleur", None),
        ("", None),
    ],
)
def test_words_mean_one_thing_or_nothing(text: str, meant: str | None) -> None:
    assert WISHES.meant(text) == meant


def test_without_a_file_nothing_is_meant(tmp_path: Path) -> None:
    assert Wishes.load(tmp_path / "wishes.yml").meant("remove the mug") is None


@pytest.mark.parametrize(
    "content", ["[]", "remove: mug", "remove: [a]\nother: [1]", "remove: [a]", "remove: [a]\nother: [b]"]
)
def test_words_that_are_none_are_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wishes.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadPolicy, match=r"wishes\.yml: \w+ must be a list of words"):
        Wishes.load(path)
