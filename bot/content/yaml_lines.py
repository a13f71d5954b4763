"""YAML with line numbers: plain values, and for every key the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.content.errors import ContentError, Problem

Lines = dict[tuple[str, ...], int]

# libyaml's parser where PyYAML was built with it: several times as fast, and the content is read at every start
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(path: Path, name: str) -> tuple[dict[str, Any], Lines]:
    """The file's mapping and the line (from 1) of each key path, such as ("answer", "bn").

    Raises:
        ContentError: not readable as YAML, not a mapping, a key stands twice or is not text.
    """
    node, values = parse(path, name)
    if not isinstance(node, yaml.MappingNode):
        raise ContentError([Problem(name, 1, "The file has no keys.", "Start from docs/content.md's example.")])
    lines: Lines = {}
    try:
        _walk(node, (), lines, name)
    except RecursionError as error:
        raise ContentError([Problem(name, 1, "A part of the file holds itself.", "Remove the alias (*).")]) from error
    return values, lines


def parse(path: Path, name: str) -> tuple[yaml.Node | None, Any]:
    """The file's root node and its values.

    Raises:
        ContentError: it cannot be read, or not as YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        loader = _Loader(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except OSError as error:
        problem = Problem(name, 1, f"The file cannot be read: {error.strerror}.", "Check that it is there.")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problem = Problem(name, line, "The file is not UTF-8.", "Save it as UTF-8.")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = Problem(
            name, line, f"This is not valid YAML: {error.problem}.", "Check the indentation and the colons here."
        )
    except (yaml.YAMLError, ValueError) as error:
        what = " ".join(str(error).split())
        problem = Problem(name, 1, f"This is not valid YAML: {what}.", "Remove what it names.")
    raise ContentError([problem])


def _walk(node: yaml.MappingNode, path: tuple[str, ...], lines: Lines, name: str) -> None:
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag != "tag:yaml.org,2002:str":  # such as 5, no or null, which YAML takes for something else
            raise ContentError([Problem(name, line, f"'{key.value}' is not read as text.", "Put it in quotes.")])
        here = (*path, key.value)
        if here in lines:
            raise ContentError(
                [Problem(name, line, f"'{key.value}' stands here a second time.", "Keep one of the two.")]
            )
        lines[here] = line
        if isinstance(value, yaml.MappingNode):
            _walk(value, here, lines, name)
