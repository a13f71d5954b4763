"""What a message names to say that it is not meant: "not Saturday", "শনিবার না", "nicht am Samstag"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.typed import is_question

# before what is named; "no, Saturday" is a correction to it, so a mere no denies nothing
_BEFORE = re.compile(
    r"(?<!\w)(?:not|can['’]?t\s+(?:do|make)|except|nicht|kein(?:e[nmrs]?)?|au(?:ß|ss)er|pas|sauf|menos|excepto|salvo"
    r"|no\s+(?:quiero|puedo|me\s+viene\s+bien))"
    r"(?:\s+(?:on|for|at|the|this|am|an|den|die|das|der|dem|f(?:ü|ue)r|le|la|les|el|los|las|ce))*\s+$",
    re.IGNORECASE,
)
# behind it, where Bengali and Hindi have it, and Spanish too at the end; case endings may stand between
_BEHIND = re.compile(
    r"(?:ে|এ|কে|টা|টি|e|ke|ta)?(?:\s*(?:को|से|तो)|\s+(?:ko|se|to))?\s+"
    r"(?:(?:না|ন(?:\u09df|\u09af\u09bc?)|na|noy|noi|नहीं|नही|नहि|मत|ना|nahi|nahin|nhi|mat)(?!\w)|no(?=\s*(?:[,.;!]|$)))",
    re.IGNORECASE,
)


# days and places alone: of a thing or an order the same words say that it did not come ("lamp nahi aaya")
_KINDS = ("date", "city", "country")


def denied(text: str, entity: Mapping[str, Any]) -> bool:
    """Whether a message names a day or a place only to say that it is not meant. A question denies nothing: "why not
    Saturday?"

    Args:
        entity: with `start` and `end`, its place in the text; one without, such as a button's, is never denied.
    """
    start, end = entity.get("start"), entity.get("end")
    if entity.get("entity") not in _KINDS or start is None or end is None or is_question(text):
        return False
    return bool(_BEFORE.search(text[:start]) or _BEHIND.match(text[end:]))
