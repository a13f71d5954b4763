"""What a channel delivers: a customer's message, or a change of an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from handoff import privacy

Command = Literal["start", "help", "language", "human"]
Unsupported = Literal["sticker", "voice", "video", "place", "contact", "other"]
# what a channel's commands ask the bot for
COMMANDS: Mapping[Command, str] = {
    "start": "/greet",
    "help": "/greet",
    "language": "/change_language",
    "human": "/human_agent",
}


@dataclass(frozen=True)
class Offered:
    """A file that lies at the channel's provider, to be fetched once its message is stored.

    Attributes:
        reference: by which the connector finds it there.
        size: in bytes as the provider says, 0 when it does not.
    """

    reference: str
    name: str
    size: int = 0


@dataclass(frozen=True)
class Incoming:
    """A customer's message as a channel delivers it.

    Attributes:
        key: the channel's own name for this delivery; the same key again is the same message.
        address: who wrote, in the channel's terms.
        text: what they typed, empty when a button was pressed.
        payload: the pressed button's payload; only buttons that we offered are taken.
        button: the pressed button by the seq of its message and its place there, where a payload is too long for the
            channel.
        command: what was asked for by one of the channel's commands, instead of words.
        files: what goes with the words, or without any, and is to be fetched.
        uploads: ids of files that were uploaded for this message.
        unsupported: what it is instead of words, a photo or a document; who is at the desk sees that it was one.
        language: a first guess for a new conversation.
        ask_name: the channel's provider tells the name of who writes, `person`, only when it is asked.
        person: the channel's own id of who writes, where one person may write from several addresses.
        provider_id: what the channel's provider calls this message within the chat, where it may be changed later.
        opens: an address that is not known yet opens a conversation. Where the channel gives addresses out itself and
            opens their conversations at once, as the website does, an unknown one was erased.
    """

    channel: str
    key: str
    address: str
    text: str = ""
    payload: str | None = None
    button: tuple[int, int] | None = None
    command: Command | None = None
    files: tuple[Offered, ...] = ()
    uploads: tuple[str, ...] = ()
    unsupported: Unsupported | None = None
    language: str | None = None
    name: str | None = None
    person: str | None = None
    ask_name: bool = False
    provider_id: str | None = None
    opens: bool = True

    @property
    def has_words(self) -> bool:
        """Whether it is to be read: typed, pressed or commanded."""
        chosen = self.payload is not None or self.button is not None or self.command is not None
        return chosen or privacy.has_content(self.text.strip())

    @property
    def says_something(self) -> bool:
        """Whether there is anything in it at all."""
        return self.has_words or bool(self.files or self.uploads or self.unsupported)


@dataclass(frozen=True)
class Changed:
    """A message of a customer says something else now.

    Attributes:
        provider_id: what the channel's provider calls the message within the chat.
        text: what it says now; None when it was taken back.
        key: the channel's own name for this delivery, where it has one; the same key again is the same change, also
            when the message has been changed once more since.
        at: when the provider says it was changed; of two changes that arrive swapped the later one holds. None where it
            does not say, and then it is when we hear of it.
    """

    channel: str
    address: str
    provider_id: str
    text: str | None
    key: str | None = None
    at: datetime | None = None
