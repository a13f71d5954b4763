"""WebP (RFC 9649): the picture, its colours and its movement stay, Exif and XMP go, and so does all that stands behind
its end."""

from __future__ import annotations

from handoff.formats.parts import Malformed, Reader, check_size

_KEPT = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_PICTURES = {b"VP8 ", b"VP8L", b"ANMF"}
_TELLS_OF_EXIF_AND_XMP = 0x08 | 0x04


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no WebP, or not to its end.
    """
    reader = Reader(content)
    reader.expect(b"RIFF")
    end = reader.little(4) + 8
    if end > len(content):
        raise Malformed
    reader.expect(b"WEBP")
    parts: list[bytes] = []
    names: list[bytes] = []
    while reader.at < end:
        name, length = reader.take(4), reader.little(4)
        body = reader.take(length)
        reader.take(min(length % 2, end - reader.at))
        if not names:
            check_size(*_size(name, body))
        names.append(name)
        if name == b"VP8X":
            if not body:
                raise Malformed
            body = bytes([body[0] & ~_TELLS_OF_EXIF_AND_XMP]) + body[1:]
        if name in _KEPT:
            parts += [name, length.to_bytes(4, "little"), body, bytes(length % 2)]
    if not _PICTURES & set(names):
        raise Malformed
    inside = b"".join([b"WEBP", *parts])
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


def _size(name: bytes, body: bytes) -> tuple[int, int]:
    """Width and height by the first part."""
    reader = Reader(body)
    if name == b"VP8X":
        reader.take(4)
        return reader.little(3) + 1, reader.little(3) + 1
    if name == b"VP8L":
        reader.expect(b"\x2f")
        bits = reader.little(4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        reader.take(3)
        reader.expect(b"\x9d\x01\x2a")
        return reader.little(2) & 0x3FFF, reader.little(2) & 0x3FFF
    raise Malformed
