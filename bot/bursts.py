"""How much of what came in one burst is one thought, and is answered at once.

Who presses Enter after every few words writes one thought in pieces; who sends three questions within two seconds wants
three answers. The words decide. Where they leave it open, a whole sentence stays alone and a scrap of one does not:
among unseen examples, confidence tells scraps from questions hardly better than chance, and length does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.bursts import joined

if TYPE_CHECKING:
    from bot.dialogue.dialogue import Parsed

# likelier than all other intents together
SURE = 0.5
# from so many words on, a text is no scrap, whether it was understood or not
SENTENCE = 5

_NOT_UNDERSTOOD = {None, "nlu_fallback", "nlu_choice", "foreign_language", "out_of_scope"}
# who seems to ask for a person is not passed over
SEEMS = 0.3
_WANTS_PERSON = {"human_agent", "complaint"}
# a form takes these for a part of the answer that it waits for
_NO_OTHER_WISH = {"affirm", "deny"}

Parse = Callable[[str], Awaitable["Parsed"]]


@dataclass(frozen=True)
class _Piece:
    """What a text says; `intent` is None and `confidence` 0 where it was not understood."""

    text: str
    intent: str | None
    confidence: float
    values: frozenset[tuple[str, str]]  # kind and value, such as an order's number


async def one_thought(texts: Sequence[str], parse: Parse, asked: str | None = None) -> int:
    """How many of the texts, from the first on, are one thought: at least 1.

    Args:
        parse: understands one text, or several joined; not called when all texts say the same.
        asked: the intent whose form waits for an answer, if one does.
    """
    if joined(texts) == texts[0]:
        return len(texts)
    pieces = [await _understand([text], parse) for text in texts]
    reach = _reach(pieces, asked)
    if await _makes_sense(pieces[:reach], parse, asked):
        return reach
    best, surest = 1, -1.0
    for count in range(1, reach):
        if await _makes_sense(pieces[:count], parse, asked):
            # "hi", "where", "is my order": cut where what comes next is understood best
            rest = pieces[count:]
            beside = await _understand([piece.text for piece in rest[: _reach(rest, asked)]], parse)
            if beside.confidence > surest:
                best, surest = count, beside.confidence
    return best


def _reach(pieces: Sequence[_Piece], asked: str | None) -> int:
    """How many pieces, from the first on, could be one thought, by what each of them says alone."""
    for count in range(2, len(pieces) + 1):
        questions, values = _questions(pieces[:count], asked), _values(pieces[:count])
        two_of_a_kind = len({kind for kind, _ in values}) < len(values)
        # a form takes the value, and would leave the question unanswered
        swallowed = asked is not None and values and questions - {asked}
        if len(questions) > 1 or two_of_a_kind or swallowed:
            return count - 1
    return len(pieces)


async def _makes_sense(pieces: Sequence[_Piece], parse: Parse, asked: str | None) -> bool:
    """Whether the pieces, joined, still say what they say alone."""
    if len(pieces) == 1:
        return True
    whole = await _understand([piece.text for piece in pieces], parse)
    if whole.values != _values(pieces):
        return False
    questions = _questions(pieces, asked)
    if not questions or (asked is not None and whole.values):
        return True
    return whole.intent in questions or whole.confidence >= max(piece.confidence for piece in pieces)


def _questions(pieces: Sequence[_Piece], asked: str | None) -> set[str]:
    """What the pieces ask for, each by itself: an intent, or a sentence that is not understood."""
    return {question for piece in pieces if (question := _question(piece, asked)) is not None}


def _question(piece: _Piece, asked: str | None) -> str | None:
    if asked is not None and (piece.intent is None or piece.intent in _NO_OTHER_WISH):
        return None
    if piece.intent is not None and piece.confidence >= (SEEMS if piece.intent in _WANTS_PERSON else SURE):
        return piece.intent
    answers = asked is not None and piece.values
    if answers or len(piece.text.split()) < SENTENCE:
        return None
    return piece.intent or piece.text


def _values(pieces: Sequence[_Piece]) -> frozenset[tuple[str, str]]:
    return frozenset[tuple[str, str]]().union(*(piece.values for piece in pieces))


async def _understand(texts: Sequence[str], parse: Parse) -> _Piece:
    text = joined(texts)
    parsed = await parse(text)
    values = frozenset((str(one["entity"]), str(one["value"])) for one in parsed.entities)
    if parsed.intent in _NOT_UNDERSTOOD:
        return _Piece(text, None, 0.0, values)
    return _Piece(text, parsed.intent, parsed.confidence, values)
