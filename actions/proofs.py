"""What a customer has proved, told to whoever knows the customers of other chats: who that is, is decided elsewhere."""

from typing import Protocol


class Proofs(Protocol):
    """Who has proved the same thing in another chat is the same customer there."""

    async def reads_mail_of(self, conversation: str, address: str) -> None:
        """Whoever speaks in this conversation has typed a code that was sent to this address. The same once more
        changes nothing; raises nothing."""
        ...
