"""The language of a message is found from its words and stays steady through a conversation."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nlu_testing import CONTEXT, examples, message, stored_in, trained
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content.library import read
from bot.nlu.language import LANGUAGE, LanguageIdentifier

ROOT = Path(__file__).parents[3]
VARIANTS = read(ROOT / "data").variants
INTENTS = ("order_status", "return_policy", "shipping_cost", "payment_methods", "greet", "affirm", "thank")


@pytest.fixture(scope="module")
def identifier(tmp_path_factory: pytest.TempPathFactory) -> LanguageIdentifier:
    """Trained on some of the shop's own examples."""
    return trained(LanguageIdentifier, of_intents(INTENTS), tmp_path_factory.mktemp("language"))


def of_intents(intents: Iterable[str]) -> TrainingData:
    questions = read(ROOT / "data").questions
    return examples(
        [
            (example.text, intent, code)
            for intent in intents
            for code, lines in questions[intent].examples.items()
            for example in lines
        ]
    )


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def language(identifier: LanguageIdentifier, text: str, **metadata: object) -> str:
    done = identifier.process([message(text, **metadata)])[0]
    return done.get(LANGUAGE)["name"]


def same_everywhere(identifier: LanguageIdentifier, text: str) -> str:
    """The language found, which must not hang on the conversation's."""
    found = {language(identifier, text, **before) for before in ({}, {"language": "en"}, {"language": "bn"})}
    assert len(found) == 1, f"{text}: {found}"
    return found.pop()


@pytest.mark.parametrize(
    "text", ["Where is my parcel please?", "how much does shipping cost to Sylhet", "can I pay with bKash 10001"]
)
def test_english_is_english_whatever_the_conversation_was(identifier: LanguageIdentifier, text: str) -> None:
    assert same_everywhere(identifier, text) == "en"


@pytest.mark.parametrize(
    "text", ["আমার পার্সেলটা কোথায় আছে?", "ডেলিভারি চার্জ কত", "আমার order টা কবে পাব ভাই", "অর্ডার নং ১০০০১ কবে পাব"]
)
def test_bengali_is_bengali_whatever_the_conversation_was(identifier: LanguageIdentifier, text: str) -> None:
    assert same_everywhere(identifier, text) == "bn"


@pytest.mark.parametrize("current", ["en", "bn"])
@pytest.mark.parametrize(
    "text", ["ok", "OK!", "48213", "৪৮২১৩", "#10001", "🙂", "👍👍", "?", "…", "", " ", "R10002-1", "amina@example.com"]
)
def test_what_says_nothing_about_its_language_keeps_the_conversations(
    identifier: LanguageIdentifier, text: str, current: str
) -> None:
    assert language(identifier, text, language=current) == current


@pytest.mark.parametrize("text", ["Where is my parcel please?", "আমার পার্সেলটা কোথায় আছে?", "ok", "৪৮২১৩", "🙂"])
@pytest.mark.parametrize("chosen", ["en", "bn", "hi"])
def test_a_chosen_language_is_never_overruled(identifier: LanguageIdentifier, text: str, chosen: str) -> None:
    assert language(identifier, text, language=chosen, language_chosen=True) == chosen


def test_a_language_that_was_not_chosen_gives_way_to_clear_words(identifier: LanguageIdentifier) -> None:
    assert language(identifier, "Where is my parcel please?", language="bn", language_chosen=False) == "en"


@pytest.mark.parametrize("text", ["Lindenweg 5, 10115 Berlin", "House 5, Road 3, Banani, Dhaka 1213", "Clay tea set"])
def test_a_fact_that_was_asked_for_is_no_change_of_language(identifier: LanguageIdentifier, text: str) -> None:
    assert language(identifier, text, language="bn", asked="change_delivery_address") == "bn"
    assert language(identifier, "I want a human to help me please", language="bn", asked="start_return") == "en"
    assert language(identifier, "না, অন্য ঠিকানায় পাঠান", language="en", asked="change_delivery_address") == "bn"


@given(text=st.text(st.characters(exclude_categories=["L", "M", "Cs"]), max_size=30))
def test_without_letters_any_conversation_keeps_its_language(identifier: LanguageIdentifier, text: str) -> None:
    assert language(identifier, text, language="bn") == "bn"
    assert language(identifier, text) == "en"


@given(text=st.text(max_size=60), current=st.sampled_from([None, "en", "bn"]))
def test_whatever_is_typed_has_one_of_our_languages(
    identifier: LanguageIdentifier, text: str, current: str | None
) -> None:
    done = identifier.process([message(text, language=current)])[0].get(LANGUAGE)
    assert done["name"] in VARIANTS
    assert done["foreign"] not in VARIANTS
    assert 0.0 <= done["confidence"] <= 1.0


def test_a_pressed_buttons_payload_says_nothing(identifier: LanguageIdentifier) -> None:
    assert language(identifier, "/order_status", language="bn") == "bn"


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("Where is my order 48213?", "en"),
        ("bhai amar order 48213 kothay ache bolen", "bn-Latn"),
        ("mera parcel kab tak aayega bhai", "hi-Latn"),
        ("मेरा order 48213 कहाँ है", "hi"),
        ("¿Dónde está mi pedido 48213?", "es"),
        ("Où est ma commande 48213 ?", "fr"),
        ("Wo bleibt meine Bestellung 48213?", "de"),
    ],
)
@pytest.mark.parametrize("current", [None, "en", "bn"])
def test_every_variant_is_known_whatever_the_conversation_was(
    identifier: LanguageIdentifier, text: str, variant: str, current: str | None
) -> None:
    assert language(identifier, text, language=current) == variant


# languages that our letters serve too, and those of letters that none of ours has
NEIGHBOURS = {
    "pt": [
        "Onde está o meu pedido? Ainda não chegou",
        "Quero devolver um produto que chegou com defeito",
        "não recebi minha encomenda",
        "meu cartão foi cobrado duas vezes",
    ],
    "it": [
        "Dov'è il mio ordine? Non è ancora arrivato",
        "Quanto costa la spedizione a Milano?",
        "Vorrei restituire un prodotto difettoso",
    ],
    "nl": [
        "Waar is mijn bestelling gebleven?",
        "Hoeveel kosten de verzendkosten naar Amsterdam?",
        "Ik wil graag een kapot product terugsturen",
    ],
    "tr": ["Siparişim nerede, hâlâ gelmedi", "Bozuk çıkan ürünü iade etmek istiyorum"],
    "pl": ["Gdzie jest moje zamówienie 48213?"],
    "sv": ["Var är min beställning? Den har inte kommit än"],
    "mr": ["मला हे परत करायचे आहे"],
}
FAR = {
    "ru": ["Где мой заказ 48213?", "Хочу вернуть бракованный товар", "спасибо"],
    "ar": ["أين طلبي؟ لم يصل بعد", "أريد إرجاع منتج تالف", "شكرا"],
    "ta": ["என் ஆர்டர் எங்கே இருக்கிறது?", "நன்றி"],
    "te": ["నా ఆర్డర్ ఎక్కడ ఉంది"],
    "zh": ["我的订单在哪里？", "运费是多少？", "谢谢"],
    "ja": ["注文はどこですか"],
    "ko": ["제 주문은 어디에 있나요"],
    "th": ["คำสั่งซื้อของฉันอยู่ที่ไหน"],
}


def foreign(identifier: LanguageIdentifier, text: str, **metadata: object) -> str | None:
    found: str | None = identifier.process([message(text, **metadata)])[0].get(LANGUAGE)["foreign"]
    return found


def each(languages: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, text) for code, texts in languages.items() for text in texts]


@pytest.mark.parametrize(("code", "text"), each(NEIGHBOURS) + each(FAR))
def test_a_sentence_in_a_language_that_we_do_not_serve_is_known_by_its_code(
    identifier: LanguageIdentifier, code: str, text: str
) -> None:
    assert foreign(identifier, text) == code
    assert foreign(identifier, text, language="bn") == code


@pytest.mark.parametrize(("_code", "text"), each(FAR))
def test_words_in_letters_that_no_example_has_keep_the_conversations_language(
    identifier: LanguageIdentifier, _code: str, text: str
) -> None:
    assert language(identifier, text) == "en"
    assert language(identifier, text, language="bn") == "bn"


def test_of_many_sentences_in_other_languages_nearly_all_are_known_and_of_the_development_questions_none_is_one(
    tmp_path: Path,
) -> None:
    identifier = trained(LanguageIdentifier, of_intents(read(ROOT / "data").questions), tmp_path)
    others = rows(ROOT / "tests" / "nlu" / "foreign.jsonl")
    found = [foreign(identifier, row["text"]) for row in others]
    assert sum(code is not None for code in found) >= 0.85 * len(others)
    assert sum(code == row["language"] for code, row in zip(found, others, strict=True)) >= 0.8 * len(others)
    ours = [row for path in sorted((ROOT / "tests" / "nlu" / "dev").glob("*.jsonl")) for row in rows(path)]
    assert len(wrong := [row for row in ours if foreign(identifier, row["text"])]) <= 2, wrong


OURS = [
    "Where is my parcel? It was due on Monday",
    "order 48213 kothay vai, kobe pabo?",
    "tracking link kaj korche na",
    "R10002-1 er refund kobe pabo",
    "mera parcel kab aayega bhai",
    "bhaiya COD available hai kya",
    "refund abhi tak nahi aaya, order 48213",
    "আমার order টা কবে পাব ভাই",
    "Samsung Galaxy A54 টা ফেরত দিতে চাই",
    "मेरा order 48213 कब तक आएगा",
    "iPhone 15 Pro का cover वापस करना है",
    "Wo bleibt meine Bestellung 48213?",
    "Kann ich das Samsung Galaxy A54 zurückgeben?",
    "Où est ma commande 48213 ?",
    "je veux un remboursement svp",
    "¿Dónde está mi pedido 48213?",
    "Quiero devolver los Nike Air Max 90",
    "Redmi Note 13 Pro Max",
    "Samsung Galaxy Buds FE",
    "iPhone 15 Pro 256GB Titanium",
    "order 48213 amina@example.com 01712345678",
    "𝗪𝗵𝗲𝗿𝗲 𝗶𝘀 𝗺𝘆 𝗼𝗿𝗱𝗲𝗿",
    "ｗｈｅｒｅ ｉｓ ｍｙ ｏｒｄｅｒ",
]


@pytest.mark.parametrize("text", OURS)
def test_what_our_customers_write_is_never_foreign(identifier: LanguageIdentifier, text: str) -> None:
    for before in ({}, {"language": "en"}, {"language": "bn"}):
        assert foreign(identifier, text, **before) is None


@pytest.mark.parametrize("text", ["obrigado", "ciao", "não sei", "bestelling", "teşekkürler", "48213", "🙂", "", "ok"])
def test_of_a_word_or_two_in_our_letters_nothing_is_said(identifier: LanguageIdentifier, text: str) -> None:
    assert foreign(identifier, text) is None


def test_who_chose_a_language_or_pressed_a_button_writes_in_none_that_is_foreign(
    identifier: LanguageIdentifier,
) -> None:
    text = "Onde está o meu pedido? Ainda não chegou"
    assert foreign(identifier, text, language="es", language_chosen=True) is None
    assert foreign(identifier, "/order_status", language="es") is None


def test_a_language_that_the_content_has_is_not_foreign(tmp_path: Path) -> None:
    german = [("wo ist mein Paket", "where", "de"), ("danke sehr", "thank", "de"), ("wo bleibt es", "where", "de")]
    english = [("where is my parcel", "where", "en"), ("thanks so much", "thank", "en")]
    dutch = [("waar is mijn pakket gebleven", "where", "nl"), ("dank u wel", "thank", "nl")]
    text = "Waar is mijn bestelling gebleven?"
    without = trained(LanguageIdentifier, examples([*german, *english]), tmp_path / "without")
    served = trained(LanguageIdentifier, examples([*german, *english, *dutch]), tmp_path / "with")
    assert (foreign(without, text), foreign(served, text)) == ("nl", None)


def unlabelled(texts: list[str]) -> TrainingData:
    return TrainingData(training_examples=[Message(data={TEXT: text, INTENT: "any"}) for text in texts])


ENGLISH = ["where is my order", "how long does delivery take", "I want to return this jacket", "please cancel my order"]
BENGALI = ["আমার অর্ডার কোথায়", "ডেলিভারি হতে কত দিন লাগে", "টাকা ফেরত চাই"]
SPANISH = ["¿dónde está mi pedido?", "quiero devolver esta chaqueta", "necesito cancelar el pedido por favor"]


def test_examples_without_a_language_get_the_one_that_they_look_like(tmp_path: Path) -> None:
    data = unlabelled([*ENGLISH, *BENGALI, *SPANISH])
    trained(LanguageIdentifier, data, tmp_path)
    found = [one.get(LANGUAGE)["name"] for one in data.training_examples]
    assert found == ["en"] * len(ENGLISH) + ["bn"] * len(BENGALI) + ["es"] * len(SPANISH)


def test_where_nearly_all_look_like_one_language_the_rest_are_in_it_too(tmp_path: Path) -> None:
    data = unlabelled([*ENGLISH * 5, "menu pizza"])
    alone = trained(LanguageIdentifier, data, tmp_path)
    assert {one.get(LANGUAGE)["name"] for one in data.training_examples} == {"en"}
    assert language(alone, "menu pizza") == "en"


def test_examples_keep_the_language_that_they_have(tmp_path: Path) -> None:
    data = examples([("where is my order", "order_status", "xx"), ("danke", "thank", "de")])
    storage = stored_in(tmp_path)
    config = LanguageIdentifier.get_default_config()
    identifier = LanguageIdentifier.create(config, storage, Resource("language"), CONTEXT)
    done = identifier.process_training_data(data).training_examples
    assert [one.get(LANGUAGE)["name"] for one in done] == ["xx", "de"]


def test_content_of_one_language_knows_no_foreign_ones(tmp_path: Path) -> None:
    alone = trained(LanguageIdentifier, examples([("hallo", "greet", "de"), ("tschüss", "bye", "de")]), tmp_path)
    assert language(alone, "Где мой заказ?") == "de"
    assert foreign(alone, "Где мой заказ?") is None


@pytest.mark.parametrize("rows", [[], [("hello", "greet", "en"), ("bye", "goodbye", "en")]])
def test_content_of_one_language_needs_no_model(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    alone = trained(LanguageIdentifier, examples(rows), tmp_path)
    assert language(alone, "আমার পার্সেলটা কোথায় আছে?") == "en"
    assert language(alone, "hello", language="bn") == "bn"
