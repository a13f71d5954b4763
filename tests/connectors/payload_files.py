"""What channels' providers send, as it is kept in tests/payloads/<channel>/<name>.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "payloads"


def payload(channel: str, name: str) -> Any:
    return json.loads((PAYLOADS / channel / f"{name}.json").read_text(encoding="utf-8"))


def payloads(channel: str) -> dict[str, Any]:
    """All of a channel's, by their names."""
    return {path.stem: payload(channel, path.stem) for path in sorted((PAYLOADS / channel).glob("*.json"))}
