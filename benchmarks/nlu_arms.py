"""The three arms, each in a process of its own: `python -m benchmarks.nlu_arms ARM FOLDER [told]`.

The folder holds `train.jsonl` and `test.jsonl`; what was found is written to `found.json` there. With `told`, messages
come with their rows' language, as in a conversation whose customer has chosen one.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks.nlu_scores import Prediction
from benchmarks.rows import Row, read

ROOT = Path(__file__).resolve().parent.parent
ARMS = ("ours", "stock", "tfidf")
WARMING = 5  # training messages asked first, untimed: what is loaded at the first message is no message's time
IMPORTER = {"name": "benchmarks.rows_importer.RowsImporter"}
# Bengali and Devanagari words have vowel signs that \w does not know
WORDS = r"(?u)[\w\u0900-\u0dff]+"


@dataclass(frozen=True)
class Found:
    """What one training and its test rows gave: seconds of training alone, the process's largest resident memory."""

    training_seconds: float
    peak_megabytes: float
    predictions: list[Prediction]


def ours(folder: Path, told: bool) -> Found:
    """The pipeline of the repository's config.yml."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return _rasa(folder, our_config(config, folder), told)


def our_config(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same pipeline trained on rows: no policies, and vectors of earlier runs out of reach."""
    pipeline = [dict(component) for component in config["pipeline"]]
    for component in pipeline:
        if component["name"].endswith(".SentenceEncoder"):
            component["vectors"] = str(folder / "vectors")
    kept = {name: value for name, value in config.items() if name not in ("policies", "importers", "pipeline")}
    return {**kept, "importers": [IMPORTER], "pipeline": pipeline}


def stock(folder: Path, told: bool) -> Found:
    """The pipeline that Rasa gives a new project (`rasa init`): DIET for 100 epochs, FallbackClassifier .3 and .1."""
    import rasa.cli

    shipped = Path(rasa.cli.__file__).parent / "initial_project" / "config.yml"
    config = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    return _rasa(folder, {**config, "importers": [IMPORTER]}, told)


def tfidf(folder: Path, told: bool) -> Found:
    """scikit-learn alone: words and pairs of words, character n-grams in words, a logistic regression for
    each intent (liblinear: as good as one for all, and a tenth of the time and memory)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    train, test = read(folder / "train.jsonl"), read(folder / "test.jsonl")
    words = TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, characters), LogisticRegression(C=20, solver="liblinear"))
    began = time.perf_counter()
    model.fit([row.text for row in train], [row.intent for row in train])
    seconds = time.perf_counter() - began

    def ask(text: str) -> Prediction:
        began = time.perf_counter()
        chances = model.predict_proba([text])[0]
        best = chances.argsort()[::-1][:10]
        took = (time.perf_counter() - began) * 1000
        ranking = [(str(model.classes_[place]), float(chances[place])) for place in best]
        return Prediction(ranking[0][0], ranking, took)

    for row in train[:WARMING]:
        ask(row.text)
    predictions = [ask(row.text) for row in test]
    return Found(seconds, _peak_megabytes(), predictions)


def _rasa(folder: Path, config: dict[str, Any], told: bool) -> Found:
    """Trained by Rasa itself, loaded, and asked one message at a time."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    began = time.perf_counter()
    model = train_nlu(str(path), str(folder / "train.jsonl"), str(folder / "models"), fixed_model_name="measured")
    seconds = time.perf_counter() - began
    if model is None:
        raise RuntimeError("Rasa did not train a model; see the lines above.")
    agent = Agent.load(model)
    train, test = read(folder / "train.jsonl"), read(folder / "test.jsonl")
    predictions = asyncio.run(_asked(agent, train[:WARMING], test, told))
    return Found(seconds, _peak_megabytes(), predictions)


async def _asked(agent: Any, warming: Sequence[Row], test: Sequence[Row], told: bool) -> list[Prediction]:
    for row in warming:
        await _parse(agent, row, told)
    return [await _parse(agent, row, told) for row in test]


async def _parse(agent: Any, row: Row, told: bool) -> Prediction:
    from rasa.core.channels.channel import UserMessage

    known = {"language": row.language, "language_chosen": True} if told and row.language else None
    # typed: only buttons' payloads begin with a slash
    message = UserMessage(row.text.lstrip("/ \t\n"), metadata=known)
    began = time.perf_counter()
    data = await agent.processor.parse_message(message)
    found = prediction(data, (time.perf_counter() - began) * 1000)
    return replace(found, language=None) if known else found


def prediction(data: dict[str, Any], milliseconds: float) -> Prediction:
    """What Rasa's parse says."""
    intent = data["intent"]
    ranking = data.get("intent_ranking") or ([intent] if intent["name"] else [])
    language = data.get("language")
    return Prediction(
        intent=intent["name"],
        ranking=[(one["name"], float(one["confidence"])) for one in ranking],
        milliseconds=milliseconds,
        language=language.get("name") if isinstance(language, dict) else None,
        decision=data.get("decision"),
    )


def _peak_megabytes() -> float:
    """Of this program alone: what `getrusage` tells on Linux begins with the memory of the process that started it."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 2**10 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    arm, folder, told = sys.argv[1], Path(sys.argv[2]), "told" in sys.argv[3:]
    found = {"ours": ours, "stock": stock, "tfidf": tfidf}[arm](folder, told)
    (folder / "found.json").write_text(json.dumps(asdict(found), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
