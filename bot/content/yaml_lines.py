"""YAML with line numbers: plain values, and for every key the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.content.errors import ContentError, Problem

Lines = dict[tuple[str, ...], int]


def load(path: Path, name: str) -> tuple[dict[str, Any], Lines]:
    """The file's mapping and the line (from 1) of each key path, such as ("answer", "bn").

    Raises:
        ContentError: not readable as YAML, not a mapping, or a key stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ContentError([Problem(name, line, "The file is not UTF-8.", "Save it as UTF-8.")]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = Problem(
            name, line, f"This is not valid YAML: {error.problem}.", "Check the indentation and the colons here."
        )
        raise ContentError([problem]) from error
    except yaml.YAMLError as error:
        raise ContentError([Problem(name, 1, f"This is not valid YAML: {error}.", "Remove what it names.")]) from error
    if not isinstance(node, yaml.MappingNode):
        raise ContentError([Problem(name, 1, "The file has no keys.", "Start from docs/content.md's example.")])
    lines: Lines = {}
    _walk(node, (), lines, name)
    return yaml.safe_load(text), lines


def _walk(node: yaml.MappingNode, path: tuple[str, ...], lines: Lines, name: str) -> None:
    for key, value in node.value:
        here = (*path, str(key.value))
        line = key.start_mark.line + 1
        if here in lines:
            raise ContentError(
                [Problem(name, line, f"'{key.value}' stands here a second time.", "Keep one of the two.")]
            )
        lines[here] = line
        if isinstance(value, yaml.MappingNode):
            _walk(value, here, lines, name)
