"""What a file is: by its own bytes from the first to the last, whatever it is called and whoever says what it is.

A format that is not named here is refused: what could run, and what could be two things at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handoff.formats import gif, heic, jpeg, pdf, png, webp
from handoff.formats.parts import Malformed


@dataclass(frozen=True)
class Kind:
    """A format that we take.

    Attributes:
        type: its media type.
        endings: of file names, the usual one first.
        clean: its bytes as they are kept; raises `Malformed` for what is none.
    """

    type: str
    endings: tuple[str, ...]
    clean: Callable[[bytes], bytes]


KINDS = (
    Kind("image/jpeg", ("jpg", "jpeg"), jpeg.clean),
    Kind("image/png", ("png",), png.clean),
    Kind("image/webp", ("webp",), webp.clean),
    Kind("image/gif", ("gif",), gif.clean),
    Kind("image/heic", ("heic", "heif"), heic.clean),
    Kind("application/pdf", ("pdf",), pdf.clean),
)
# what every browser shows; HEIC is not among it
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True)
class Sniffed:
    """What a file is, and what of it is kept: of a photo not where and with what it was taken."""

    kind: Kind
    content: bytes


def sniff(content: bytes) -> Sniffed | None:
    """The file as one of KINDS; None for anything else."""
    for kind in KINDS:
        try:
            return Sniffed(kind, kind.clean(content))
        # whatever else a reader trips over, it could not read it
        except (Malformed, IndexError, ValueError, OverflowError):
            continue
    return None
