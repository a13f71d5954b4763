"""Words by spaCy's own rules for each language; its blank pipelines need no download."""

from __future__ import annotations

from functools import cache
from typing import Any

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language

from bot.nlu.language import LANGUAGE
from bot.nlu.normalise import normalise


@cache
def blank(code: str) -> Language:
    """spaCy's blank pipeline for a language code; the base language of a romanised variant does not fit its script,
    so those use English's rules, and unknown codes the multi-language ones."""
    base = "en" if code.endswith("-Latn") else code
    try:
        return spacy.blank(base)
    except ImportError:
        return spacy.blank("xx")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyBlankTokenizer(Tokenizer):
    """Tokens of the normalised, lower-cased text, by the blank spaCy pipeline of the message's language."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        language = (message.get(LANGUAGE) or {}).get("name", "en")
        text = normalise(message.get(attribute) or "").lower()
        return [Token(token.text, token.idx) for token in blank(language).make_doc(text) if not token.is_space]
