"""English goes through the encoder and its student, all else through the student; nothing is encoded twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nlu_testing import CONTEXT, examples, message, stored_in, student_weights
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import student, teacher
from bot.nlu.encoder import LEARNT, UNSEEN, SentenceEncoder
from bot.nlu.student import Student, mark
from bot.nlu.vector_file import VectorFile

WIDTH = 6
ROWS = [
    ("where is my order", "order_status", "en"),
    ("আমার অর্ডার কোথায়", "order_status", "bn"),
    ("thanks", "thank", "en"),
    ("danke", "thank", "de"),
]


class FakeTeacher:
    """Vectors of letters, and what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        made = np.array([[text.count(letter) + 0.5 for letter in "aehinr"] for text in texts], dtype=np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> FakeTeacher:
    """What every encoder gets as its model."""
    made = FakeTeacher()
    monkeypatch.setattr(teacher.Teacher, "load", lambda name, int8: made)
    return made


@pytest.fixture
def taught(tmp_path: Path) -> Path:
    """A student's weights; it has learnt from one of the rows."""
    met = np.array([mark("আমার অর্ডার কোথায়")], dtype=np.uint32)
    np.savez(tmp_path / "student.npz", **student_weights(0, out=WIDTH), met=met)
    return tmp_path / "student.npz"


@pytest.fixture
def config(tmp_path: Path, taught: Path) -> dict[str, Any]:
    return {**SentenceEncoder.get_default_config(), "student": str(taught), "vectors": str(tmp_path / "vectors")}


def made(config: dict[str, Any], folder: Path, **more: Any) -> SentenceEncoder:
    return SentenceEncoder.load({**config, **more}, stored_in(folder / "store"), Resource("encoder"), CONTEXT)


def sent(text: str, language: str | None) -> Message:
    one = message(text)
    if language:
        one.set("language", {"name": language})
    return one


def vector(one: Message) -> np.ndarray | None:
    sequence, sentence = one.get_dense_features(TEXT)
    assert sequence is None
    return sentence.features[0] if sentence else None


def encoded(encoder: SentenceEncoder, text: str, language: str | None) -> np.ndarray:
    found = vector(encoder.process([sent(text, language)])[0])
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["en", None])
def test_english_has_the_encoders_vector(
    config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path, language: str | None
) -> None:
    found = encoded(made(config, tmp_path), "Where  is it", language)
    assert np.allclose(found, FakeTeacher().encode(["Where is it"])[0])


@pytest.mark.parametrize("language", ["bn", "bn-Latn", "hi", "de"])
def test_every_other_language_has_the_students_and_never_loads_the_encoder(
    config: dict[str, Any], taught: Path, loaded: FakeTeacher, tmp_path: Path, language: str
) -> None:
    found = encoded(made(config, tmp_path), "আমার অর্ডার", language)
    assert np.allclose(found, Student.load(taught).encode(["আমার অর্ডার"])[0])
    assert loaded.asked == []


def test_without_a_student_the_encoder_takes_every_language(
    config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path
) -> None:
    encoder = made(config, tmp_path, student="")
    for text, _, language in ROWS:
        assert np.allclose(encoded(encoder, text, language), FakeTeacher().encode([text])[0])
    assert loaded.asked == [text for text, _, _ in ROWS]


@pytest.mark.parametrize("text", ["", "  ", "\u200b"])
def test_an_empty_message_has_no_vector(config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path, text: str) -> None:
    assert vector(made(config, tmp_path).process([sent(text, "en")])[0]) is None
    assert loaded.asked == []


def test_the_latest_texts_are_kept_and_the_one_longest_unused_goes(
    config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path
) -> None:
    encoder = made(config, tmp_path, cache=2)
    for text in ("a", "b", "a", "a  ", "c", "a", "b"):
        encoded(encoder, text, "en")
    assert loaded.asked == ["a", "b", "c", "b"]


def test_what_is_kept_is_what_was_encoded_and_kept_by_language(
    config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path
) -> None:
    encoder = made(config, tmp_path)
    first, german, again = (encoded(encoder, "hallo", code) for code in ("en", "de", "en"))
    assert (first == again).all()
    assert not np.allclose(first, german)


@pytest.mark.parametrize("with_student", [True, False])
def test_training_takes_what_an_earlier_one_encoded_from_the_file(
    config: dict[str, Any], loaded: FakeTeacher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_student: bool
) -> None:
    more = {} if with_student else {"student": ""}
    taught: list[str] = []
    encode = Student.encode
    monkeypatch.setattr(Student, "encode", lambda one, texts, dropped=0.0: taught.extend(texts) or encode(one, texts))
    first = made(config, tmp_path, **more).process_training_data(examples(ROWS)).training_examples
    once = (sorted(loaded.asked), sorted(taught))
    assert set(loaded.asked) | set(taught) == {text for text, _, _ in ROWS}
    again = made(config, tmp_path, **more).process_training_data(examples(ROWS)).training_examples
    assert (sorted(loaded.asked), sorted(taught)) == once
    for one, other in zip(first, again, strict=True):
        assert np.allclose(vector(one), vector(other), atol=2e-3)
    new = [*ROWS, ("hello", "greet", "en")]
    made(config, tmp_path, **more).process_training_data(examples(new))
    assert sorted(loaded.asked) == sorted([*once[0], "hello"])


def test_a_training_example_has_a_messages_vector_and_one_that_the_student_has_met_also_one_as_if_it_had_not(
    config: dict[str, Any], taught: Path, loaded: FakeTeacher, tmp_path: Path
) -> None:
    encoder = made(config, tmp_path)
    data = encoder.process_training_data(examples(ROWS)).training_examples
    for one, (text, _, language) in zip(data, ROWS, strict=True):
        assert np.allclose(vector(one), encoded(encoder, text, language), atol=2e-3)
        if language == "bn":
            assert np.allclose(one.get(UNSEEN), Student.load(taught).encode([text], dropped=LEARNT)[0], atol=2e-3)
        else:
            assert one.get(UNSEEN) is None


def test_other_weights_model_or_precision_make_another_fingerprint(config: dict[str, Any], tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", **student_weights(1, out=WIDTH))
    changes: list[dict[str, Any]] = [
        {},
        {"student": str(tmp_path / "other.npz")},
        {"student": ""},
        {"model": "somebody/other-model"},
        {"int8": False},
    ]
    found = [SentenceEncoder.fingerprint_addon({**config, **change}) for change in changes]
    assert len(set(found)) == len(changes)
    assert SentenceEncoder.fingerprint_addon({**config, "cache": 1}) == found[0]


def test_a_configuration_that_says_little_has_the_defaults_fingerprint() -> None:
    assert SentenceEncoder.fingerprint_addon({}) == SentenceEncoder.fingerprint_addon(
        {"model": teacher.PACKAGED, "student": str(student.SHIPPED), "int8": True}
    )


class Counting:
    """Encodes texts as their lengths, counting them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def kept(folder: Path) -> Path:
    (found,) = folder.glob("*.npz")
    return found


def test_only_new_texts_are_encoded_each_once(tmp_path: Path) -> None:
    file, encode = VectorFile(tmp_path, "maker"), Counting()
    assert file.through("english", ["a", "bb", "a"], encode).tolist() == [[1, 1], [2, 1], [1, 1]]
    assert file.through("english", ["ccc", "bb"], encode).tolist() == [[3, 1], [2, 1]]
    assert encode.asked == ["a", "bb", "ccc"]


def test_what_is_no_longer_asked_for_is_let_go(tmp_path: Path) -> None:
    file, encode = VectorFile(tmp_path, "maker"), Counting()
    for texts in (["a", "bb"], ["bb"], ["a", "bb"]):
        file.through("english", texts, encode)
    assert encode.asked == ["a", "bb", "a"]


def test_another_maker_begins_anew_and_another_kind_stands_beside(tmp_path: Path) -> None:
    encode = Counting()
    VectorFile(tmp_path, "maker").through("english", ["a"], encode)
    VectorFile(tmp_path, "maker").through("others", ["a"], encode)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    VectorFile(tmp_path, "other").through("english", ["a"], encode)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    VectorFile(tmp_path, "maker").through("others", ["a"], encode)
    assert encode.asked == ["a", "a", "a"]


def test_no_texts_have_no_vectors_and_make_no_file(tmp_path: Path) -> None:
    encode = Counting()
    assert len(VectorFile(tmp_path / "new", "maker").through("english", [], encode)) == 0
    assert encode.asked == []
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("broken", [b"", b"PK", b"no vectors at all", b"\x93NUMPY", b"\x80\x04."])
def test_a_corrupt_file_is_made_anew(tmp_path: Path, broken: bytes) -> None:
    file, encode = VectorFile(tmp_path, "maker"), Counting()
    file.through("english", ["a", "bb"], encode)
    kept(tmp_path).write_bytes(broken)
    assert file.through("english", ["a", "bb"], encode).tolist() == [[1, 1], [2, 1]]
    assert encode.asked == ["a", "bb"] * 2
    file.through("english", ["a", "bb"], encode)
    assert len(encode.asked) == 4


@given(length=st.integers(0, 600))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_file_cut_off_anywhere_is_made_anew(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    file, encode = VectorFile(folder, "maker"), Counting()
    file.through("english", ["a", "bb"], encode)
    whole = kept(folder).read_bytes()
    kept(folder).write_bytes(whole[: min(length, len(whole) - 1)])
    assert file.through("english", ["a", "bb"], encode).tolist() == [[1, 1], [2, 1]]
    assert kept(folder).read_bytes() == whole
