"""What is wrong with what customers may do by themselves, told as mistakes of the content are."""

from __future__ import annotations

from pathlib import Path

from actions.shop.policy import BadPolicy, Policy
from bot.content.errors import Problem


def problems(path: Path) -> list[Problem]:
    """What of the shop's file `path` cannot be used."""
    try:
        Policy.load(path)
    except BadPolicy as error:
        return [Problem(f"{path.parent.name}/{path.name}", 1, str(error).removeprefix(f"{path}: "), "Mend it.")]
    return []
