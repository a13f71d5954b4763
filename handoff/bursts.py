"""Messages that came so close together that they may be pieces of one thought: "where", "is my order", "10001"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from handoff import privacy
from handoff.inbox import MAX_TEXT
from handoff.messages import Message, bare

GAP = timedelta(seconds=2)
MOST = 5


def after(first: Message, waiting: Iterable[Message]) -> tuple[Message, ...]:
    """What of `waiting`, the messages behind `first` in their order, came in one burst with it.

    Only what was typed, each within `GAP` of the one before, at most `MOST` with the first, and together no longer
    than one message may be. What would be a card number beside its neighbour stays apart from it.
    """
    burst = [first]
    for message in waiting:
        late = message.created_at - burst[-1].created_at > GAP
        if late or len(burst) == MOST or first.payload is not None or message.payload is not None:
            break
        texts = [one.text for one in (*burst, message)]
        if len(joined(texts)) > MAX_TEXT or _hides_card(texts):
            break
        burst.append(message)
    return tuple(burst[1:])


def joined(texts: Iterable[str]) -> str:
    """The texts one under the other; what only says again what an earlier one said is left out."""
    different: dict[str, str] = {}
    for text in texts:
        different.setdefault(bare(text), text)
    return "\n".join(different.values())


def _hides_card(texts: Sequence[str]) -> bool:
    # with spaces: across the end of a line, redaction does not look
    side_by_side = " ".join(texts)
    return privacy.redact(side_by_side) != side_by_side
