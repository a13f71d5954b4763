"""The fonts of documents. None come with Shohay: Latin ones lie in a package, all others where they are installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

# whose languages need a font for their letters; all others are printed with DejaVu
_LETTERS = {"bn": "NotoSansBengali", "hi": "NotoSansDevanagari"}
_LATIN = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_SYSTEM = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path.home() / ".local/share/fonts",
)


class NoFont(Exception):
    """Not even Latin letters can be printed."""


@dataclass(frozen=True)
class Face:
    """A font in two weights."""

    name: str
    regular: Path
    bold: Path


class Fonts:
    """The fonts of `folder`, or where it is None those that the system has."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = _SYSTEM if folder is None else (folder,)

    def can_print(self, language: str) -> bool:
        """Whether the letters of this language can be printed."""
        return language not in _LETTERS or language in self._own

    def faces(self, language: str) -> tuple[Face, ...]:
        """The language's own font first, then those for names and words in other letters.

        Raises:
            NoFont: there is no font for Latin letters.
        """
        own = self._own.get(language)
        others = [face for code, face in self._own.items() if code != language]
        return (*([own] if own else []), self._latin, *others)

    @cached_property
    def _own(self) -> dict[str, Face]:
        found = {code: self._face(f"{name}-Regular.ttf", f"{name}-Bold.ttf") for code, name in _LETTERS.items()}
        return {code: face for code, face in found.items() if face}

    @cached_property
    def _latin(self) -> Face:
        found = self._face(*_LATIN)
        if found is None:
            raise NoFont("no DejaVuSans.ttf; matplotlib brings one")
        return found

    def _face(self, regular: str, bold: str) -> Face | None:
        one, other = self._find(regular), self._find(bold)
        return Face(regular.split("-")[0].removesuffix(".ttf"), one, other or one) if one else None

    def _find(self, name: str) -> Path | None:
        return next((path for folder in self._places() for path in sorted(folder.rglob(name))), None)

    def _places(self) -> Iterator[Path]:
        yield from (folder for folder in self._folders if folder.is_dir())
        # matplotlib, which Rasa brings along, carries DejaVu; it is not imported for that
        package = find_spec("matplotlib")
        if package is not None and package.origin:
            yield Path(package.origin).parent / "mpl-data" / "fonts" / "ttf"
