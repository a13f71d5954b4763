"""GIF (CompuServe, 89a): pictures and how they follow each other stay, comments go, and so does all that stands behind
its end."""

from __future__ import annotations

from handoff.formats.parts import Malformed, Reader, check_size

_EXTENSION, _PICTURE, _END = 0x21, 0x2C, 0x3B
_PACE, _APPLICATION = 0xF9, 0xFF
# how often it is shown
_LOOPS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0")


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no GIF, or not to its end.
    """
    reader = Reader(content)
    if reader.take(6) not in (b"GIF87a", b"GIF89a"):
        raise Malformed
    width, height, flags = reader.little(2), reader.little(2), reader.big(1)
    check_size(width, height)
    reader.take(2)
    _skip_colours(reader, flags)
    parts = [content[: reader.at]]
    pictures = 0
    while (kind := reader.big(1)) != _END:
        begin = reader.at - 1
        keep = True
        if kind == _EXTENSION:
            label = reader.big(1)
            keep = label == _PACE or (label == _APPLICATION and content.startswith(_LOOPS, reader.at))
        elif kind == _PICTURE:
            reader.take(8)
            _skip_colours(reader, reader.big(1))
            reader.take(1)
            pictures += 1
        else:
            raise Malformed
        while length := reader.big(1):
            reader.take(length)
        if keep:
            parts.append(content[begin : reader.at])
    if not pictures:
        raise Malformed
    return b"".join([*parts, bytes([_END])])


def _skip_colours(reader: Reader, flags: int) -> None:
    if flags & 0x80:
        reader.take(3 << ((flags & 0x07) + 1))
