"""What is wrong with the content, said so that an editor can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it stands (line from 1), what it is and how to mend it. A `gap` is something that is not there
    yet and that the program can do without."""

    file: str
    line: int
    what: str
    mend: str
    gap: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} {self.mend}"


class ContentError(Exception):
    """The content cannot be used as it is; nothing that runs was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in sorted(problems)))
        self.problems = tuple(sorted(problems))
