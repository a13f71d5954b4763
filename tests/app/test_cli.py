"""The command line: what it answers, and what it says when it cannot."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from app import understanding
from app.settings import Settings
from bot import models
from handoff import people
from handoff.database import Database

ROOT = Path(__file__).parents[2]
SHOHAY = str(Path(sys.executable).with_name("shohay"))
GREET = "data/faq/conversation/greet.yml"
LABELLED = [
    {"text": "Where is my order?", "intent": "order_status"},
    {"text": "আপনাদের রিটার্ন পলিসি কী?", "intent": "return_policy", "language": "bn"},
    {"text": "thanks a lot", "intent": "greet"},
    {"text": "12 13 14", "intent": "out_of_scope", "language": "en"},
]


def environment(**settings: object) -> dict[str, str]:
    """This machine's environment with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
    return clean | {f"SHOHAY_{name.upper()}": str(value) for name, value in settings.items()} | {"COLUMNS": "200"}


def start(*arguments: str, **settings: object) -> subprocess.Popen[str]:
    """Starts the program."""
    return subprocess.Popen(
        [SHOHAY, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], given: str = "") -> tuple[int, str, str]:
    """Its exit code, what it wrote and what it wrote of errors."""
    with process:
        out, error = process.communicate(given, timeout=100)
    return process.returncode, out, error


def shohay(*arguments: str, given: str = "", **settings: object) -> tuple[int, str, str]:
    """Runs the program; see `end`."""
    return end(start(*arguments, **settings), given)


def sentence(error: str) -> str:
    """What went wrong: one line, and no traceback."""
    assert len(error.strip().splitlines()) == 1, error
    assert "Traceback" not in error
    return error.strip()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the content."""
    return Path(copytree(ROOT / "data", tmp_path / "data"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'cli.db'}"


@pytest.fixture
def some_model(tmp_path: Path) -> Path:
    """A models folder that looks as if there was a model, so that nothing is trained."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "m.tar.gz").write_bytes(b"model")
    (folder / models.CURRENT).write_text("m", encoding="utf-8")
    return folder


def test_every_mistake_is_told_with_file_line_and_mend(data: Path) -> None:
    path = data / "faq" / "conversation" / "greet.yml"
    rows = path.read_text(encoding="utf-8").splitlines()
    line = next(number for number, row in enumerate(rows, start=1) if "{shop_name}!" in row)
    rows[line - 1] = rows[line - 1].replace("{shop_name}!", "{shop_mane}!")
    path.write_text("\n".join(rows), encoding="utf-8")
    (data / "rules.yml").write_text("rules: [unclosed\n", encoding="utf-8")
    code, out, error = shohay("check", data_dir=data)
    assert (code, out) == (1, "")
    told = error.splitlines()
    assert f"{GREET}:{line}: {{shop_mane}} is no fact of the shop. Add it to data/shop.yml or mend it." in told
    assert [row for row in told if row.startswith("data/rules.yml:2: This is not valid YAML")]


def test_files_that_cannot_be_read_are_told(data: Path) -> None:
    (data / "faq" / "conversation" / "greet.yml").write_text("title:\n  en: [unclosed\n", encoding="utf-8")
    (data / "shop.yml").write_bytes(b"languages: \xff\n")
    code, _, error = shohay("check", data_dir=data)
    assert code == 1
    assert [row.split(": ")[0] for row in error.splitlines()] == [f"{GREET}:3", "data/shop.yml:1"]


def test_what_cannot_start_says_why_in_one_sentence(data: Path, url: str, some_model: Path) -> None:
    (data / "handoff.yml").write_text("priorities: {}\n", encoding="utf-8")
    away = "postgresql+asyncpg://shop:a-hidden-word@127.0.0.1:1/shop"
    nowhere = "sqlite+aiosqlite:////dev/null/no/folder.db"
    sound = {"database_url": url, "models_dir": some_model}
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free.bind(("127.0.0.1", 0))
        sound["port"] = free.getsockname()[1]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        started = {
            f"Cannot listen on 127.0.0.1:{port}: Address already in use.": start("run", **{**sound, "port": port}),
            "The database postgresql+asyncpg://shop:***@127.0.0.1:1/shop cannot be used": start(
                "run", **{**sound, "database_url": away}
            ),
            f"The database {nowhere} cannot be used": start("user", "list", **{**sound, "database_url": nowhere}),
            "SHOHAY_PORT: Input should be a valid integer": start("web", **{**sound, "port": "many"}),
            "data/handoff.yml:1: 'default_priority' is missing. Add it.": start(
                "worker", **{**sound, "data_dir": data}
            ),
            "run 'shohay train' first": start("parse", **{**sound, "models_dir": data}),
            "unknown role 'king'": start(
                "user", "add", "rahima", "--role", "king", "--password", "long enough", **sound
            ),
            "at least 8 characters": start("user", "add", "rahima", "--password", "short", **sound),
        }
        for why, process in started.items():
            code, _, error = end(process)
            assert code == 1, why
            assert why in sentence(error)
            assert "a-hidden-word" not in error


def test_people_are_added_changed_and_listed(url: str) -> None:
    code, out, _ = shohay(
        "user", "add", "rahima", "--display-name", "Rahima K", "--password", "long enough", database_url=url
    )
    assert (code, out.strip()) == (0, "rahima can sign in as agent.")
    code, out, _ = shohay(
        "user", "add", "rahima", "--role", "admin", given="another one\nanother one\n", database_url=url
    )
    assert code == 0
    assert "rahima can sign in as admin." in out
    code, out, _ = shohay("user", "list", database_url=url)
    assert code == 0
    assert [cell.strip() for cell in re.findall(r"│([^│]*)", next(row for row in out.splitlines() if "rahima" in row))][
        :3
    ] == ["rahima", "rahima", "admin"]

    async def sign_in(password: str) -> bool:
        database = Database(url)
        try:
            return await people.sign_in(database, "rahima", password) is not None
        finally:
            await database.close()

    assert not asyncio.run(sign_in("long enough"))
    assert asyncio.run(sign_in("another one"))


@pytest.fixture(scope="module")
def running(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """`shohay parse`, with every log line on, and `shohay evaluate`, started side by side on the trained model."""
    path = tmp_path_factory.mktemp("labelled") / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in LABELLED) + "\n\n", encoding="utf-8")
    started = {
        "parse": start("parse", models_dir=models_dir, log_level="DEBUG"),
        "evaluate": start("evaluate", str(path), "--json", models_dir=models_dir),
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


@pytest.mark.model
def test_every_line_is_understood_as_it_comes_and_a_bad_one_ends_it_with_its_number(
    running: dict[str, subprocess.Popen[str]],
) -> None:
    parsing = running["parse"]
    assert parsing.stdin and parsing.stdout and parsing.stderr

    def understood(text: str) -> dict:
        parsing.stdin.write(json.dumps({"text": text, "more": 1}) + "\n")
        parsing.stdin.flush()
        return json.loads(parsing.stdout.readline())

    order = understood("Where is my order 10001?")
    assert (order["text"], order["language"], order["intent"]) == ("Where is my order 10001?", "en", "order_status")
    assert order["entities"] == [{"entity": "order_number", "value": "10001", "start": 18, "end": 23}]
    assert 0 < order["confidence"] < 1
    assert {"intent", "confidence"} == set(order["alternatives"][0])
    assert "order_status" not in [other["intent"] for other in order["alternatives"]]
    bengali = understood("আপনাদের রিটার্ন পলিসি কী?")
    assert (bengali["language"], bengali["intent"]) == ("bn", "return_policy")
    assert understood("/human_agent")["confidence"] < 1
    parsing.stdin.write('\n{"text": 5}\n')
    parsing.stdin.close()
    assert parsing.wait(timeout=60) == 1
    assert parsing.stdout.read() == ""
    error = parsing.stderr.read()
    assert "line 5 needs text as text" in error
    assert not [word for word in ("Where is my order", "রিটার্ন") if word in error]


@pytest.mark.model
def test_a_file_of_labelled_messages_is_measured(running: dict[str, subprocess.Popen[str]]) -> None:
    code, out, _ = end(running["evaluate"])
    assert code == 0
    report = json.loads(out)
    assert (report["messages"], report["accuracy"]) == (4, 0.75)
    assert report["languages"]["bn"]["accuracy"] == 1.0
    assert report["confusions"] == [{"wanted": "greet", "got": "thank", "times": 1}]


@pytest.mark.model
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{no", "line 2 is not JSON"),
        ("[]", "line 2 needs text and intent as text"),
        ('{"text": "hi"}', "line 2 needs text and intent as text"),
        ('{"text": "hi", "intent": null}', "line 2 needs text and intent as text"),
        ('{"text": "hi", "intent": "greet", "language": 5}', "line 2 has language that is not text"),
    ],
)
def test_a_bad_line_of_labelled_messages_is_told_by_its_number(
    understood, tmp_path: Path, line: str, what: str
) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text('{"text": "hello", "intent": "greet"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(understanding.BadLine, match=re.escape(what)):
        understanding.evaluate(understood, path)


@pytest.fixture(scope="module")
def understood(models_dir: Path):
    return understanding.load(Settings(_env_file=None, models_dir=models_dir))
