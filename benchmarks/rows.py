"""Labelled messages: what every arm is trained on and asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OUT_OF_SCOPE = "out_of_scope"
SHAPE = 'Each line is {"text": "…", "intent": "…"}, with "language" and "id" if they are known.'


class BadRows(Exception):
    """A file of rows cannot be used; the message says where, what, and the mend."""


@dataclass(frozen=True)
class Row:
    """One message and what it means. Rows with the same `intent` and `id` say the same, and never part in a split."""

    text: str
    intent: str
    language: str | None = None
    id: str | None = None


def read(path: Path) -> list[Row]:
    """The rows of a file of JSON lines; empty lines are passed over.

    Raises:
        BadRows: there is no such file, a line is no row, or there is none at all.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadRows(f"{path}: there is no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadRows(f"{path} cannot be read: {error}. Give a UTF-8 file of JSON lines.") from None
    # not splitlines(): what it takes for the end of a line may stand inside a JSON text
    rows = [_row(line, f"{path}:{number}") for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not rows:
        raise BadRows(f"{path}: there are no rows. {SHAPE}")
    return rows


def write(path: Path, rows: Iterable[Row]) -> None:
    """Writes what `read` reads."""
    lines = ({name: value for name, value in asdict(row).items() if value is not None} for row in rows)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _row(line: str, where: str) -> Row:
    try:
        raw: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadRows(f"{where}: this is no JSON ({error.msg}). {SHAPE}") from None
    if not isinstance(raw, dict):
        raise BadRows(f"{where}: this is no JSON object. {SHAPE}")
    for key in ("text", "intent"):
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise BadRows(f"{where}: '{key}' is missing or no text. {SHAPE}")
    for key in ("language", "id"):
        if not isinstance(raw.get(key), str | None):
            raise BadRows(f"{where}: '{key}' is no text. {SHAPE}")
    return Row(raw["text"], raw["intent"], raw.get("language"), raw.get("id"))
