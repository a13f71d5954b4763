"""PNG (W3C, third edition): the picture, its colours and its movement stay, words and times go, and so does all that
stands behind its end."""

from __future__ import annotations

import zlib

from handoff.formats.parts import Malformed, Reader, check_size

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"pHYs"}
_KEPT |= {b"bKGD", b"acTL", b"fcTL", b"fdAT"}


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no PNG, or not to its end.
    """
    reader = Reader(content)
    parts = [reader.expect(_SIGNATURE)]
    names: set[bytes] = set()
    while b"IEND" not in names:
        begin = reader.at
        length = reader.big(4)
        name, body, check = reader.take(4), reader.take(length), reader.big(4)
        if zlib.crc32(body, zlib.crc32(name)) != check or (name == b"IHDR") == bool(names):
            raise Malformed
        if name == b"IHDR":
            check_size(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"))
        names.add(name)
        if name in _KEPT:
            parts.append(content[begin : reader.at])
    if b"IDAT" not in names:
        raise Malformed
    return b"".join(parts)
