"""Numbers, addresses and languages are found in every script's digits, and none is taken for another."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nlu_testing import examples, message, trained

from bot.importer import ContentImporter
from bot.nlu.entities import RuleEntityExtractor

ROOT = Path(__file__).parents[3]
SCRIPTS = ["0123456789", "০১২৩৪৫৬৭৮৯", "०१२३४५६७८९"]


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> RuleEntityExtractor:
    """Trained on the shop's own languages."""
    importer = ContentImporter(training_data_paths=[str(ROOT / "data")])
    data = importer.get_nlu_data()
    return trained(RuleEntityExtractor, data, tmp_path_factory.mktemp("entities"))


def found(extractor: RuleEntityExtractor, text: str) -> dict[str, str]:
    """Each entity's kind and value; every kind may come once."""
    entities = extractor.extract(text)
    kinds = [entity["entity"] for entity in entities]
    assert len(set(kinds)) == len(kinds), entities
    return {entity["entity"]: entity["value"] for entity in entities}


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("where is 48213", {"order_number": "48213"}),
        ("#10001", {"order_number": "10001"}),
        ("order no. 10001, please!", {"order_number": "10001"}),
        ("৪৮২১৩ কতদূর এল", {"order_number": "48213"}),
        ("১০০০১টা কোথায়", {"order_number": "10001"}),
        ("return R10002-1", {"return_number": "R10002-1"}),
        ("r10002-1 এর খবর কী", {"return_number": "R10002-1"}),
        ("Amina@Example.com", {"email": "amina@example.com"}),
        ("mail rakib.c+shop@example.co.uk.", {"email": "rakib.c+shop@example.co.uk"}),
        ("order10001@example.com", {"email": "order10001@example.com"}),
        ("01712345678", {"phone": "+8801712345678"}),
        ("০১৭১২-৩৪৫৬৭৮", {"phone": "+8801712345678"}),
        ("+৮৮০ ১৭১২ ৩৪৫৬৭৮", {"phone": "+8801712345678"}),
        ("+49 171 39200011", {"phone": "+4917139200011"}),
        ("(01712) 345678", {"phone": "+8801712345678"}),
        ("9876543210", {"phone": "+919876543210"}),
        ("10001 amina@example.com", {"order_number": "10001", "email": "amina@example.com"}),
        ("order 10001, phone ০১৭১২৩৪৫৬৭৮", {"order_number": "10001", "phone": "+8801712345678"}),
        (
            "R10002-1 of order 10002, a@b.co, 01712345678",
            {"return_number": "R10002-1", "order_number": "10002", "email": "a@b.co", "phone": "+8801712345678"},
        ),
        ("I have 3 of 12 for 1299 taka", {"amount": "1299.00 BDT"}),
        ("PTH123456789 for order 10001", {"tracking_number": "PTH123456789", "order_number": "10001"}),
        ("RX ১২৩৪৫৬৭৮৯০ কোথায়", {"tracking_number": "RX1234567890"}),
        ("tracking 794612345678, call 01712345678", {"tracking_number": "794612345678", "phone": "+8801712345678"}),
        ("8801712345678", {"phone": "+8801712345678"}),
        ("01712345678 12/03/2026", {"phone": "+8801712345678", "date": "2026-03-12"}),
        ("48213 from 12.03.2026, ৳500", {"order_number": "48213", "date": "2026-03-12", "amount": "500.00 BDT"}),
        (
            "order 48213, 01712345678, 2026-03-12",
            {"order_number": "48213", "phone": "+8801712345678", "date": "2026-03-12"},
        ),
        (
            "I paid $48 for 48213 on 3 march 2026",
            {"order_number": "48213", "amount": "48.00 USD", "date": "2026-03-03"},
        ),
        ("4111 1111 1111 1111", {}),
        ("4111111111111111", {}),
        ("earbuds to München, Germany", {"product": "NS-401", "city": "Munich", "country": "DE"}),
        (
            "১৫ মার্চ ২০২৬ ঢাকা\u09df পাঞ্জাবিটা ৳৫০০",
            {"date": "2026-03-15", "city": "Dhaka", "product": "NS-103", "amount": "500.00 BDT"},
        ),
        ("hello", {}),
        ("", {}),
    ],
)
def test_what_is_in_a_message_is_found(extractor: RuleEntityExtractor, text: str, entities: dict[str, str]) -> None:
    assert found(extractor, text) == entities


@example(number=1680000, digits=SCRIPTS[0], around="{}")  # a phone number in Germany, too
@given(
    number=st.integers(10_000, 99_999_999),
    digits=st.sampled_from(SCRIPTS),
    around=st.sampled_from(["{}", "#{}", "order {}?", "অর্ডার {}।", "(no {})"]),
)
@settings(deadline=None)  # a language's first date loads its words
def test_an_order_number_is_found_in_every_script(
    extractor: RuleEntityExtractor, number: int, digits: str, around: str
) -> None:
    written = around.format(str(number).translate(str.maketrans("0123456789", digits)))
    assert found(extractor, written) == {"order_number": str(number)}


@given(
    rest=st.integers(0, 10**8 - 1),
    prefix=st.sampled_from(["013", "014", "015", "016", "017", "018", "019"]),
    country=st.booleans(),
    digits=st.sampled_from(SCRIPTS),
)
@settings(deadline=None)  # a language's first date loads its words
def test_a_phone_number_is_never_an_order_number(
    extractor: RuleEntityExtractor, rest: int, prefix: str, country: bool, digits: str
) -> None:
    local = f"{prefix}{rest:08}"
    international = f"+880{local[1:]}"
    assert phonenumbers.is_valid_number(phonenumbers.parse(international))
    written = (international if country else local).translate(str.maketrans("0123456789", digits))
    assert found(extractor, f"my number is {written}") == {"phone": international}


@given(
    before=st.sampled_from(["", "amina", "a.b+"]),
    number=st.integers(10_000, 10**11),
    domain=st.sampled_from(["example.com", "mail10001.example", "shop.co.uk"]),
)
@settings(deadline=None)  # a language's first date loads its words
def test_digits_in_an_address_are_neither_order_nor_phone(
    extractor: RuleEntityExtractor, before: str, number: int, domain: str
) -> None:
    address = f"{before}{number}@{domain}"
    assert found(extractor, f"write to {address}, please") == {"email": address}


# pieces of everything that is looked for, and what moves characters: joiners, marks apart, letters that grow
_PIECES = ["10001", "R10002-1", "a@b.co", "01712345678", "PTH123456789", "১২/০৩/২০২৬", "15 march", "€", "tk", "500",
           "Nice", "ঢাকা", "\u09df", "\u09af\u09bc", "র\u200d\u09cd", "é", "e\u0301", "İ", "ß", "ﬁ", "d'", "L’", "Inde",
           "earbuds", "টা", "कल", "\u095e", "hier", "-", ".", " ", "  ", "\n", "#", "/", "+", "(", "²", "٣",
           "\u200b"]  # fmt: skip


@given(
    text=st.text(max_size=80) | st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
    language=st.sampled_from([None, "en", "bn", "hi", "bn-Latn", "hi-Latn", "es", "fr", "de", "pt"]),
)
@settings(deadline=None)  # a language's first date loads its words
def test_entities_never_overlap_and_stand_within_the_text(
    extractor: RuleEntityExtractor, text: str, language: str | None
) -> None:
    entities = sorted(extractor.extract(text, language), key=lambda one: one["start"])
    assert all(0 <= one["start"] < one["end"] <= len(text) for one in entities)
    assert all(before["end"] <= after["start"] for before, after in pairwise(entities))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bangla please", "bn"),
        ("can we speak BENGALI", "bn"),
        ("বাংলা প্লিজ", "bn"),
        ("বাংলা\u09df বলুন", "bn"),
        ("বাংলা\u09af\u09bc বলুন", "bn"),
        ("switch to English", "en"),
        ("ইংরেজি", "en"),
        ("İİİ English", "en"),
    ],
)
def test_a_language_is_known_by_any_of_its_names(extractor: RuleEntityExtractor, text: str, code: str) -> None:
    entities = extractor.extract(text)
    assert [(one["entity"], one["value"]) for one in entities] == [("language", code)]
    assert text[entities[0]["start"] : entities[0]["end"]].strip() in text.split()


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("e\u0301te\u0301 Mu\u0308nchen!", "Mu\u0308nchen"),
        ("\u200bনি\u09af\u09bcে ঢাকা\u09af\u09bc আসুন", "ঢাকা\u09af\u09bc"),
        ("İ ﬁ Paris", "Paris"),
        ("d’Allemagne", "Allemagne"),
        ("on ১২/০৩/২০২৬?", "১২/০৩/২০২৬"),
        ("\u200d৳\u200b৫০০\u200b", "৳\u200b৫০০"),
    ],
)
def test_positions_count_the_characters_that_were_typed(extractor: RuleEntityExtractor, text: str, typed: str) -> None:
    (entity,) = extractor.extract(text)
    assert text[entity["start"] : entity["end"]].strip("\u200b") == typed


def test_a_date_is_seen_from_today_in_the_messages_language(extractor: RuleEntityExtractor) -> None:
    (entity,) = extractor.extract("hier", "fr", today=lambda: date(2026, 3, 12))
    assert (entity["entity"], entity["value"]) == ("date", "2026-03-11")
    one = message("hier")
    one.set("language", {"name": "de", "confidence": 1.0})
    assert extractor.process([one])[0].get("entities") == []


def test_a_date_is_seen_from_where_the_shop_is(extractor: RuleEntityExtractor) -> None:
    one = message("tomorrow", today="2026-03-12")
    one.set("language", {"name": "en", "confidence": 1.0})
    (entity,) = extractor.process([one])[0].get("entities")
    assert entity["value"] == "2026-03-13"


def test_a_word_that_holds_a_languages_name_is_not_that_language(extractor: RuleEntityExtractor) -> None:
    assert extractor.extract("banglalink recharge, Englishman") == []


def test_a_button_carries_its_own_entities(extractor: RuleEntityExtractor) -> None:
    assert extractor.extract('/order_status{"order_number": "10001"}') == []


def test_the_pipeline_keeps_what_others_found(extractor: RuleEntityExtractor) -> None:
    one = message("order 10001")
    one.set("entities", [{"entity": "mood", "value": "good", "start": 0, "end": 5}])
    done = extractor.process([one])[0].get("entities")
    assert [entity["entity"] for entity in done] == ["mood", "order_number"]
    assert done[1]["extractor"] == "RuleEntityExtractor"


def test_a_shop_of_other_regions_reads_phones_at_home_there(tmp_path: Path) -> None:
    german = trained(RuleEntityExtractor, examples([]), tmp_path, phone_regions=["DE"])
    assert found(german, "0171 39200011") == {"phone": "+4917139200011"}
