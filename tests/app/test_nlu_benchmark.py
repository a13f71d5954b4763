"""The benchmark of understanding from rows to page, with the arm that trains at once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from benchmarks import nlu
from benchmarks.nlu_arms import our_config
from benchmarks.nlu_page import Measured, page
from benchmarks.nlu_runs import ArmFailed, Result, run
from benchmarks.nlu_scores import OUT_OF_SCOPE, Prediction, score
from benchmarks.nlu_tables import by_column, share
from benchmarks.rows import Row, write
from benchmarks.splits import folds

ROOT = Path(__file__).parents[2]
THINGS = ("parcel", "shirt", "lamp", "phone", "book", "chair", "coat", "mug", "bag", "pen")
SAID = {
    "order_status": "where is my {}, has it been shipped",
    "start_return": "I want to send the {} back and return it",
    "product_availability": "is the {} in stock again soon",
    OUT_OF_SCOPE: "tell a joke about some {} or sing",
}


@pytest.fixture
def rows() -> list[Row]:
    """Forty rows, ten of each of four intents."""
    return [Row(text.format(thing), intent, "en") for intent, text in SAID.items() for thing in THINGS]


def result(rows: list[Row], right: bool = True) -> Result:
    """An arm that says the wanted intent, or none."""
    made = [
        Prediction(row.intent if right else None, [(row.intent, 0.9)], 2.0, language=row.language, decision="answer")
        for row in rows
    ]
    return Result(score(rows, made), {"en": score(rows, made)}, 40, 1.25, 100.0)


def measured(rows: list[Row], title: str, how: str = "dev asked") -> Measured:
    arms = {"ours": result(rows), "stock": result(rows, right=False)}
    return Measured(title, how, "2026-11-22", "2 cores", "python -m benchmarks.nlu --all FOLDER", arms)


def test_the_tfidf_arm_learns_and_answers_in_a_process_of_its_own(rows: list[Row]) -> None:
    found = run("tfidf", folds(rows, 2))
    assert (found.scores.rows, found.scores.outside, found.training_rows) == (40, 10, 20)
    assert found.scores.accuracy == found.scores.unrejected == found.scores.recall == 1.0
    assert found.scores.offered is None
    assert set(found.languages) == {"en"}
    assert found.scores.p50 is not None and 0 < found.scores.p50 < 1000
    assert found.training_seconds > 0
    assert 20 < found.peak_megabytes < 1000


def test_an_arm_that_fails_says_why() -> None:
    alone = [Row("hi", "greet"), Row("hello", "greet")]
    with pytest.raises(ArmFailed, match=r"(?s)arm tfidf ended with 1.*ValueError"):
        run("tfidf", [(alone, alone)])


def test_from_the_command_line_to_figures(rows: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "train.jsonl", rows)
    write(tmp_path / "test.jsonl", [Row("has my lamp been shipped", "order_status", "en")])
    arguments = ["--train", str(tmp_path / "train.jsonl"), "--test", str(tmp_path / "test.jsonl")]
    arguments += ["--skip", "ours", "stock", "--json", str(tmp_path / "found.json")]
    assert nlu.main(arguments) == 0
    assert "| train.jsonl (test.jsonl asked) | TF-IDF | 40 / 1 | 1.000 |" in capsys.readouterr().out
    raw = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert raw["cases"]["train"]["arms"]["tfidf"]["scores"]["accuracy"] == 1.0
    assert raw["cases"]["train"]["command"] == (
        "python -m benchmarks.nlu --train train.jsonl --test test.jsonl --skip ours stock"
    )
    assert nlu.load(tmp_path / "found.json")["train"].arms["tfidf"].scores.accuracy == 1.0


@pytest.mark.parametrize(
    ("arguments", "what"),
    [(["--train", "nowhere.jsonl"], "nowhere.jsonl: there is no such file"), (["--all", "nowhere"], "NLU_SETS=folder")],
)
def test_what_is_not_there_is_said_in_a_sentence(
    arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nlu.main(arguments) == 2
    assert what in capsys.readouterr().err


def test_our_arm_has_the_pipeline_of_config_yml_and_vectors_of_its_own(tmp_path: Path) -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    made = our_config(config, tmp_path)
    assert [one["name"] for one in made["pipeline"]] == [one["name"] for one in config["pipeline"]]
    assert "policies" not in made
    assert [one["name"] for one in made["importers"]] == ["benchmarks.rows_importer.RowsImporter"]
    encoder = {"name": "bot.nlu.encoder.SentenceEncoder", "model": "some"}
    made = our_config({**config, "pipeline": [encoder]}, tmp_path)
    assert made["pipeline"] == [{**encoder, "vectors": str(tmp_path / "vectors")}]
    assert "vectors" not in encoder


def test_the_page_tells_command_machine_figures_and_licences(rows: list[Row]) -> None:
    cases = {
        "banking77": measured(rows, "banking77", "a fifth of train asked"),
        "massive-en-US": measured(rows, "en-US"),
        "massive-10-bn-BD": measured(rows, "bn-BD"),
        "content-dev": replace(measured(rows, "our content"), date="2026-11-24"),
    }
    text = page(cases)
    assert "Command: `python -m benchmarks.nlu --all FOLDER`." in text
    assert "Machine: `2 cores`. Date: 2026-11-22 to 2026-11-24." in text
    assert "| banking77 (a fifth of train asked) | ours | 40 / 40 | 1.000 |" in text
    assert "|  | stock Rasa | 40 / 40 | .000 |" in text
    assert "| full: ours | 1.000 | – | 1.000 |" in text
    assert "| 10 an intent: ours | – | 1.000 | 1.000 |" in text
    assert "| our content (dev asked): ours | 1.000 | 1.000 |" in text
    assert "Arora et al. 2020" in text
    assert all(licence in text for licence in ("CC BY 4.0", "CC BY 3.0", "ODbL"))
    for line in rows:
        assert line.text not in text


def test_the_page_leaves_out_what_was_not_measured(rows: list[Row]) -> None:
    text = page({"banking77": measured(rows, "banking77")})
    assert "## Public data sets" in text
    assert "## MASSIVE" not in text
    assert "## Our own content" not in text


def test_figures_kept_as_json_make_the_same_page(rows: list[Row], tmp_path: Path) -> None:
    cases = {"content-folds": measured(rows, "our content")}
    nlu.save(tmp_path / "nlu.json", cases)
    assert page(nlu.load(tmp_path / "nlu.json")) == page(cases)
    assert nlu.load(tmp_path / "nowhere.json") == {}


def test_shares_and_means_are_short() -> None:
    assert [share(value) for value in (None, 0.0, 0.9414, 1.0, -0.25)] == ["–", ".000", ".941", "1.000", "-.250"]
    assert by_column([("ours", {"en": 0.5, "bn": None})], ["en", "bn"]).endswith("| ours | .500 | – | .500 |")
