"""What is stored about a customer besides their orders, as the actions need it: who keeps it is decided elsewhere."""

from datetime import timedelta
from typing import Protocol


class StoredData(Protocol):
    """All that stands of whoever speaks in a conversation: what was said, noted and agreed, here and on other days."""

    @property
    def erased_within(self) -> timedelta:
        """How long it takes from their wish until everything is gone."""
        ...

    async def send_copy(self, conversation: str, to: str, language: str) -> None:
        """Sends a copy of it to this address.

        Raises:
            actions.post.NotSent: it was not taken.
        """
        ...
