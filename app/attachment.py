"""A file that goes along with a letter."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """`type` is its media type, such as `application/pdf`."""

    name: str
    type: str
    content: bytes
