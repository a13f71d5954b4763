"""The content as Rasa's training data, so that one file is all a new question needs.

Each question file gives Rasa an intent, its examples, a response and the rule that answers it; `domain.yml`,
`data/rules.yml` and `data/stories.yml` hold only what is more than a question and an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.training_data.structures import STORY_START, Checkpoint, RuleStep, StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content.library import Library, Question, read
from bot.nlu import products
from bot.nlu.places import Places
from bot.nlu.tracking import TRACKING_PREFIX, carrier_prefixes

REQUEST_PERSON = "action_request_person"


class ContentImporter(RasaFileImporter):
    """Reads `data/` with `bot.content` and adds what it means to Rasa's own files.

    Raises:
        ContentError: on reading, naming every mistake with file, line and mend.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **_: Any,
    ) -> None:
        paths = [training_data_paths] if isinstance(training_data_paths, str) else list(training_data_paths or ["data"])
        self._folder = next((Path(path) for path in paths if (Path(path) / "faq").is_dir()), Path("data"))
        rasa_files = [str(path) for name in ("rules.yml", "stories.yml") if (path := self._folder / name).exists()]
        super().__init__(config_file, domain_path, rasa_files)
        self._content: Library | None = None

    @property
    def content(self) -> Library:
        if self._content is None:
            self._content = read(self._folder)
        return self._content

    def get_domain(self) -> Domain:
        """Adds every question's intent, and a response for every answer and phrase. Its words come from our NLG, so the
        model carries only the key: words in it would be old ones, and slow to load."""
        answers = [key for key, question in self.content.questions.items() if question.answers]
        said = {f"utter_{key}": [{"text": key}] for key in (*answers, *self.content.phrases)}
        ours = {"intents": list(self.content.questions), "responses": said}
        return super().get_domain().merge(Domain.from_dict(ours))

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Adds one rule for each question that is answered, or handed over, without more ado."""
        rules = [_rule(question) for question in self.content.questions.values() if _action(question)]
        return super().get_stories(exclusion_percentage).merge(StoryGraph(rules))

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All examples of all languages, each carrying its language, with the titles, which are what buttons say; names
        of languages, places and products, and the carriers' prefixes, as lookup tables, and what they mean as
        synonyms."""
        messages = [
            Message(data={TEXT: text, INTENT: question.intent, "language": {"name": code, "confidence": 1.0}})
            for question in self.content.questions.values()
            for code, examples in question.examples.items()
            for text in dict.fromkeys([*(example.text for example in examples), *_titled(question, code)])
        ]
        tables = self._names()
        return TrainingData(
            training_examples=messages,
            entity_synonyms={name: value for names in tables.values() for name, value in names.items()},
            lookup_tables=[{"name": kind, "elements": sorted(names)} for kind, names in tables.items() if names],
        )

    def _names(self) -> dict[str, Mapping[str, str]]:
        """What each name means, by kind; one name means one thing, that of the kind which comes first."""
        languages = {
            alias.lower(): one.code for one in self.content.languages.values() for alias in (one.name, *one.aliases)
        }
        places, catalogue, carriers = (
            self._folder / name for name in ("places.yml", "demo/catalogue.yml", "demo/carriers.yml")
        )
        known = Places.load(places) if places.exists() else Places({}, {})
        tables: dict[str, Mapping[str, str]] = {
            "language": languages,
            "country": known.countries,
            "city": known.cities,
            "product": products.load(catalogue) if catalogue.exists() else {},
            TRACKING_PREFIX: dict.fromkeys(carrier_prefixes(carriers) if carriers.exists() else (), TRACKING_PREFIX),
        }
        taken: set[str] = set()
        for kind, names in tables.items():
            tables[kind] = {name: value for name, value in names.items() if name not in taken}
            taken |= names.keys()
        return tables


def _titled(question: Question, code: str) -> list[str]:
    """The question's title in this language, if it has one and is asked in it."""
    return [question.titles[code]] if code in question.titles else []


def _action(question: Question) -> str | None:
    if question.handoff:
        return REQUEST_PERSON
    return f"utter_{question.intent}" if question.answers else None


def _rule(question: Question) -> RuleStep:
    return RuleStep(
        start_checkpoints=[Checkpoint(STORY_START)],
        block_name=f"question {question.intent}",
        events=[
            ActionExecuted(RULE_SNIPPET_ACTION_NAME),
            UserUttered(intent={INTENT_NAME_KEY: question.intent}),
            ActionExecuted(str(_action(question))),
            ActionExecuted(ACTION_LISTEN_NAME),
        ],
        source_name=question.file,
    )
