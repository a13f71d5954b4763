"""Countries and cities are known by every name that customers use, and everyday words are not taken for them."""

from pathlib import Path

import pytest
import yaml
from babel import Locale

from bot.nlu.folded import Folded
from bot.nlu.names import NameFinder
from bot.nlu.places import Places

ROOT = Path(__file__).parents[3]
FILE = ROOT / "data" / "places.yml"


@pytest.fixture(scope="module")
def finder() -> NameFinder:
    places = Places.load(FILE)
    return NameFinder(
        {"country": list(places.countries), "city": list(places.cities)}, {**places.countries, **places.cities}
    )


def found(finder: NameFinder, text: str) -> list[tuple[str, str]]:
    return [(kind, span.value) for kind, span in finder.find(Folded.of(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Dhaka", "city", "Dhaka"),
        ("dhakay delivery hobe?", "city", "Dhaka"),
        ("sylheter order", "city", "Sylhet"),
        ("ঢাকায় পাঠান", "city", "Dhaka"),
        ("সিলেটে পাঠান", "city", "Sylhet"),
        ("লন্ডনের ঠিকানা", "city", "London"),
        ("চিটাগাং", "city", "Chattogram"),
        ("ctg te", "city", "Chattogram"),
        ("cox's bazar", "city", "Cox's Bazar"),
        ("coxs bazar", "city", "Cox's Bazar"),
        ("मुंबई में", "city", "Mumbai"),
        ("गाजियाबाद", "city", "Ghaziabad"),
        ("München", "city", "Munich"),
        ("munchen", "city", "Munich"),
        ("muenchen", "city", "Munich"),
        ("Nueva York", "city", "New York"),
        ("a Bogota", "city", "Bogotá"),
        ("I live in Nice", "city", "Nice"),
        ("Ciudad de México", "city", "Mexico City"),
        ("Mexico", "country", "MX"),
        ("Singapore", "country", "SG"),
        ("UK", "country", "GB"),
        ("to the uk", "country", "GB"),
        ("England", "country", "GB"),
        ("Bilayat", "country", "GB"),
        ("ships to USA?", "country", "US"),
        ("I live in the US now", "country", "US"),
        ("আমেরিকায়", "country", "US"),
        ("saudi te", "country", "SA"),
        ("UAE", "country", "AE"),
        ("भारत", "country", "IN"),
        ("Deutschland", "country", "DE"),
        ("Alemania", "country", "DE"),
        ("l'Allemagne", "country", "DE"),
        ("en provenance d’Espagne", "country", "ES"),
        ("españa", "country", "ES"),
    ],
)
def test_a_place_is_known_by_any_of_its_names(finder: NameFinder, text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(finder, text)


@pytest.mark.parametrize(
    "text",
    [
        "a nice bag",
        "Nice bag!",
        "NICE BAG",
        "I was reading it. Reading is nice",
        "a cork and a bath towel",
        "give us a call",
        "GIVE US A CALL",
        "turkey, jordan shoes and a jersey",
        "amar bari",
        "জার্সি আছে?",
        "surat dekho, chale jao",
        "Parisian",
        "das Island-Muster",
        "vielleicht will er essen",
    ],
)
def test_an_everyday_word_is_no_place(finder: NameFinder, text: str) -> None:
    assert found(finder, text) == []


@pytest.mark.parametrize("locale", ["en", "bn", "hi", "es", "fr", "de"])
def test_every_city_of_the_file_and_the_shops_countries_are_found(finder: NameFinder, locale: str) -> None:
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    everyday = {name.lower() for name in raw["everyday"]}
    for code, cities in raw["cities"].items():
        for city in cities:
            name = city.get(locale, city["en"])
            if name.lower() not in everyday:
                assert {value for _, value in found(finder, f"in {name}")} <= {city["en"], code}, name
                assert found(finder, f"in {name}"), name
    for code in ("BD", "IN", "US", "GB", "DE", "FR", "ES", "IT", "CA", "MY"):
        assert found(finder, f"in {Locale(locale).territories[code]}") == [("country", code)]


def test_every_code_is_a_country() -> None:
    places = Places.load(FILE)
    assert set(places.countries.values()) <= set(Locale("en").territories)
    assert not places.countries.keys() & places.cities.keys()
