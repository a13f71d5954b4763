"""The content as the program uses it: questions, phrases and facts about the shop, read from `data/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import babel

from bot.content.errors import ContentError, Problem
from bot.content.yaml_lines import Lines, load

PARALLEL = re.compile(r"^\[([\w-]+)\]\s+(.*)$")
QUESTION_KEYS = {"title", "examples", "answer", "handoff", "next"}


@dataclass(frozen=True)
class Example:
    """One way of asking; `id` is shared by lines that say the same in other languages."""

    text: str
    line: int
    id: str | None = None


@dataclass(frozen=True)
class Question:
    """One intent: how customers ask it, and what is answered unless rules or a person take it."""

    intent: str
    group: str
    file: str
    titles: Mapping[str, str]
    examples: Mapping[str, tuple[Example, ...]]
    answers: Mapping[str, str]
    handoff: bool
    next: tuple[str, ...]
    lines: Lines = field(repr=False)


@dataclass(frozen=True)
class Phrase:
    """Words that a rule, an action or the house says, by language."""

    key: str
    file: str
    texts: Mapping[str, str]
    next: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Language:
    """How a language is written: its own name, its locale (digits, dates), the currency its prices are shown in."""

    code: str
    name: str
    locale: str
    currency: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """All content of one moment. `languages` are those we answer in, the default first; `typings` such as `bn-Latn`
    are ways of typing them that have examples of their own; `nearest` says which of them answers a language that is not
    served."""

    questions: Mapping[str, Question]
    phrases: Mapping[str, Phrase]
    languages: Mapping[str, Language]
    facts: Mapping[str, Any]
    phone_regions: tuple[str, ...]
    typings: tuple[str, ...] = ()
    nearest: Mapping[str, str] = field(default_factory=dict)

    @property
    def variants(self) -> tuple[str, ...]:
        """Everything that customers type and we understand."""
        return (*self.languages, *self.typings)

    def title(self, intent: str, language: str) -> str:
        """What a button for this intent says; the intent's name when it is unknown."""
        question = self.questions.get(intent)
        return self.pick(question.titles, language) if question else intent

    def pick(self, texts: Mapping[str, str], language: str) -> str:
        """The text in `language` or what answers it, else in the default one, else in any."""
        for code in (language, self.answered_in(language), *self.languages):
            if code in texts:
                return texts[code]
        return next(iter(texts.values()), "")

    def answered_in(self, language: str) -> str:
        """The language that answers what is written in `language`: itself, its base, the nearest, or the default."""
        base = language.split("-")[0]
        found = (code for code in (language, base, self.nearest.get(base)) if code in self.languages)
        return next(found, None) or next(iter(self.languages), language)


def read(folder: Path) -> Library:
    """Reads the content folder.

    Raises:
        ContentError: files that cannot be read; every one of them is named, with line and mend.
    """
    problems: list[Problem] = []
    questions: dict[str, Question] = {}
    for path in sorted((folder / "faq").rglob("*.y*ml")):
        if path.parent.parent != folder / "faq" or path.suffix != ".yml":
            mend = "Questions stand in data/faq/<group>/<name>.yml; move or rename it."
            problems.append(Problem(_name(folder, path), 1, "This file is not read.", mend))
            continue
        try:
            question = _question(path, _name(folder, path))
        except ContentError as error:
            problems.extend(error.problems)
            continue
        if question.intent in questions:
            other = questions[question.intent].file
            problems.append(Problem(question.file, 1, f"{other} has the same name.", "Rename one of the two files."))
        questions[question.intent] = question
    phrases: dict[str, Phrase] = {}
    for path in sorted((folder / "phrases").glob("*.yml")):
        try:
            found = _phrases(path, _name(folder, path))
        except ContentError as error:
            problems.extend(error.problems)
            continue
        for phrase in found:
            if phrase.key in phrases:
                problems.append(
                    Problem(phrase.file, phrase.line, f"'{phrase.key}' also stands in {phrases[phrase.key].file}.",
                            "Remove one of the two.")
                )  # fmt: skip
            phrases[phrase.key] = phrase
    shop_file = folder / "shop.yml"
    try:
        shop = _shop(shop_file, _name(folder, shop_file))
    except ContentError as error:
        problems.extend(error.problems)
    if problems:
        raise ContentError(problems)
    return Library(questions, phrases, **shop)


def _name(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder.parent))


def _question(path: Path, name: str) -> Question:
    raw, lines = load(path, name)
    problems = [
        Problem(name, lines[(key,)], f"'{key}' is not known here.", f"Use one of: {', '.join(sorted(QUESTION_KEYS))}.")
        for key in raw
        if key not in QUESTION_KEYS
    ]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        problems.append(
            Problem(name, 1, f"'{path.stem}' cannot name a question.", "Use a-z, 0-9 and _ in the file's name.")
        )
    for key in ("title", "examples"):
        if key not in raw:
            problems.append(Problem(name, 1, f"'{key}' is missing.", "Add it, with a line for each language."))
    for key in ("title", "examples", "answer"):
        problems.extend(_text_problems(raw.get(key, {}), (key,), lines, name))
    if not isinstance(raw.get("handoff", False), bool):
        problems.append(
            Problem(name, lines[("handoff",)], "'handoff' is neither true nor false.", "Write one of them.")
        )
    problems.extend(_next_problems(raw.get("next"), ("next",), lines, name))
    if problems:
        raise ContentError(problems)
    return Question(
        intent=path.stem,
        group=path.parent.name,
        file=name,
        titles={code: text.strip() for code, text in raw["title"].items()},
        examples={code: _examples(text, lines[("examples", code)]) for code, text in raw["examples"].items()},
        answers={code: text.strip() for code, text in (raw.get("answer") or {}).items()},
        handoff=raw.get("handoff", False),
        next=tuple(raw.get("next") or ()),
        lines=lines,
    )


def _examples(block: str, line: int) -> tuple[Example, ...]:
    examples = []
    for offset, text in enumerate(block.splitlines(), start=1):
        text = text.strip()
        if not text:
            continue
        match = PARALLEL.match(text)
        examples.append(Example(match[2], line + offset, match[1]) if match else Example(text, line + offset))
    return tuple(examples)


def _text_problems(value: Any, path: tuple[str, ...], lines: Lines, name: str) -> list[Problem]:
    line = lines.get(path, 1)
    if not isinstance(value, dict):
        return [Problem(name, line, f"'{path[-1]}' has no languages under it.", "Write 'en: …' on a line below.")]
    return [
        Problem(name, lines[(*path, str(code))], f"'{code}' is not text.", "Write it as text, in quotes if need be.")
        for code, text in value.items()
        if not isinstance(text, str) or not text.strip()
    ]


def _next_problems(value: Any, path: tuple[str, ...], lines: Lines, name: str) -> list[Problem]:
    if value is None or _is_texts(value):
        return []
    return [Problem(name, lines[path], "'next' is not a list of questions.", "Write [one, two].")]


def _phrases(path: Path, name: str) -> list[Phrase]:
    raw, lines = load(path, name)
    problems: list[Problem] = []
    found = []
    for key, entry in raw.items():
        if not isinstance(entry, dict):
            problems.append(Problem(name, lines[(key,)], f"'{key}' has no languages under it.", "Write 'en: …' below."))
            continue
        entry = dict(entry)
        following = entry.pop("next", None)
        mistakes = [
            *_next_problems(following, (key, "next"), lines, name),
            *_text_problems(entry, (key,), lines, name),
        ]
        problems.extend(mistakes)
        if not mistakes:
            texts = {code: text.strip() for code, text in entry.items()}
            found.append(Phrase(key, name, texts, tuple(following or ()), lines[(key,)]))
    if problems:
        raise ContentError(problems)
    return found


def _shop(path: Path, name: str) -> dict[str, Any]:
    """What the file says, by the library's names for it."""
    if not path.exists():
        raise ContentError([Problem(name, 1, "The file is missing.", "Every shop has one; see docs/content.md.")])
    raw, lines = load(path, name)
    languages = raw.get("languages")
    problems: list[Problem] = []
    if isinstance(languages, dict) and languages:
        for code, entry in languages.items():
            problems.extend(_language_problems(entry, ("languages", code), lines, name))
    else:
        line = lines.get(("languages",), 1)
        problems.append(Problem(name, line, "No languages are named.", "Write 'languages:' with 'en: {…}' below."))
    if not isinstance(raw.get("facts"), dict):
        problems.append(
            Problem(name, lines.get(("facts",), 1), "There are no facts.", "Write 'facts:' and each below.")
        )
    regions = raw.get("phone_regions", [])
    if not _is_texts(regions):
        problems.append(Problem(name, lines[("phone_regions",)], "These are no regions.", "Write a list such as [BD]."))
    problems.extend(_other_ways_problems(raw, lines, name))
    if problems:
        raise ContentError(problems)
    return {
        "languages": {
            code: Language(code, one["name"], one["locale"], one["currency"], tuple(one.get("aliases", ())))
            for code, one in raw["languages"].items()
        },
        "facts": raw["facts"],
        "phone_regions": tuple(regions),
        "typings": tuple(raw.get("typings", ())),
        "nearest": dict(raw.get("nearest", {})),
    }


def _other_ways_problems(raw: dict[str, Any], lines: Lines, name: str) -> list[Problem]:
    """Of `typings` and `nearest`, each of which leads to a language that is answered in."""
    known = raw.get("languages")
    known = known if isinstance(known, dict) else {}
    typings, nearest = raw.get("typings", []), raw.get("nearest", {})
    mend = f"Use one of: {', '.join(map(str, known))}."
    if not _is_texts(typings):
        return [Problem(name, lines[("typings",)], "These are no ways of typing.", "Write a list such as [bn-Latn].")]
    problems = [
        Problem(name, lines[("typings",)], f"'{code}' is no language above with its letters.", "Write it as bn-Latn.")
        for code in typings
        if "-" not in code or code.split("-")[0] not in known
    ]
    if not isinstance(nearest, dict):
        return [*problems, Problem(name, lines[("nearest",)], "These are no pairs.", "Write {pt: es}.")]
    return problems + [
        Problem(name, lines[("nearest",)], f"'{code}' leads to '{to}', which is not answered in.", mend)
        for code, to in nearest.items()
        if not isinstance(to, str) or to not in known
    ]


def _language_problems(entry: Any, path: tuple[str, ...], lines: Lines, name: str) -> list[Problem]:
    line, code = lines[path], path[-1]
    keys = ("name", "locale", "currency")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in keys):
        what = f"Language '{code}' lacks name, locale or currency."
        return [Problem(name, line, what, "Write {name: English, locale: en_US, currency: USD}.")]
    if not _is_texts(entry.get("aliases", [])):
        return [Problem(name, line, f"The aliases of '{code}' are no list of names.", "Write [one, two].")]
    try:
        babel.Locale.parse(entry["locale"])
    except (ValueError, babel.UnknownLocaleError) as error:
        return [Problem(name, line, f"Language '{code}': {error}.", "Use a locale such as bn_BD.")]
    return []


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
