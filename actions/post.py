"""Letters to customers, as the actions need them: who sends them, and in which words, is decided elsewhere."""

from typing import Protocol

from actions.values import Params


class NotSent(Exception):
    """The letter was not taken; nobody got it."""


class Post(Protocol):
    """Sends e-mail."""

    async def send(self, to: str, language: str, phrase: str, params: Params) -> None:
        """Send the phrase `mail_<phrase>` with the subject `mail_<phrase>_subject`, filled, in the customer's language.

        Raises:
            NotSent: it was not taken.
        """
        ...
