"""PDF (ISO 32000): taken as it is, if it begins and ends as one, so that it is not something else besides."""

from __future__ import annotations

import re

from handoff.formats.parts import Malformed

_BEGIN = re.compile(rb"%PDF-[12]\.\d[\s%]")
_END = b"%%EOF"


def clean(content: bytes) -> bytes:
    """Raises:
    Malformed: no PDF, or not to its end, or something stands behind it.
    """
    behind = content.rfind(_END) + len(_END)
    if not _BEGIN.match(content) or behind < len(_END) or content[behind:].strip(b" \t\r\n\f\x00"):
        raise Malformed
    return content
