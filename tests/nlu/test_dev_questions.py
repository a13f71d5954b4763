"""The development questions ask for everything in every variant, and nothing of them is ever learnt."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from running import ROOT

from bot.content.library import Library, read

FOLDER = Path(__file__).parent / "dev"


def rows(variant: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / f"{variant}.jsonl").read_text(encoding="utf-8").splitlines()]


def folded(text: str) -> str:
    text = unicodedata.normalize("NFC", text).casefold()
    return "".join(letter for letter in text if letter.isalnum() or unicodedata.category(letter)[0] == "M")


@pytest.fixture(scope="module")
def library() -> Library:
    return read(ROOT / "data")


def test_there_are_questions_in_every_variant(library: Library) -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(library.variants)


@pytest.mark.parametrize("variant", sorted(path.stem for path in FOLDER.glob("*.jsonl")))
def test_every_intent_is_asked_twice_and_thirty_times_nothing_of_ours(library: Library, variant: str) -> None:
    asked = Counter(row["intent"] for row in rows(variant))
    assert set(asked) == set(library.questions)
    assert min(asked.values()) >= 2
    assert asked["out_of_scope"] >= 30
    assert {row["language"] for row in rows(variant)} == {variant}


def test_no_question_is_an_example_or_a_sentence_that_the_student_learns_from(library: Library) -> None:
    learnt = {
        folded(example.text)
        for question in library.questions.values()
        for examples in question.examples.values()
        for example in examples
    }
    for path in (ROOT / "data" / "parallel").glob("*.tsv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            learnt.update(map(folded, line.split("\t")))
    learnt.discard("")
    asked = [row["text"] for path in FOLDER.glob("*.jsonl") for row in rows(path.stem)]
    assert [text for text in asked if folded(text) in learnt] == []
