"""The student is what its training made, small, and the same every time."""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from content_testing import make_content, replace
from hypothesis import given
from hypothesis import strategies as st
from nlu_testing import student_weights

from bot.nlu import distil, student, teacher
from bot.nlu.distil import Pair
from bot.nlu.student import Student

WIDTH = 12
WORDS = ["order", "refund", "parcel", "card", "address"]
BENGALI = ["অর্ডার", "রিফান্ড", "পার্সেল", "কার্ড", "ঠিকানা"]
HINDI = ["ऑर्डर", "रिफ़ंड", "पार्सल", "कार्ड", "पता"]
WHERE = [("where is my {}", "আমার {} কোথায়", "मेरा {} कहाँ है"), ("change {} please", "{} বদলান", "{} बदलिए"),
         ("I lost my {}", "{} হারিয়ে ফেলেছি", "{} खो गया"), ("cancel the {}", "{} বাতিল করুন", "{} रद्द करें")]  # fmt: skip
PAIRS = [
    Pair(text.format(word), english.format(WORDS[place]), ours)
    for english, *others in WHERE
    for text, words, ours in zip((english, *others), (WORDS, BENGALI, HINDI), (True, True, False), strict=True)
    for place, word in enumerate(words)
]


def target(pairs: list[Pair]) -> np.ndarray:
    """A made-up encoder: vectors of length one, each English sentence's own."""
    seeds = [int(hashlib.sha256(pair.english.encode()).hexdigest()[:8], 16) for pair in pairs]
    found = np.array([np.random.default_rng(seed).normal(size=WIDTH) for seed in seeds], dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@dataclass
class School:
    """Trains small students and keeps their networks."""

    networks: list[Any] = field(default_factory=list)

    def train(self, seed: int = 0, epochs: int = 8, pairs: list[Pair] = PAIRS) -> dict[str, np.ndarray]:
        return distil.train(pairs, target(pairs), epochs, seed)


@pytest.fixture(scope="module")
def school() -> Iterator[School]:
    made = School()
    packed = distil._packed
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"BUCKETS": 512, "WIDTH": 16, "HIDDEN": 24, "BATCH": 16}.items():
            patch.setattr(distil, name, size)
        patch.setattr(distil, "_packed", lambda net: made.networks.append(net) or packed(net))
        yield made


@pytest.fixture(scope="module")
def weights(school: School) -> dict[str, np.ndarray]:
    return school.train(epochs=80)


@pytest.fixture(scope="module")
def taught(weights: dict[str, np.ndarray]) -> Student:
    return Student(weights)


def test_packed_weights_say_what_the_network_said(school: School, weights: dict[str, np.ndarray]) -> None:
    import torch

    texts = [pair.text for pair in PAIRS]
    network = school.networks[0].eval()
    with torch.inference_mode():
        rows = distil.HashedGrams(distil.BUCKETS).rows(texts)
        wanted = network(*distil._bags(rows, 0.0, np.random.default_rng(0))).numpy()
    cosines = (Student(weights).encode(texts) * wanted).sum(axis=1)
    assert cosines.min() > 0.9995


def test_a_text_is_put_where_its_english_is(taught: Student) -> None:
    places = target(PAIRS)
    cosines = taught.encode([pair.text for pair in PAIRS]) @ places.T
    nearest = places[cosines.argmax(axis=1)]
    right = np.isclose((nearest * places).sum(axis=1), 1.0, atol=1e-4)
    assert right.mean() > 0.8


def test_weights_are_stored_small(weights: dict[str, np.ndarray]) -> None:
    assert weights["table"].dtype == np.int8
    assert {weights[name].dtype for name in weights if name not in ("table", "scale")} == {np.dtype(np.float16)}
    assert weights["table"].shape == (512, 16)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(school: School) -> None:
    first, again, other = (school.train(seed, epochs=2) for seed in (3, 3, 4))
    for name in first:
        assert first[name].tobytes() == again[name].tobytes()
    assert any(first[name].tobytes() != other[name].tobytes() for name in first)


def test_fewer_pairs_than_a_batch_are_learnt_too(school: School) -> None:
    few = PAIRS[:10]
    untaught, taught = (Student(school.train(epochs=epochs, pairs=few)) for epochs in (0, 40))
    texts, places = [pair.text for pair in few], target(few)
    before, after = ((one.encode(texts) * places).sum(axis=1).mean() for one in (untaught, taught))
    assert after > before + 0.3


TEXTS = st.lists(st.text(max_size=20), min_size=1, max_size=6)


@given(texts=TEXTS, seed=st.integers(0, 99))
def test_a_text_has_its_vector_of_length_one_whatever_stands_beside_it(texts: list[str], seed: int) -> None:
    one = Student(student_weights(0))
    order = np.random.default_rng(seed).permutation(len(texts))
    vectors = one.encode(texts)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
    assert np.allclose(one.encode([texts[place] for place in order]), vectors[order], atol=1e-4)
    for place, text in enumerate(texts):
        assert np.allclose(one.encode([text])[0], vectors[place], atol=1e-4)


def test_texts_without_words_have_all_the_same_vector(taught: Student) -> None:
    vectors = taught.encode(["", "  ", "\u200b", "where is my order"])
    assert np.isfinite(vectors).all()
    assert (vectors[:3] == vectors[0]).all()
    assert not np.allclose(vectors[3], vectors[0], atol=0.01)


def test_a_stored_student_is_loaded_as_it_was(taught: Student, weights: dict[str, np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "student.npz"
    np.savez_compressed(path, **weights)
    texts = [pair.text for pair in PAIRS[:5]]
    assert (Student.load(path).encode(texts) == taught.encode(texts)).all()


def test_other_weights_have_another_fingerprint_and_none_an_empty_one(tmp_path: Path) -> None:
    for seed in (1, 2):
        np.savez_compressed(tmp_path / f"{seed}.npz", **student_weights(seed))
    (tmp_path / "copy.npz").write_bytes((tmp_path / "1.npz").read_bytes())
    first, other, copy = (student.fingerprint(tmp_path / f"{name}.npz") for name in ("1", "2", "copy"))
    assert first == copy != other
    assert student.fingerprint(tmp_path / "none.npz") == ""


def test_examples_with_one_line_id_are_a_pair_and_english_stands_for_itself(tmp_path: Path) -> None:
    data = make_content(tmp_path)
    english = [line.text for one in distil.read(data).questions.values() for line in one.examples["en"]]
    pairs = distil.of_content(data)
    assert all(pair.ours for pair in pairs)
    assert [pair for pair in pairs if pair.text != pair.english] == [Pair("আসল মানুষ চাই", "a real person please", True)]
    assert sorted(pair.text for pair in pairs if pair.text == pair.english) == sorted(english)


def test_a_line_id_that_english_does_not_have_makes_no_pair(tmp_path: Path) -> None:
    data = make_content(tmp_path)
    replace(tmp_path, "data/faq/service/human_agent.yml", "[real] a real", "[unreal] a real")
    assert [pair for pair in distil.of_content(data) if pair.text != pair.english] == []


def test_files_of_pairs_are_read_without_their_remarks(tmp_path: Path) -> None:
    (tmp_path / "bn.tsv").write_text("# a remark\tof two parts\nঅর্ডার\torder\n\nঠিকানা\nকার্ড\tcard\n", encoding="utf-8")
    (tmp_path / "de.tsv").write_text("Karte\tcard\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not\tread\n", encoding="utf-8")
    assert distil.of_files(tmp_path) == [
        Pair("অর্ডার", "order", True),
        Pair("কার্ড", "card", True),
        Pair("Karte", "card", True),
    ]


def test_massives_sentences_are_joined_by_their_id_whatever_their_order(tmp_path: Path) -> None:
    rows = {
        "en-US.train.jsonl": [("1", "wake me at nine"), ("2", "play music")],
        "bn-BD.train.jsonl": [("2", "গান চালাও"), ("9", "একা"), ("1", "নয়টায় জাগাও")],
        "de-DE.test.jsonl": [("1", "weck mich um neun")],
    }
    for name, lines in rows.items():
        text = "\n".join(json.dumps({"id": one, "text": text, "intent": "x"}) for one, text in lines)
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    pairs = list(distil.of_massive(tmp_path))
    assert [pair for pair in pairs if pair.text != pair.english] == [
        Pair("গান চালাও", "play music", False),
        Pair("নয়টায় জাগাও", "wake me at nine", False),
    ]
    assert sum(pair.text == pair.english for pair in pairs) == 2


def test_the_command_writes_weights_and_what_they_were_made_of(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_content(tmp_path)
    (data / "parallel").mkdir()
    (data / "parallel" / "de.tsv").write_text("wo ist meine Bestellung\twhere is my order\n", encoding="utf-8")
    monkeypatch.setattr(distil, "_taught", lambda texts: target([Pair(text, text, True) for text in texts]))
    shas = set()
    for name in ("first", "again"):
        out = tmp_path / name / "student.npz"
        monkeypatch.setattr(sys, "argv", ["distil", "--data", str(data), "--out", str(out), "--epochs", "2"])
        distil.main()
        card = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
        assert card["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
        assert (card["epochs"], card["seed"], card["bytes"]) == (2, 0, out.stat().st_size)
        assert card["pairs"]["content"] == len(distil.of_content(data)) + 1
        assert Student.load(out).encode(["where is my order"]).shape == (1, WIDTH)
        shas.add(card["sha256"])
    assert len(shas) == 1


SAME = {
    "where is my order": ["আমার অর্ডার কোথায়", "amar order kothay", "मेरा ऑर्डर कहाँ है", "mera order kahan hai",
                          "¿dónde está mi pedido?", "où est ma commande ?", "wo ist meine Bestellung?"],
    "I forgot my password": ["পাসওয়ার্ড ভুলে গেছি", "password bhule gechi", "मैं पासवर्ड भूल गया",
                             "password bhool gaya", "olvidé mi contraseña", "j'ai oublié mon mot de passe",
                             "ich habe mein Passwort vergessen"],
    "I want to return this": ["এটা ফেরত দিতে চাই", "eta ferot dite chai", "मुझे यह वापस करना है", "ye wapas karna hai",
                              "quiero devolver esto", "je veux retourner cet article", "ich möchte das zurückgeben"],
    "how much is the delivery charge": ["ডেলিভারি চার্জ কত", "delivery charge koto", "डिलीवरी चार्ज कितना है",
                                        "delivery charge kitna hai", "¿cuánto cuesta el envío?",
                                        "combien coûte la livraison ?", "wie hoch sind die Versandkosten?"],
}  # fmt: skip


def test_the_shipped_student_is_the_one_that_its_card_names_and_of_the_encoder_that_is_used() -> None:
    card = json.loads(student.SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["sha256"] == student.fingerprint(student.SHIPPED)
    assert card["encoder"] == teacher.fingerprint(teacher.PACKAGED)


def test_the_shipped_student_puts_a_sentence_of_every_variant_nearest_to_its_english() -> None:
    shipped, english = Student.load(), teacher.Teacher.load(int8=False).encode(list(SAME))
    for place, texts in enumerate(SAME.values()):
        nearest = (shipped.encode(texts) @ english.T).argmax(axis=1)
        assert [text for text, found in zip(texts, nearest, strict=True) if found != place] == []


def test_what_is_dropped_of_a_text_is_the_same_whatever_is_encoded_beside_it() -> None:
    student = Student(student_weights(0))
    texts = ["where is my order", "আমার অর্ডার কোথায়", "dónde está"]
    together = student.encode(texts, dropped=0.5)
    for text, found in zip(texts, together, strict=True):
        assert np.allclose(student.encode([text], dropped=0.5)[0], found, atol=1e-6)
    assert not np.allclose(together, student.encode(texts))


def test_it_knows_the_texts_that_it_has_met_however_they_are_typed(weights: dict[str, np.ndarray]) -> None:
    met = np.array([student.mark("Where is my order"), student.mark("আমার অর্ডার কোথায়")], dtype=np.uint32)
    made = Student({**weights, "met": met})
    assert made.has_met("where  IS my order")
    assert made.has_met("আমার অর্ডার কোথায়")
    assert not made.has_met("where is my parcel")
    assert not Student(weights).has_met("where is my order")


def test_the_shipped_student_has_met_the_contents_english_and_nothing_that_is_only_asked() -> None:
    shipped = Student.load()
    assert shipped.has_met("I want to cancel my order")
    assert not shipped.has_met("a sentence that nobody has ever put into the content of this shop, 4711")
