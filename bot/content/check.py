"""Everything about the content that can be told wrong before training on it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.content.errors import ContentError, Problem
from bot.content.library import Library, Phrase, Question
from bot.content.render import PLACEHOLDER, Formatter
from bot.content.yaml_lines import parse
from handoff.hours import Hours
from handoff.hours_file import HoursError
from handoff.queue_rules import QueueRules

MIN_EXAMPLES = 2
ENOUGH_EXAMPLES = 15
RULES = "data/rules.yml"
QUEUE = "data/handoff.yml"
HOURS = "data/hours.yml"
# Rasa's own files beside the content, looked at here so that they too are mended by file and line
RASA_FILES = ("config.yml", "domain.yml", RULES, "data/stories.yml")


def check(library: Library, root: Path) -> list[Problem]:
    """All mistakes in a library that was read: languages missing, examples doubled, placeholders and questions that
    do not exist, questions that nothing answers. Examples missing in some languages are gaps: the encoder carries over
    to them what is written in others.

    Args:
        root: the project's folder, for Rasa's own files.
    """
    problems = facts(library)
    ruled: set[str] | None = set()
    for name in RASA_FILES:
        try:
            _, values = parse(root / name, name) if (root / name).exists() else (None, {})
            if name == RULES:
                ruled = _ruled_intents(values or {})
        except ContentError as error:
            problems.extend(error.problems)
            ruled = None if name == RULES else ruled
    problems += queue_rules(root / QUEUE) if (root / QUEUE).exists() else []
    problems += hours(root / HOURS)
    for question in library.questions.values():
        problems += [*_question(question, library, ruled)]
    for phrase in library.phrases.values():
        problems += [*_phrase(phrase, library)]
    problems += [*_doubled(library)]
    return sorted(problems)


def facts(library: Library) -> list[Problem]:
    """The facts that cannot be written in every language; an answer that names one could not be said."""
    formatters = {code: Formatter(language) for code, language in library.languages.items()}
    return [
        problem
        for name, value in library.facts.items()
        for code, formatter in formatters.items()
        for problem in _fact(name, value, code, formatter)
    ]


def queue_rules(path: Path) -> list[Problem]:
    """What is wrong with the rules of the queue for a person."""
    name = f"{path.parent.name}/{path.name}"
    try:
        parse(path, name)
        QueueRules.load(path)
    except ContentError as error:
        return list(error.problems)
    except KeyError as error:
        return [Problem(name, 1, f"{error} is missing.", "Add it.")]
    except (ValueError, TypeError, AttributeError) as error:
        what = str(error).removeprefix(f"{path}: ").rstrip(".")
        return [Problem(name, 1, f"The rules of the queue cannot be used: {what}.", "Mend it.")]
    return []


def hours(path: Path) -> list[Problem]:
    """What is wrong with the business hours; nothing when there is no such file."""
    try:
        Hours.load(path)
    except HoursError as error:
        return [Problem(f"{path.parent.name}/{path.name}", error.line, error.what, error.mend)]
    return []


def _question(question: Question, library: Library, ruled: set[str] | None) -> Iterator[Problem]:
    """`ruled` are the intents that rules answer, None when the rules cannot be read."""
    file, lines = question.file, question.lines
    if all(len(question.examples.get(code, ())) < MIN_EXAMPLES for code in library.variants):
        what = f"There are fewer than {MIN_EXAMPLES} examples in every language."
        yield Problem(file, lines[("examples",)], what, "Add how customers ask it.")
    for code in library.variants:
        count = len(question.examples.get(code, ()))
        if count < ENOUGH_EXAMPLES:
            line = lines.get(("examples", code), lines[("examples",)])
            what = f"There are only {count} examples in '{code}'." if count else f"There are no examples in '{code}'."
            mend = f"Add how customers ask it, {ENOUGH_EXAMPLES} ways at least."
            yield Problem(file, line, what, mend, gap=True)
    for code in question.examples:
        if code not in library.variants:
            mend = f"Use one of: {', '.join(library.variants)}; or add it to data/shop.yml."
            yield Problem(file, lines[("examples", code)], f"'{code}' is none of the shop's languages.", mend)
    for code in library.languages:
        if code not in question.titles:
            yield Problem(file, lines[("title",)], f"The title in '{code}' is missing.", "Add it.")
        if question.answers and code not in question.answers:
            yield Problem(file, lines[("answer",)], f"The answer in '{code}' is missing.", "Add it.")
    ways = [bool(question.answers), question.handoff, question.intent in (ruled or ())]
    if sum(ways) != 1 and ruled is not None:
        what = "Nothing answers this question." if not any(ways) else "It is answered in more than one way."
        yield Problem(file, 1, what, "Give it an answer, or 'handoff: true', or a rule in data/rules.yml.")
    for code, text in question.answers.items():
        yield from _placeholders(text, file, lines[("answer", code)], library, set())
    yield from _following(question.next, file, lines.get(("next",), 1), library)


def _phrase(phrase: Phrase, library: Library) -> Iterator[Problem]:
    for code in library.languages:
        if code not in phrase.texts:
            yield Problem(phrase.file, phrase.line, f"'{phrase.key}' is missing in '{code}'.", "Add it.")
    used = {code: set(PLACEHOLDER.findall(text)) - set(library.facts) for code, text in phrase.texts.items()}
    expected = set().union(*used.values())
    for code, names in used.items():
        for name in sorted(expected - names):
            yield Problem(
                phrase.file, phrase.line, f"'{phrase.key}' in '{code}' lacks {{{name}}}.",
                "Every language must tell the same.",
            )  # fmt: skip
    yield from _following(phrase.next, phrase.file, phrase.line, library)


def _following(names: tuple[str, ...], file: str, line: int, library: Library) -> Iterator[Problem]:
    for name in names:
        if name not in library.questions:
            yield Problem(file, line, f"'next' names '{name}', which is no question.", "Use a file's name.")


def _placeholders(text: str, file: str, line: int, library: Library, known: set[str]) -> Iterator[Problem]:
    for offset, part in enumerate(text.splitlines(), start=1):
        for name in PLACEHOLDER.findall(part):
            if name not in library.facts and name not in known:
                yield Problem(
                    file, line + offset, f"{{{name}}} is no fact of the shop.", "Add it to data/shop.yml or mend it."
                )


def _doubled(library: Library) -> Iterator[Problem]:
    """Twice in one language; or under two questions, in whatever languages: nobody could tell which is meant."""
    seen: dict[str, tuple[Question, int]] = {}
    within: set[tuple[str, str]] = set()
    for question in library.questions.values():
        for code, examples in question.examples.items():
            for example in examples:
                key = _folded(example.text) or example.text
                first, line = seen.setdefault(key, (question, example.line))
                doubled = first is not question or (code, key) in within
                within.add((code, key))
                if doubled:
                    yield Problem(
                        question.file, example.line, f"'{example.text}' also stands in {first.file}:{line}.",
                        "Keep it in one place.",
                    )  # fmt: skip


def _fact(name: str, value: object, code: str, formatter: Formatter) -> Iterator[Problem]:
    try:
        formatter.text(value)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, StopIteration) as error:
        yield Problem("data/shop.yml", 1, f"The fact '{name}' cannot be written in '{code}': {error}.", "Mend it.")
        return
    if isinstance(value, Mapping) and isinstance(value.get("text"), Mapping) and code not in value["text"]:
        yield Problem("data/shop.yml", 1, f"The fact '{name}' has no text in '{code}'.", "Add it.")


def _ruled_intents(raw: Any) -> set[str]:
    """Intents that begin a rule or stand in one.

    Raises:
        ContentError: the rules are not as Rasa has them.
    """
    try:
        steps = [step for rule in raw.get("rules") or [] for step in rule["steps"]]
        return {step["intent"] for step in steps if "intent" in step}
    except (KeyError, TypeError, AttributeError) as error:
        problem = Problem(RULES, 1, "A rule here has no steps as Rasa has them.", "Write each as '- intent: …'.")
        raise ContentError([problem]) from error


def _folded(text: str) -> str:
    """What two examples share when a reader would call them the same."""
    text = unicodedata.normalize("NFC", text).casefold()
    return " ".join("".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text).split())
