"""Whether files have changed since they were last read, told without reading them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Stamp = frozenset[tuple[str, int, int]]


def stamp(paths: Iterable[Path]) -> Stamp:
    """Which of the files there are, with their times (ns) and sizes (bytes)."""
    found = []
    for path in paths:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(found)


def content_files(folder: Path) -> list[Path]:
    """The files of a content folder that `bot.content.library.read` reads."""
    return [*folder.glob("faq/*/*.yml"), *folder.glob("phrases/*.yml"), folder / "shop.yml"]
