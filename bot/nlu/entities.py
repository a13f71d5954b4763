"""What a message names - numbers, addresses, dates, money, places, products, languages - by rules, in any script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import joblib
import phonenumbers
import regex
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import amounts, dates, tracking
from bot.nlu.folded import Folded
from bot.nlu.language import LANGUAGE
from bot.nlu.names import NameFinder
from bot.nlu.span import Span

_EMAIL = regex.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_RETURN = regex.compile(r"(?<!\w)R[-\s]?(\d{5,10}-\d{1,3})(?!\d)", regex.IGNORECASE)
_ORDER = regex.compile(r"(?<![\w@.+-])#?(\d{5,10})(?![\d@])")

# digits of a phone number that begins with neither a country code nor a zero: nine in Spain
SHORTEST_BARE_PHONE = 9
# digits of a phone number that begins so and is not spaced, from which it must name a country: it may be a parcel's
LONGEST_BARE_PHONE = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class RuleEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Finds `email`, `return_number`, `tracking_number`, `date`, `phone`, `amount` and `order_number`; and every name
    in the training data's lookup tables (`language`, `country`, `city`, `product`), its value taken from the synonyms.

    `phone_regions` are tried in turn for numbers without a country code. What one rule has taken, later ones leave.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"phone_regions": ["BD", "IN", "US", "GB", "DE", "FR", "ES"]}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RuleEntityExtractor:
        return cls(config, model_storage, resource, {}, {})

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        names: dict[str, list[str]],
        synonyms: dict[str, str],
    ) -> None:
        self._regions = config["phone_regions"]
        self._storage = model_storage
        self._resource = resource
        self._tracking = tracking.TrackingFinder(names.get(tracking.TRACKING_PREFIX, []))
        named = {kind: several for kind, several in names.items() if kind != tracking.TRACKING_PREFIX}
        self._names = NameFinder(named, synonyms)

    def train(self, training_data: TrainingData) -> Resource:
        """Takes over the lookup tables and synonyms."""
        names = {table["name"]: list(table["elements"]) for table in training_data.lookup_tables}
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((names, dict(training_data.entity_synonyms)), folder / "entities.joblib")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> RuleEntityExtractor:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, *joblib.load(folder / "entities.joblib"))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            language = (message.get(LANGUAGE) or {}).get("name")
            today = (message.get("metadata") or {}).get("today")
            seen_from = partial(date.fromisoformat, today) if today else dates.utc_today
            found = self.extract(message.get(TEXT) or "", language, seen_from)
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages

    def extract(
        self, text: str, language: str | None = None, today: Callable[[], date] = dates.utc_today
    ) -> list[dict[str, Any]]:
        """Entities in order of their kind; start and end count characters of `text`.

        Args:
            language: of the message, if it is known: dates are looked for in its words.
            today: the day that relative dates are seen from.
        """
        if text.startswith("/"):
            return []
        folded = Folded.of(text)
        found: list[dict[str, Any]] = []
        for kind, span in self._found(folded, language, today):
            typed = folded.typed(span)
            if all(typed.end <= other["start"] or typed.start >= other["end"] for other in found):
                found.append(
                    {
                        "entity": kind,
                        "start": typed.start,
                        "end": typed.end,
                        "value": typed.value,
                        "confidence_entity": 1.0,
                    }
                )
        return found

    def _found(self, folded: Folded, language: str | None, today: Callable[[], date]) -> Iterator[tuple[str, Span]]:
        """Kind and span of all that the rules find, those before that take precedence."""
        cased, text = folded.cased, folded.text
        first = [*self._unmistakable(cased, text, language, today)]
        yield from first
        rest = _without(cased, [span for _, span in first])  # "01712345678 12/03" would be no phone number
        for span in self._phones(rest):
            yield "phone", span
        for span in tracking.find_digits(rest):
            yield "tracking_number", span
        for span in amounts.find(cased, language):
            yield "amount", span
        for match in _ORDER.finditer(cased):
            yield "order_number", Span(match.start(), match.end(), match[1])
        yield from self._names.find(folded)

    def _unmistakable(
        self, cased: str, text: str, language: str | None, today: Callable[[], date]
    ) -> Iterator[tuple[str, Span]]:
        for match in _EMAIL.finditer(cased):
            yield "email", Span(match.start(), match.end(), match[0].rstrip(".").lower())
        for match in _RETURN.finditer(cased):
            yield "return_number", Span(match.start(), match.end(), f"R{match[1]}")
        for span in self._tracking.find(text):
            yield "tracking_number", span
        for span in dates.find(text, language, today()):
            yield "date", span

    def _phones(self, text: str) -> Iterator[Span]:
        if sum(character.isdigit() for character in text) < 7:  # the matcher is slow, and no phone number is shorter
            return
        for region in self._regions:
            for match in phonenumbers.PhoneNumberMatcher(text, region):
                typed = match.raw_string
                digits = sum(character.isdigit() for character in typed)
                if typed[0] not in "+0(" and digits < SHORTEST_BARE_PHONE:
                    continue  # somewhere it is a phone number, but nobody means that: it is an order's
                if typed.isdigit() and typed[0] != "0" and digits > LONGEST_BARE_PHONE and not self._is_abroad(typed):
                    continue
                number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
                yield Span(match.start, match.end, number)

    def _is_abroad(self, digits: str) -> bool:
        """Whether digits are a phone number of one of the regions with its country code, but without the plus."""
        try:
            number = phonenumbers.parse(f"+{digits}")
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number) and phonenumbers.region_code_for_number(number) in self._regions


def _without(text: str, spans: list[Span]) -> str:
    """The text with ends of lines where the spans were, so that positions stay."""
    for span in spans:
        text = text[: span.start] + "\n" * (span.end - span.start) + text[span.end :]
    return text
