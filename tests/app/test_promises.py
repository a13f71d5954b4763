"""Every promise of docs/promises.md names the tests that guard it, and they exist."""

from __future__ import annotations

import ast
import re

import pytest
from running import ROOT

PAGE = ROOT / "docs" / "promises.md"
LINE = re.compile(r"^(\d+)\. \*\*(.+?)\*\*")
GUARD = re.compile(r"\[`(\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
PROMISED = range(1, 27)


def promises() -> dict[int, str]:
    """Each promise's paragraph, by its number."""
    found: dict[int, str] = {}
    number = 0
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        match = LINE.match(line)
        if match:
            number = int(match[1])
            assert number not in found, f"promise {number} stands there twice"
        if number and (match or line.startswith("   ")):
            found[number] = found.get(number, "") + line + "\n"
        else:
            number = 0
    return found


def test_every_promise_stands_on_the_page() -> None:
    assert list(promises()) == list(PROMISED)


@pytest.mark.parametrize("number", sorted(promises()))
def test_a_promise_names_tests_that_exist(number: int) -> None:
    guards = GUARD.findall(promises()[number])
    assert guards, f"promise {number} has no test"
    for name, file in guards:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, f"promise {number}: {file} has no {name}"
        assert name.startswith("test_")
