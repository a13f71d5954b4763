"""Which letters have gone out of late: nobody's mailbox is to be flooded, and a message that comes again sends none."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic

LETTERS, WITHIN_SECONDS = 5, 3600.0


class SentLately:
    """Remembers for an hour what this process has sent about which order, and for which messages of the customer."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        # order and when it was sent, by the messages that were answered at once, oldest first
        self._sent: OrderedDict[tuple[str, ...], tuple[str, float]] = OrderedDict()

    def already(self, order_id: str, keys: Sequence[str]) -> bool:
        """Whether one of these messages has had its letter."""
        self._forget()
        return any(sent == order_id and not {*keys}.isdisjoint(had) for had, (sent, _) in self._sent.items())

    def enough(self, order_id: str) -> bool:
        """Whether no more letters about this order are to go out for a while."""
        self._forget()
        return sum(sent == order_id for sent, _ in self._sent.values()) >= LETTERS

    def note(self, order_id: str, keys: Sequence[str]) -> None:
        """A letter has been sent, for these messages."""
        self._sent[tuple(keys)] = (order_id, self._clock())

    def _forget(self) -> None:
        since = self._clock() - WITHIN_SECONDS
        while self._sent and next(iter(self._sent.values()))[1] <= since:
            self._sent.popitem(last=False)
