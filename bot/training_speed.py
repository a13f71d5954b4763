"""What makes Rasa's training slow on many examples, replaced."""

from __future__ import annotations

from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.utils.io import get_text_hash

_whole = Message.fingerprint


def install() -> None:
    """From now on an example's fingerprint is made of what it says, not of every number in its features.

    Rasa hashes all features of all examples after each component, to know what it may take from its cache: half a
    minute of our thirty thousand. They follow from the text, its language and the components, whose own fingerprints
    are in the cache's keys beside this one.
    """
    Message.fingerprint = _fingerprint


def _fingerprint(message: Message) -> str:
    if TEXT not in message.data or INTENT not in message.data:
        return str(_whole(message))  # part of a story
    said = (message.data[TEXT], message.data[INTENT], message.data.get("language"), sorted(message.data))
    made = [(feature.origin, feature.type) for feature in message.features]
    return str(get_text_hash(f"{said} {made}"))
