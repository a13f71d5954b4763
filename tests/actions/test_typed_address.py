"""An address, however its country writes it, comes apart into street, postcode and city."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop_testing import ROOT

from actions.address import POSTCODES, Typed, find_postcode, read_address
from actions.shop.cities import Cities

CITIES = Cities.load(ROOT / "data" / "places.yml")


@pytest.mark.parametrize(
    ("text", "country", "street", "postcode", "city"),
    [
        ("House 5, Road 3, Banani, Dhaka 1213", "BD", "House 5, Road 3, Banani", "1213", "Dhaka"),
        ("House 5, Road 3, Banani, Dhaka-1213, Bangladesh", "BD", "House 5, Road 3, Banani", "1213", "Dhaka"),
        ("House 5, Road 3, 1213, dhaka.", "BD", "House 5, Road 3", "1213", "Dhaka"),
        ("House 5 Road 3 Banani Dhaka 1213", "BD", "House 5 Road 3 Banani", "1213", "Dhaka"),
        ("House 5, Road 3, Cox's Bazar", "BD", "House 5, Road 3", "", "Cox's Bazar"),
        ("House 5, Road 3, Savar 1340", "BD", "House 5, Road 3", "1340", "Savar"),
        ("House 5, Road 3", "BD", "House 5, Road 3", "", ""),
        ("বাড়ি 5, রোড 3, বনানী, ঢাকা 1213", "BD", "বাড়ি 5, রোড 3, বনানী", "1213", "Dhaka"),
        ("বাসা 5\nরোড 3\nচট্টগ্রাম", "BD", "বাসা 5, রোড 3", "", "Chattogram"),
        ("Flat 12, 7 Kaveri Enclave, Kolkata 700 001", "IN", "Flat 12, 7 Kaveri Enclave", "700 001", "Kolkata"),
        ("मकान 7, नीम मार्ग, दिल्ली 110001", "IN", "मकान 7, नीम मार्ग", "110001", "Delhi"),
        ("12 Old Street, Dallas, TX 75201", "US", "12 Old Street", "75201", "Dallas, TX"),
        ("5 Millpond Road, London, sw1a 1aa, United Kingdom", "GB", "5 Millpond Road", "SW1A 1AA", "London"),
        ("Erlenweg 5, 10115 Berlin", "DE", "Erlenweg 5", "10115", "Berlin"),
        ("Erlenweg 5 10115 Berlin", "DE", "Erlenweg 5", "10115", "Berlin"),
        ("Erlenweg 5\n14532 Kleinmachnow\nDeutschland", "DE", "Erlenweg 5", "14532", "Kleinmachnow"),
        ("8, rue du Lac, 75011 Paris", "FR", "8, rue du Lac", "75011", "Paris"),
        ("Calle Mayor 5, 2.º B, 28013 Madrid, España", "ES", "Calle Mayor 5, 2.º B", "28013", "Madrid"),
        ("1213", "BD", "1213", "", ""),
        ("Dhaka 1213", "BD", "", "1213", "Dhaka"),
    ],
)
def test_an_address_comes_apart(text: str, country: str, street: str, postcode: str, city: str) -> None:
    assert read_address(text, country, CITIES) == Typed(street, postcode, city)


def test_the_number_of_a_house_is_no_postcode() -> None:
    for text in ("House 1213, Road 3", "Road 3, House 1213", "Road 3, House 1213, Dhaka"):
        read = read_address(text, "BD", CITIES)
        assert read.postcode == "" and "1213" in read.street


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("1213", "BD", "1213"),
        ("10115", "BD", ""),
        ("10115 Berlin", "DE", "10115"),
        ("it is 75201", "US", "75201"),
        ("zz9 9zz", "GB", "ZZ9 9ZZ"),
        ("12", "FR", ""),
        ("T5K 2P7", "CA", "T5K 2P7"),
        ("no", "CA", ""),
    ],
)
def test_a_postcode_looks_like_its_countrys(text: str, country: str, found: str) -> None:
    assert find_postcode(text, country) == found


@given(text=st.text(max_size=120), country=st.sampled_from([*POSTCODES, "CA", "QA"]))
def test_whatever_is_typed_comes_apart_without_anything_made_up(text: str, country: str) -> None:
    read = read_address(text, country, CITIES)
    for part in (read.street, read.postcode):
        for piece in part.split(", "):
            assert piece.casefold().replace(" ", "") in text.casefold().replace(" ", "").replace("\n", "")


def test_a_city_is_known_by_any_of_its_names_and_has_one_in_every_language() -> None:
    assert {CITIES.find(name) for name in ("ঢাকা", "Dacca", "daka", " DHAKA ")} == {"Dhaka"}
    names = CITIES.names("Dhaka", "BD")
    assert names is not None and set(names) == {"en", "bn", "hi", "es", "fr", "de"}
    assert CITIES.names("Dhaka", "DE") is None
    assert CITIES.only_elsewhere("Berlin", "BD") and not CITIES.only_elsewhere("Berlin", "DE")
    assert not CITIES.only_elsewhere("Nowhere", "BD")


def test_without_a_file_of_places_every_city_stands_as_it_was_typed() -> None:
    none = Cities.load(ROOT / "data" / "no_places.yml")
    assert none.find("Dhaka") is None
    assert read_address("Erlenweg 5, 14532 Kleinmachnow", "DE", none) == Typed("Erlenweg 5", "14532", "Kleinmachnow")
