"""A message's grams: words stay whole, what was learnt is known again after loading, and nothing breaks on little."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nlu_testing import CONTEXT, examples, message, stored_in, trained
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.gram_featurizer import GramFeaturizer
from bot.nlu.grams import HashedGrams, grams
from bot.nlu.tokenizer import SpacyBlankTokenizer

TOKENIZER = SpacyBlankTokenizer(SpacyBlankTokenizer.get_default_config())
ROWS = [
    ("where is my order", "order_status", "en"),
    ("আমার অর্ডার কোথায়", "order_status", "bn"),
    ("मेरा ऑर्डर कहाँ है", "order_status", "hi"),
    ("thank you", "thank", "en"),
    ("ধন্যবাদ", "thank", "bn"),
]


def learnt(folder: Path, rows: list[tuple[str, str, str]] = ROWS) -> GramFeaturizer:
    return trained(GramFeaturizer, tokenised(rows), folder)


def tokenised(rows: list[tuple[str, str, str]]) -> TrainingData:
    return TOKENIZER.process_training_data(examples(rows))


def seen(featurizer: GramFeaturizer, text: str) -> Message:
    one = message(text)
    TOKENIZER.process([one])
    return featurizer.process([one])[0]


def row(one: Message) -> np.ndarray | None:
    """The sentence's counts."""
    sequence, sentence = one.get_sparse_features(TEXT)
    assert sequence is None
    return sentence.features.toarray()[0] if sentence else None


WORDS = st.lists(st.text("abcকাি্কीमে", min_size=1, max_size=7), max_size=5)


@given(WORDS)
def test_every_word_pair_and_stretch_of_two_to_five_letters_is_there(words: list[str]) -> None:
    found = grams(words)
    assert found[: len(words)] == [f"w:{word}" for word in words]
    for first, second in pairwise(words):
        assert f"p:{first} {second}" in found
    for word in words:
        padded = f" {word} "
        for size in range(2, 6):
            for start in range(len(padded) - size + 1):
                assert padded[start : start + size] in found


@given(WORDS)
def test_no_gram_reaches_over_two_words(words: list[str]) -> None:
    pieces = grams(words)[2 * len(words) - 1 if words else 0 :]
    assert all(any(piece in f" {word} " for word in words) for piece in pieces)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("আমার অর্ডার কোথায়", ["আমার", "অর্ডার", "কোথায়"]),
        ("স্ট্যাটাস কী", ["স্ট্যাটাস", "কী"]),
        ("मेरा ऑर्डर कहाँ है", ["मेरा", "ऑर्डर", "कहाँ", "है"]),
        ("रिफ़ंड की स्थिति", ["रिफ़ंड", "की", "स्थिति"]),
    ],
)
def test_bengali_and_hindi_words_are_not_cut_at_vowel_signs(tmp_path: Path, text: str, words: list[str]) -> None:
    one = message(text)
    TOKENIZER.process([one])
    found = grams([token.text for token in one.get("text_tokens")])
    wanted = grams(seen_words(words))
    assert found == wanted
    featurizer = learnt(tmp_path, [(text, "a", "bn"), ("other", "b", "en")])
    counts = row(seen(featurizer, text))
    assert counts is not None
    assert counts.sum() == len(wanted)


def seen_words(words: list[str]) -> list[str]:
    """As the tokenizer spells them."""
    done = []
    for word in words:
        one = message(word)
        TOKENIZER.process([one])
        done += [token.text for token in one.get("text_tokens")]
    assert len(done) == len(words)
    return done


def test_a_vowel_sign_makes_another_word(tmp_path: Path) -> None:
    featurizer = learnt(tmp_path, [("কি", "a", "bn"), ("কী", "b", "bn")])
    one, other = row(seen(featurizer, "কি")), row(seen(featurizer, "কী"))
    assert one is not None
    assert other is not None
    assert (one != other).any()


def test_what_was_learnt_gives_the_same_features_after_loading(tmp_path: Path) -> None:
    storage, resource = stored_in(tmp_path), Resource("grams")
    config = GramFeaturizer.get_default_config()
    fitted = GramFeaturizer.create(config, storage, resource, CONTEXT)
    assert fitted.train(tokenised(ROWS)) == resource
    loaded = GramFeaturizer.load(config, storage, resource, CONTEXT)
    for text, _, _ in [*ROWS, ("where is আমার thing", "", "")]:
        before, after = row(seen(fitted, text)), row(seen(loaded, text))
        assert before is not None
        assert after is not None
        assert before.any()
        assert (before == after).all()


def test_training_examples_get_the_features_that_messages_get(tmp_path: Path) -> None:
    featurizer = learnt(tmp_path)
    data = featurizer.process_training_data(tokenised(ROWS))
    for one in data.training_examples:
        kept, made = row(one), row(seen(featurizer, one.get(TEXT)))
        assert kept is not None
        assert made is not None
        assert (kept == made).all()


def test_unknown_words_have_no_count(tmp_path: Path) -> None:
    counts = row(seen(learnt(tmp_path), "жжж"))
    assert counts is not None
    assert not counts.any()


@pytest.mark.parametrize("text", ["", "  ", "\u200b"])
def test_an_empty_message_has_no_features(tmp_path: Path, text: str) -> None:
    assert row(seen(learnt(tmp_path), text)) is None


def test_of_few_examples_every_gram_is_learnt_and_of_many_those_seen_twice(tmp_path: Path) -> None:
    few = [(f"alpha word{number}", "a", "en") for number in range(100)]
    counts = row(seen(learnt(tmp_path / "few", few), "word7"))
    assert counts is not None
    assert counts.sum() == len(grams(["word7"]))
    many = [*few, ("alpha unicum", "a", "en")]
    featurizer = learnt(tmp_path / "many", many)
    alpha, unicum = row(seen(featurizer, "alpha")), row(seen(featurizer, "unicum"))
    assert alpha is not None
    assert unicum is not None
    assert alpha.sum() == len(grams(["alpha"]))
    assert unicum.sum() < len(grams(["unicum"]))


def test_without_examples_nothing_is_learnt_and_nothing_is_featured(tmp_path: Path) -> None:
    featurizer = learnt(tmp_path, [])
    assert row(seen(featurizer, "where is my order")) is None


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_hashed_rows_have_length_one_unless_there_is_no_word(texts: list[str]) -> None:
    rows = HashedGrams(512).rows(texts)
    assert rows.shape == (len(texts), 512)
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    assert np.all(np.isclose(lengths, 1.0, atol=1e-4) | (lengths == 0.0))


def test_hashed_grams_know_no_case_digits_or_invisible_letters() -> None:
    rows = HashedGrams(512).rows(["Order ১০০০১", "order\u200b  10001"]).toarray()
    assert (rows[0] == rows[1]).all()
    assert not HashedGrams(512).rows([""]).toarray().any()
