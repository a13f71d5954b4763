"""docs/policies.md names every value that decides, as the demo shop has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import ROOT

from actions.shop.backend import OrderState, ReturnReason
from actions.shop.policy import BadPolicy, Policy

PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
SHOP: dict[str, Any] = yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))
ROW = re.compile(r"^\| `((?:policies|facts)\.[\w.]+)` \| `(.+?)` \| .+ \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)


def policies() -> set[str]:
    """Every value under `policies:`, by its way there."""
    found = set()
    for name, value in SHOP["policies"].items():
        found |= {f"policies.{name}.{one}" for one in value} if isinstance(value, dict) else {f"policies.{name}"}
    return found


def facts(path: Path) -> set[str]:
    """The facts without which the policies cannot be read: each is asked for when it is missing."""
    given: dict[str, Any] = {}
    while True:
        path.write_text(yaml.safe_dump({"policies": SHOP["policies"], "facts": given}), encoding="utf-8")
        try:
            Policy.load(path)
        except BadPolicy as error:
            (name,) = re.findall(r"facts\.(\w+)", str(error))
            assert name not in given
            given[name] = SHOP["facts"][name]
        else:
            return {f"facts.{name}" for name in given}


def test_every_value_that_decides_is_told_once_and_no_other(tmp_path: Path) -> None:
    named = [name for name, _ in ROWS]
    assert len(named) == len(set(named))
    assert set(named) == policies() | facts(tmp_path / "shop.yml")


@pytest.mark.parametrize(("name", "example"), ROWS)
def test_the_demos_value_is_the_one_in_its_file(name: str, example: str) -> None:
    value: Any = SHOP
    for step in name.split("."):
        value = value[step]
    assert yaml.safe_load(example) == value


def test_every_state_and_every_reason_is_told() -> None:
    listed = PAGE[PAGE.index("The states are") : PAGE.index("## What is only said")]
    assert re.findall(r"`(\w+)`", listed) == [str(state) for state in OrderState]
    (reasons,) = re.findall(r"nothing is taken off: of (.+) \|$", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", reasons) == [str(reason) for reason in ReturnReason]


def test_facts_that_are_only_said_are_facts() -> None:
    only = PAGE[PAGE.index("## What is only said") : PAGE.index("## In the code")]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.+?) \|", only, re.MULTILINE))))
    assert named and named <= set(SHOP["facts"])
    assert not {f"facts.{name}" for name in named} & {name for name, _ in ROWS}
