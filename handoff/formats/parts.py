"""Reading a file part by part, never further than it goes."""

from __future__ import annotations

# what a browser needs four bytes of memory for, each; a camera's picture of so many has more than 5 MB
MOST_PIXELS = 64_000_000


class Malformed(ValueError):
    """It is not of this format, or not to its end."""


class Reader:
    """Where a file has been read up to.

    Attributes:
        at: how many bytes were read.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, length: int) -> bytes:
        """The next bytes.

        Raises:
            Malformed: there are not so many.
        """
        end = self.at + length
        if length < 0 or end > len(self.content):
            raise Malformed
        taken = self.content[self.at : end]
        self.at = end
        return taken

    def expect(self, expected: bytes) -> bytes:
        """The next bytes, which must be these."""
        if self.take(len(expected)) != expected:
            raise Malformed
        return expected

    def big(self, length: int) -> int:
        """The next bytes as a number, its highest byte first."""
        return int.from_bytes(self.take(length), "big")

    def little(self, length: int) -> int:
        """The next bytes as a number, its lowest byte first."""
        return int.from_bytes(self.take(length), "little")


def check_size(width: int, height: int) -> None:
    """Raises:
    Malformed: there is nothing to see, or so much that it would choke whoever opens it.
    """
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise Malformed
