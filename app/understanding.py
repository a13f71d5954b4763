"""`shohay parse` and `shohay evaluate`: the model in use, over lines of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from app.settings import Settings
from bot import models
from bot.content.live import LiveWords
from bot.evaluation import Judged, report

if TYPE_CHECKING:
    from bot.dialogue.dialogue import Dialogue, Parsed


class NoModel(Exception):
    """There is no trained model yet."""


class BadLine(Exception):
    """A line of the input is not what it should be; the message names it."""


def load(settings: Settings) -> Dialogue:
    """The model in use.

    Raises:
        NoModel: none was trained yet.
    """
    archive = models.current(settings.models_dir)
    if archive is None:
        raise NoModel(f"There is no model in {settings.models_dir}; run 'shohay train' first.")
    from bot.dialogue.dialogue import Dialogue

    return Dialogue.load(archive, [], LiveWords(settings.data_dir))


def parse(dialogue: Dialogue, lines: Iterable[str], out: TextIO) -> None:
    """Writes for each line {"text"} one with language, intent, confidence, decision, alternatives and entities.

    Where two are close and would be offered as buttons, or the customer would be asked again, as `decision` says, the
    intent is the likeliest.

    Raises:
        BadLine: at the first line that has no text; those before it are written.
    """
    with asyncio.Runner() as runner:
        for row in _rows(lines, ("text",)):
            parsed = runner.run(dialogue.parse(row["text"]))
            entities = [{key: entity[key] for key in ("entity", "value", "start", "end")} for entity in parsed.entities]
            line: dict[str, Any] = {
                "text": row["text"],
                "language": parsed.language,
                "intent": _meant(parsed),
                "confidence": round(parsed.confidence, 4),
                "decision": parsed.decision,
                "alternatives": [
                    {"intent": other["name"], "confidence": round(other["confidence"], 4)}
                    for other in parsed.alternatives
                    if other["name"] != _meant(parsed)
                ],
                "entities": entities,
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            out.flush()


def evaluate(dialogue: Dialogue, path: Path) -> dict[str, Any]:
    """Judges a file of {"text", "intent", "language"?}.

    Raises:
        BadLine: a line is not of that form.
    """
    judged = []
    with asyncio.Runner() as runner, path.open(encoding="utf-8") as file:
        for row in _rows(file, ("text", "intent"), ("language",)):
            parsed = runner.run(dialogue.parse(row["text"]))
            language = row.get("language") or parsed.language
            # a customer who is asked again got no answer, as with what is out of scope
            got = "out_of_scope" if parsed.decision == "ask_again" else _meant(parsed)
            judged.append(Judged(row["text"], row["intent"], got, parsed.confidence, language))
    return report(judged)


def _meant(parsed: Parsed) -> str | None:
    likeliest = parsed.decision in ("choose", "ask_again") and parsed.alternatives
    return parsed.alternatives[0]["name"] if likeliest else parsed.intent


def _rows(lines: Iterable[str], needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadLine(f"line {number} is not JSON: {error}") from error
        if not isinstance(row, dict) or any(not isinstance(row.get(key), str) for key in needed):
            raise BadLine(f"line {number} needs {' and '.join(needed)} as text")
        if any(not isinstance(row.get(key, ""), str) for key in optional):
            raise BadLine(f"line {number} has {' or '.join(optional)} that is not text")
        yield row
