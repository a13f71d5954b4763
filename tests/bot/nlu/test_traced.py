"""An encoder's graph says of one text what the encoder itself says; an encoder of which none can be made needs none."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from encoder_testing import make_encoder
from sentence_transformers import SentenceTransformer

from bot.nlu.teacher import Teacher
from bot.nlu.traced import traced

TEXTS = ["hello", "where is my order", "thank you thank you thank you where", "", "is order " * 60]


class Letters(torch.nn.Module):
    """Encodes one text by how often each letter is in it."""

    def preprocess(self, texts: list[str]) -> dict[str, Any]:
        return {"letters": torch.tensor([[ord(letter) % 8 for letter in text] for text in texts])}

    def forward(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        counts = torch.nn.functional.one_hot(inputs["letters"], 8).sum(dim=1)
        return {"sentence_embedding": torch.nn.functional.normalize(counts.float(), dim=1)}


class LongOtherwise(Letters):
    """A text of many letters is encoded in another way, decided in Python."""

    def forward(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        made = super().forward(inputs)
        if inputs["letters"].shape[1] > 100:
            made["sentence_embedding"] = made["sentence_embedding"].flip(1)
        return made


class Unreadable(Letters):
    """No graph can be made of it."""

    def forward(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if torch.jit.is_tracing():
            raise NotImplementedError("not for graphs")
        return super().forward(inputs)


def whole(found: Mapping[str, Any]) -> torch.Tensor:
    return torch.as_tensor(found["sentence_embedding"])


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("layers", [2, 5])
def test_the_graph_says_of_a_text_what_the_encoder_says(tmp_path: Path, layers: int, int8: bool) -> None:
    encoder = Teacher.load(str(make_encoder(tmp_path, seed=2, layers=layers)), int8)
    assert encoder._alone is not None
    quick = [encoder.encode([text])[0] for text in TEXTS]
    encoder._alone = None
    for text, vector in zip(TEXTS, quick, strict=True):
        assert vector @ encoder.encode([text])[0] > 0.99999, text


def test_making_the_graph_says_nothing_and_leaves_the_log_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = SentenceTransformer(str(make_encoder(tmp_path, seed=2)), device="cpu").eval()
    caplog.set_level(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert traced(model, whole) is not None
    assert caplog.messages == []
    logging.getLogger("after").warning("still heard")
    assert caplog.messages == ["still heard"]


def test_an_encoder_that_decides_by_a_text_s_length_has_no_graph() -> None:
    assert traced(Letters(), whole) is not None
    assert traced(LongOtherwise(), whole) is None


def test_an_encoder_that_cannot_be_traced_has_no_graph(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert traced(Unreadable(), whole) is None
    assert "not for graphs" in caplog.text
