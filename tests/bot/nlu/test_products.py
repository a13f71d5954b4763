"""A product is known by its names and by what is short for it alone."""

from pathlib import Path

import pytest
import yaml

from bot.nlu import products
from bot.nlu.folded import Folded
from bot.nlu.names import NameFinder

CATALOGUE = Path(__file__).parents[3] / "data" / "demo" / "catalogue.yml"


@pytest.fixture(scope="module")
def finder() -> NameFinder:
    names = products.load(CATALOGUE)
    return NameFinder({"product": list(names)}, names)


def found(finder: NameFinder, text: str) -> list[str]:
    return [span.value for _, span in finder.find(Folded.of(text))]


def test_every_full_name_is_found(finder: NameFinder) -> None:
    for product in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8")):
        for name in product["names"].values():
            assert found(finder, f"- {name} -") == [product["sku"]], name


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("where are my earbuds", "NS-401"),
        ("one earbud", "NS-401"),
        ("kantha quilt", "NS-201"),
        ("two quilts", "NS-201"),
        ("পাঞ্জাবি", "NS-103"),
        ("পাঞ্জাবিটা ছোট", "NS-103"),
        ("পাঞ্জাবির সাইজ", "NS-103"),
        ("চুড়িগুলো", "NS-303"),
        ("ফ্যানটার দাম", "NS-403"),
        ("kurtita choto", "NS-104"),
        ("jamdani", "NS-102"),
        ("t-shirt", "NS-108"),
        ("tshirts", "NS-108"),
        ("power bank", "NS-402"),
        ("powerbank", "NS-402"),
        ("पंखे", "NS-403"),
        ("पायल", "NS-304"),
        ("los auriculares", "NS-401"),
        ("un auricular inalámbrico", "NS-401"),
        ("ventiladores", "NS-403"),
        ("les écouteurs", "NS-401"),
        ("un ecouteur", "NS-401"),
        ("Ohrringe", "NS-301"),
        ("ein Ohrring", "NS-301"),
        ("die Tischlampen", "NS-205"),
        ("das Schnellladegerät", "NS-404"),
    ],
)
def test_a_short_name_is_its_only_products(finder: NameFinder, text: str, sku: str) -> None:
    assert found(finder, text) == [sku]


@pytest.mark.parametrize(
    "text",
    [
        "a saree",
        "sari",
        "a set",
        "a pair",
        "my bank account",
        "le panier",
        "bracelets",
        "customer service",
        "mat karo, chal",
        "cotton",
        "phone",
        "সেট",
        "my order",
    ],
)
def test_what_several_products_share_or_means_too_much_is_none(finder: NameFinder, text: str) -> None:
    assert found(finder, text) == []


def test_a_short_name_goes_when_another_product_has_it_too() -> None:
    lamp = {"NS-1": {"en": "Brass table lamp"}}
    assert products.names(lamp)["lamp"] == "NS-1"
    both = products.names(lamp | {"NS-2": {"en": "Floor lamp"}})
    assert "lamp" not in both
    assert "lamps" not in both
    assert (both["table lamp"], both["floor lamp"]) == ("NS-1", "NS-2")
