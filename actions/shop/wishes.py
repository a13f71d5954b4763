"""What a customer wants of an order who wants it changed, by the words of `data/wishes.yml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import Any

import yaml

from actions.shop.policy_values import BadPolicy

KINDS = ("remove", "other", "quantity")


@dataclass(frozen=True)
class Wishes:
    """For each of `KINDS` the words that mean it."""

    words: Mapping[str, Pattern[str]]

    @classmethod
    def load(cls, path: Path) -> Wishes:
        """Reads the file; where there is none, no words are known and the customer is always asked.

        Raises:
            BadPolicy: it does not list words.
        """
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {kind: [] for kind in KINDS}
        words: dict[str, Pattern[str]] = {}
        for kind in KINDS:
            listed = raw.get(kind) if isinstance(raw, Mapping) else None
            if not isinstance(listed, list) or not all(isinstance(word, str) and word for word in listed):
                raise BadPolicy(f"{path}: {kind} must be a list of words, such as [remove, delete].")
            if listed:
                stems = "|".join(re.escape(word.casefold()) for word in sorted(listed, key=len, reverse=True))
                words[kind] = re.compile(rf"(?<!\w)(?:{stems})")
        return cls(words)

    def meant(self, text: str) -> str | None:
        """The one kind of which there is a word in a text; None where there is none, or of several."""
        found = [kind for kind, pattern in self.words.items() if pattern.search(text.casefold())]
        return found[0] if len(found) == 1 else None
