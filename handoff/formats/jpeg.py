"""JPEG (ITU-T T.81), as cameras write it: the picture and how it is to be turned stay, where and with what it was taken
goes, and so does all that stands behind its end."""

from __future__ import annotations

import re

from handoff.formats.parts import Malformed, Reader, check_size

_BEGIN, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_TABLES = {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, _SCAN} | _FRAMES
# of what applications add, what changes how it looks: colours, and that there is no more to it than this
_LOOKS = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}
_EXIF = 0xE1
# within a scan 0xFF is followed by zero, or by a restart's number
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no JPEG, or not to its end.
    """
    reader = Reader(content)
    begin = reader.expect(bytes([0xFF, _BEGIN]))
    parts: list[bytes] = []
    frames = scans = 0
    turned = 1
    while (marker := _marker(reader)) != _END:
        head = reader.take(2)
        body = reader.take(int.from_bytes(head, "big") - 2)
        if marker in _FRAMES:
            check_size(int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))
            frames += 1
        elif marker == _EXIF and body.startswith(b"Exif\x00\x00"):
            turned = _turned(body[6:])
        if marker in _TABLES or (marker in _LOOKS and body.startswith(_LOOKS[marker])):
            parts += [bytes([0xFF, marker]), head, body]
        if marker == _SCAN:
            found = _NEXT.search(content, reader.at)
            if found is None:
                raise Malformed
            parts.append(reader.take(found.start() - reader.at))
            scans += 1
    if not frames or not scans:
        raise Malformed
    return b"".join([begin, _turn(turned), *parts, bytes([0xFF, _END])])


def _marker(reader: Reader) -> int:
    reader.expect(b"\xff")
    while (marker := reader.big(1)) == 0xFF:  # padding
        pass
    if marker < 0xC0 or 0xD0 <= marker <= _BEGIN:
        raise Malformed
    return marker


def _turned(exif: bytes) -> int:
    """How the picture is to be turned, 1 to 8, by its Exif (JEITA CP-3451, tag 0x0112); 1 is as it lies."""
    order = {b"II*\x00": "little", b"MM\x00*": "big"}.get(exif[:4])
    try:
        reader = Reader(exif)
        number = reader.little if order == "little" else reader.big
        reader.take(4)
        reader.at = number(4)
        for _ in range(number(2)):
            tag, _kind, _count, value, _rest = number(2), number(2), number(4), number(2), number(2)
            if tag == 0x0112 and order and 1 <= value <= 8:
                return value
    except Malformed:
        pass
    return 1


def _turn(turned: int) -> bytes:
    """An Exif that says nothing but this."""
    if turned == 1:
        return b""
    body = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
    body += turned.to_bytes(2, "big") + bytes(6)
    return bytes([0xFF, _EXIF]) + (len(body) + 2).to_bytes(2, "big") + body
