"""Order and return numbers, e-mail addresses, phone numbers and language names, by rules, in any script's digits."""

from __future__ import annotations

import unicodedata
from typing import Any

import joblib
import phonenumbers
import regex
import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language

from bot.nlu.normalise import fold_digits

_EMAIL = regex.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_RETURN = regex.compile(r"(?<!\w)R[-\s]?(\d{5,10}-\d{1,3})(?!\d)", regex.IGNORECASE)
_ORDER = regex.compile(r"(?<![\w@.+-])#?(\d{5,10})(?![\d@])")
# Bengali and Devanagari letters with a dot: a code point of their own, which NFC writes as two
_ONE_PIECE = {
    unicodedata.normalize("NFC", letter): letter
    for letter in "\u09dc\u09dd\u09df\u0958\u0959\u095a\u095b\u095c\u095d\u095e\u095f"
}
_NUKTA = regex.compile("|".join(_ONE_PIECE))

# digits of a phone number that begins with neither a country code nor a zero: nine in Spain
SHORTEST_BARE_PHONE = 9


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class RuleEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Finds `email`, `phone`, `return_number` and `order_number`; and every name in the training data's lookup tables
    (such as languages) through spaCy's EntityRuler, its value taken from the synonyms.

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
        self._synonyms = {unicodedata.normalize("NFC", name): value for name, value in synonyms.items()}
        self._ruler = _ruler(names)

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
            found = self.extract(message.get(TEXT) or "")
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages

    def extract(self, text: str) -> list[dict[str, Any]]:
        """Entities in order of their kind; start and end count characters of `text`."""
        folded = fold_digits(text)
        if text.startswith("/"):
            return []
        found: list[dict[str, Any]] = []
        for match in _EMAIL.finditer(folded):
            _take(found, "email", match.start(), match.end(), match[0].rstrip(".").lower())
        for match in _RETURN.finditer(folded):
            _take(found, "return_number", match.start(), match.end(), f"R{match[1]}")
        for start, end, number in self._phones(folded):
            _take(found, "phone", start, end, number)
        for match in _ORDER.finditer(folded):
            _take(found, "order_number", match.start(), match.end(), match[1])
        for span in self._ruler(_lower(folded)).ents:
            name = unicodedata.normalize("NFC", span.text)
            value = self._synonyms.get(name, name)
            _take(found, span.label_, span.start_char, span.end_char, value)
        return found

    def _phones(self, text: str) -> list[tuple[int, int, str]]:
        found: list[tuple[int, int, str]] = []
        if sum(character.isdigit() for character in text) < 7:  # the matcher is slow, and no phone number is shorter
            return found
        for region in self._regions:
            for match in phonenumbers.PhoneNumberMatcher(text, region):
                bare = match.raw_string[0] not in "+0("
                if bare and sum(character.isdigit() for character in match.raw_string) < SHORTEST_BARE_PHONE:
                    continue  # somewhere it is a phone number, but nobody means that: it is an order's
                number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
                found.append((match.start, match.end, number))
        return found


def _take(found: list[dict[str, Any]], entity: str, start: int, end: int, value: str) -> None:
    if all(end <= other["start"] or start >= other["end"] for other in found):
        found.append({"entity": entity, "start": start, "end": end, "value": value, "confidence_entity": 1.0})


def _ruler(names: dict[str, list[str]]) -> Language:
    nlp = spacy.blank("xx")
    ruler = nlp.add_pipe("entity_ruler")
    patterns = [
        {"label": label, "pattern": form}
        for label, elements in names.items()
        for name in elements
        for form in _forms(name)
    ]
    ruler.add_patterns(patterns)
    return nlp


def _lower(text: str) -> str:
    """Lower case without a change of length, so that positions stay."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _forms(name: str) -> set[str]:
    """The two ways to type a name: NFC, and with the one-piece letters that keyboards give and NFC takes apart."""
    composed = unicodedata.normalize("NFC", _lower(name))
    return {composed, _NUKTA.sub(lambda match: _ONE_PIECE[match[0]], composed)}
