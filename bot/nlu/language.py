"""Which language a message is written in, kept steady through a conversation."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.foreign import ForeignLanguages, likeliest
from bot.nlu.language_model import LanguageModel
from bot.nlu.normalise import normalise

LANGUAGE = "language"
FALLBACK = "en"
ENOUGH = 2000
# of examples without a language: when nearly all look like one, the rest do too
NEARLY_ALL = 0.9
# so short, the answer to a question of the bot is more likely a name than a change of language
FACT_WORDS = 3
LAST_LATIN = "\u024f"
_ADDRESS = re.compile(r"\S*(?:@|://)\S*")
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u09ff]+)*")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class LanguageIdentifier(GraphComponent):
    """Sets `language` of each message: {"name", "confidence", "foreign"}.

    A model of words and character n-grams over the content's own examples, all variants of them: `bn-Latn` is Bengali
    typed in Latin letters. The message's metadata may carry the conversation's `language`, which stays unless this
    message says clearly otherwise (`keep_below`, and at least `min_letters` letters), and `language_chosen`, when the
    customer picked it and nothing overrules it. `foreign` is the ISO 639-1 code of a language that is none of ours,
    found (`foreign.py`) where our model is not `sure` that it is a romanised one.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"keep_below": 0.8, "min_letters": 5, "sure": 0.9}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        return cls(config, model_storage, resource)

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: LanguageModel | None = None,
        languages: tuple[str, ...] = (FALLBACK,),
    ) -> None:
        """`languages` are those of the content, the most frequent first: what is left when nothing speaks for any."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model
        self._languages = languages
        self._foreign = ForeignLanguages()

    def train(self, training_data: TrainingData) -> Resource:
        """Fits on every example; those that carry no language get the one they look like."""
        _label(training_data)
        every = [(message.get(TEXT), message.get(LANGUAGE)["name"]) for message in training_data.intent_examples]
        languages = [language for _, language in every]
        examples = _sample(every)
        if len(set(languages)) > 1:
            self._model = LanguageModel.fit(
                [_prepared(text) for text, _ in examples], [language for _, language in examples]
            )
        names = tuple(name for name, _ in Counter(languages).most_common())
        if FALLBACK in names or not names:
            names = (FALLBACK, *(name for name in names if name != FALLBACK))
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._model, names), folder / "language.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageIdentifier:
        with model_storage.read_from(resource) as folder:
            model, languages = joblib.load(folder / "language.joblib")
        made = cls(config, model_storage, resource, model, languages)
        # Portuguese, so that both who are asked read their models before the first customer writes
        made._foreign.of("os modelos são lidos antes que o primeiro cliente escreva", languages)
        return made

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples carry their language already, or get the one they look like."""
        return _label(training_data)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            metadata = message.get("metadata") or {}
            message.set(LANGUAGE, self._identify(message.get(TEXT) or "", metadata), add_to_output=True)
        return messages

    def _identify(self, text: str, metadata: dict[str, Any]) -> dict[str, Any]:
        current = metadata.get("language")
        if current and (metadata.get("language_chosen") or text.startswith("/")):
            return {"name": current, "confidence": 1.0, "foreign": None}
        prepared = _prepared(text)
        if not prepared.strip():
            return {"name": current or self._languages[0], "confidence": 0.0, "foreign": None}
        name, confidence = self._best(prepared)
        words = prepared.split()
        # "ok", "thanks", a name or a product: one Latin word is typed in any language
        loan = len(words) < 2 and prepared.isascii()
        unclear = confidence < self._config["keep_below"] or sum(map(len, words)) < self._config["min_letters"]
        # an address or a product that was asked for is in the language of where it comes from; in Latin letters that is
        # no sign of the customer's, in others it is
        short = len(words) <= FACT_WORDS or any(map(str.isdecimal, text))
        fact = bool(metadata.get("asked")) and short and max(prepared) <= LAST_LATIN
        if current and name != current and (loan or unclear or fact):
            name = current
        return {"name": name, "confidence": confidence, "foreign": self._foreign_to(prepared, name, confidence)}

    def _best(self, prepared: str) -> tuple[str, float]:
        found = self._model.best(prepared) if self._model else None
        return found or (self._languages[0], 0.0)

    def _foreign_to(self, prepared: str, name: str, confidence: float) -> str | None:
        if self._model is None or ("-" in name and confidence >= self._config["sure"]):
            return None  # who is asked knows no romanised language, and takes those for others
        return self._foreign.of(prepared, {language.split("-")[0] for language in self._languages})


def _sample(examples: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """At most `ENOUGH` of each language, evenly over all questions: more teach nothing about a language."""
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for example in examples:
        by_language[example[1]].append(example)
    return [one for those in by_language.values() for one in those[:: max(1, math.ceil(len(those) / ENOUGH))]]


def _label(training_data: TrainingData) -> TrainingData:
    without = [
        message for message in training_data.training_examples if message.get(TEXT) and not message.get(LANGUAGE)
    ]
    if without:
        found = [likeliest(_prepared(message.get(TEXT))) or FALLBACK for message in without]
        usual, times = Counter(found).most_common(1)[0]
        for message, name in zip(without, found, strict=True):
            name = usual if times >= NEARLY_ALL * len(without) else name
            message.set(LANGUAGE, {"name": name, "confidence": 1.0, "foreign": None})
    return training_data


def _prepared(text: str) -> str:
    """Only the words: numbers, punctuation and addresses say nothing about the language."""
    return " ".join(_WORD.findall(_ADDRESS.sub(" ", normalise(text).lower())))
