"""What a file is called: what its sender called it, made harmless to read and to save."""

from __future__ import annotations

import re
import unicodedata

from handoff import privacy
from handoff.plain_text import plain_line
from handoff.sniffing import Kind

MAX_NAME = 200
# of a name in a header: percent-encoded UTF-8, of which a character may have twelve letters
MAX_HEADER = 12 * MAX_NAME
NAMELESS = "file"
# they join and part letters of Bengali and Devanagari
_JOINERS = "\u200c\u200d"
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# what is no letter of a file's name to one system or another
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4})$")


def clean(name: str, kind: Kind | None = None) -> str:
    """The name without its folders, without what cannot be seen or turns the reading around, without a card's number,
    and no longer than MAX_NAME.

    Args:
        kind: what the file is, once that is known; then the name ends accordingly.
    """
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", plain_line(name)))[-1]
    name = "".join(one for one in name if one in _JOINERS or unicodedata.category(one) not in _HIDDEN)
    name = privacy.redact(_FORBIDDEN.sub("_", " ".join(name.split()))).strip(f". {_JOINERS}")
    ending = ""
    if kind is not None:
        name, ending = _parted(name, kind)
    name = name[: MAX_NAME - len(ending)].rstrip(". ")
    return (name or NAMELESS) + ending


def _parted(name: str, kind: Kind) -> tuple[str, str]:
    """What comes before the ending, and the ending that is right."""
    for _ in range(2):  # a wrong one may hide a right one: invoice.pdf.exe
        found = _ENDING.search(name)
        if found is None:
            break
        name = name[: found.start()]
        if found[1].lower() in kind.endings:
            return name, found[0]
    return name, f".{kind.endings[0]}"
