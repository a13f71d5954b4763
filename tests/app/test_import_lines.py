"""The house's three floors: imports only go down, strangers stay strangers, and only its owners import Rasa."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "bot", "connectors", "handoff", "actions")
# what each room may import of the house besides itself
BELOW = {
    "app": {"bot", "connectors", "handoff", "actions"},
    "bot": {"handoff"},
    "connectors": {"handoff"},
    "handoff": set(),
    "actions": set(),
}
RASA = ("bot/nlu/", "bot/dialogue/", "bot/training.py", "bot/training_speed.py", "bot/evaluation.py", "bot/importer.py")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@cache
def imported(path: Path) -> set[str]:
    """The full names of all modules that a module imports, wherever in it, also for type checkers only."""
    found: set[str] = set()
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, base]).rstrip(".")
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_the_reading_of_imports_sees_every_kind(tmp_path: Path) -> None:
    path = ROOT / "handoff" / "desk" / "routes.py"
    assert {"handoff.access", "fastapi", "fastapi.APIRouter", "__future__"} <= imported(path)
    assert len(MODULES) > 60


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    strangers = set(ROOMS) - BELOW[room] - {room}
    wrong = {
        f"{path.relative_to(ROOT)} imports {', '.join(sorted(tops(path) & strangers))}"
        for path in MODULES
        if path.relative_to(ROOT).parts[0] == room and tops(path) & strangers
    }
    assert not wrong


def test_nothing_in_the_house_imports_what_stands_outside_it() -> None:
    outside = {"tests", "benchmarks", "scripts"}
    assert not {str(path) for path in MODULES if tops(path) & outside}


def test_only_its_owners_import_rasa() -> None:
    wrong = {
        name for path in MODULES if "rasa" in tops(path) and not (name := str(path.relative_to(ROOT))).startswith(RASA)
    }
    assert not wrong


def test_rasa_is_imported_where_it_is_said_to_be() -> None:
    users = {str(path.relative_to(ROOT)) for path in MODULES if "rasa" in tops(path)}
    assert {"bot/training.py", "bot/importer.py", "bot/dialogue/dialogue.py", "bot/nlu/intent.py"} <= users


def test_actions_import_of_rasa_only_the_sdk() -> None:
    names = {name for path in MODULES if path.is_relative_to(ROOT / "actions") for name in tops(path)}
    assert "rasa_sdk" in names
    assert "rasa" not in names


def test_only_app_names_concrete_connectors() -> None:
    wrong = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if not path.is_relative_to(ROOT / "app")
        and not path.is_relative_to(ROOT / "connectors")
        and "connectors" in tops(path)
    }
    assert not wrong


def test_only_app_reads_settings() -> None:
    """Except the actions' standalone way, which nobody hands anything."""
    wrong = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if not path.is_relative_to(ROOT / "app") and path != ROOT / "actions" / "standalone.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and str(node.value).startswith("SHOHAY_")
    }
    assert not wrong


HEAVY = ("rasa", "tensorflow", "torch", "sklearn", "spacy")


def test_the_web_role_never_loads_rasa() -> None:
    modules = "app.web, app.program, app.cli, app.training"
    program = f"import json, sys, {modules}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout))
    assert set(modules.split(", ")) <= loaded
    assert not {name.split(".")[0] for name in loaded} & set(HEAVY)
