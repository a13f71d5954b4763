"""HEIC (ISO/IEC 23008-12), as iPhones write it: taken as it is, with all that it says of itself."""

from __future__ import annotations

from handoff.formats.parts import Malformed, Reader

_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"}
# a container whose name says little; then one of the others stands among those that it fits
_GENERAL = {b"mif1", b"msf1"}


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no HEIC, or not to its end, or something stands behind it.
    """
    reader = Reader(content)
    names: list[bytes] = []
    while reader.at < len(content):
        begin = reader.at
        length, name = reader.big(4), reader.take(4)
        if length == 1:
            length = reader.big(8)
        elif length == 0:  # to the end
            length = len(content) - begin
        body = reader.take(length - (reader.at - begin))
        if not names and (name != b"ftyp" or not _is_heic(body)):
            raise Malformed
        names.append(name)
    if not {b"meta", b"mdat"} <= set(names):
        raise Malformed
    return content


def _is_heic(brands: bytes) -> bool:
    fits = {brands[at : at + 4] for at in range(8, len(brands), 4)}
    return brands[:4] in _BRANDS or (brands[:4] in _GENERAL and bool(fits & _BRANDS))
