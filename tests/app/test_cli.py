"""The command line: what it answers, and the one sentence that it says when it cannot.

`check`, `run` and `parse` run as processes of their own; the rest runs in this process, which has Rasa loaded already.
"""

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
from click.testing import Result
from file_samples import png
from structlog.testing import capture_logs
from typer.testing import CliRunner

from app import cli, logs, understanding
from app.settings import Settings
from bot import models
from handoff import people
from handoff.database import Database

ROOT = Path(__file__).parents[2]
SHOHAY = str(Path(sys.executable).with_name("shohay"))
GREET = "data/faq/conversation/greet.yml"
AWAY = "postgresql+asyncpg://shop:a-hidden-word@127.0.0.1:1/shop"
NOWHERE = "sqlite+aiosqlite:////dev/null/no/folder.db"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the content."""
    return Path(copytree(ROOT / "data", tmp_path / "data"))


@pytest.fixture
def some_model(tmp_path: Path) -> Path:
    """A models folder that looks as if there was a model, so that nothing is trained."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "m.tar.gz").write_bytes(b"model")
    (folder / models.CURRENT).write_text("m", encoding="utf-8")
    return folder


def start(*arguments: str, **settings: object) -> "subprocess.Popen[str]":
    """Starts the program with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHOHAY_")}
    return subprocess.Popen(
        [SHOHAY, *arguments],
        cwd=ROOT,
        env=clean | {f"SHOHAY_{name.upper()}": str(value) for name, value in settings.items()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Its exit code, what it wrote and what it wrote of errors."""
    with process:
        out, error = process.communicate(timeout=100)
    return process.returncode, out, error


def sentence(error: str) -> str:
    """What went wrong: one line, and no traceback."""
    assert len(error.strip().splitlines()) == 1, error
    assert "Traceback" not in error
    return error.strip()


class Here:
    """Runs commands in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in os.environ if name.startswith("SHOHAY_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(logs, "configure", lambda level: None)
        self._monkeypatch = monkeypatch

    def set(self, **settings: object) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"SHOHAY_{name.upper()}", str(value))

    def run(self, *arguments: str, given: str = "") -> Result:
        with capture_logs():
            return CliRunner().invoke(cli.cli, list(arguments), input=given)

    def fails(self, *arguments: str) -> str:
        """The sentence that it fails with."""
        result = self.run(*arguments)
        assert result.exit_code == 1, (result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        return sentence(result.stderr)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    made = Here(monkeypatch)
    made.set(database_url=f"sqlite+aiosqlite:///{tmp_path / 'cli.db'}")
    return made


def test_every_mistake_is_told_with_file_line_and_mend(data: Path) -> None:
    path = data / "faq" / "conversation" / "greet.yml"
    rows = path.read_text(encoding="utf-8").splitlines()
    line = next(number for number, row in enumerate(rows, start=1) if "{shop_name}!" in row)
    rows[line - 1] = rows[line - 1].replace("{shop_name}!", "{shop_mane}!")
    path.write_text("\n".join(rows), encoding="utf-8")
    (data / "rules.yml").write_text("rules: [unclosed\n", encoding="utf-8")
    code, out, error = end(start("check", project_dir=data.parent))
    assert (code, out) == (1, "")
    told = error.splitlines()
    assert f"{GREET}:{line}: {{shop_mane}} is no fact of the shop. Add it to data/shop.yml or mend it." in told
    assert [row for row in told if row.startswith("data/rules.yml:2: This is not valid YAML")]


def test_files_that_cannot_be_read_are_told(here: Here, data: Path) -> None:
    (data / "faq" / "conversation" / "greet.yml").write_text("title:\n  en: [unclosed\n", encoding="utf-8")
    (data / "shop.yml").write_bytes(b"languages: \xff\n")
    here.set(project_dir=data.parent)
    result = here.run("check")
    assert result.exit_code == 1
    assert [row.split(": ")[0] for row in result.stderr.splitlines()] == [f"{GREET}:3", "data/shop.yml:1"]


def test_content_without_mistakes_is_counted_in_everything_that_customers_type(here: Here) -> None:
    result = here.run("check")
    assert result.exit_code == 0
    assert all(row.startswith("not yet: data/faq/") for row in result.stderr.splitlines())
    variants = "en, bn, hi, es, fr, de, bn-Latn, hi-Latn"
    told = " ".join(result.stdout.split())
    assert re.search(rf"\d+ questions with \d+ examples and \d+ phrases in {variants}: no mistakes", told)


def only_three_in_banglish(data: Path) -> str:
    """Leaves a question three examples in one variant; returns the place that the gap is told at."""
    path = data / "faq" / "conversation" / "greet.yml"
    rows = path.read_text(encoding="utf-8").splitlines()
    line = rows.index("  bn-Latn: |") + 1
    end = next(number for number, row in enumerate(rows[line:], start=line) if not row.startswith("    "))
    path.write_text("\n".join([*rows[: line + 3], *rows[end:]]) + "\n", encoding="utf-8")
    return f"{GREET}:{line}"


def test_what_is_not_written_yet_is_told_and_is_no_mistake(here: Here, data: Path) -> None:
    place = only_three_in_banglish(data)
    here.set(project_dir=data.parent)
    result = here.run("check")
    assert result.exit_code == 0
    assert [row for row in result.stderr.splitlines() if place in row] == [
        f"not yet: {place}: There are only 3 examples in 'bn-Latn'. Add how customers ask it, 15 ways at least."
    ]
    assert "no mistakes" in result.stdout


def test_a_mistake_beside_what_is_not_written_yet_is_still_a_mistake(here: Here, data: Path) -> None:
    place = only_three_in_banglish(data)
    rules = data / "rules.yml"
    rules.write_text("rules: [unclosed\n", encoding="utf-8")
    here.set(project_dir=data.parent)
    result = here.run("check")
    assert (result.exit_code, result.stdout) == (1, "")
    told = result.stderr.splitlines()
    assert [row.split(": ")[0] for row in told if not row.startswith("not yet: ")] == ["data/rules.yml:2"]
    assert [row for row in told if row.startswith(f"not yet: {place}: ")]


def test_a_taken_port_and_an_unreachable_database_are_one_sentence_each(some_model: Path, tmp_path: Path) -> None:
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        url = f"sqlite+aiosqlite:///{tmp_path / 'run.db'}"
        started = [
            start("run", port=port, database_url=url, models_dir=some_model),
            start("run", port=other, database_url=AWAY, models_dir=some_model),
        ]
        (code, _, error), (other_code, _, other_error) = map(end, started)
    assert (code, other_code) == (1, 1)
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in sentence(error)
    assert "SHOHAY_PORT" in error
    assert "The database postgresql+asyncpg://shop:***@127.0.0.1:1/shop cannot be used" in sentence(other_error)
    assert "SHOHAY_DATABASE_URL" in other_error
    assert "a-hidden-word" not in other_error


def test_a_database_in_an_impossible_place_is_one_sentence(here: Here) -> None:
    here.set(database_url=NOWHERE)
    assert here.fails("user", "list").startswith(f"The database {NOWHERE} cannot be used: ")


@pytest.mark.parametrize("command", ["run", "web", "worker", "check", "train", "parse"])
def test_a_wrong_setting_is_one_sentence_from_every_command(here: Here, command: str) -> None:
    here.set(port="many")
    assert here.fails(command).startswith("SHOHAY_PORT: ")


def test_broken_content_is_told_instead_of_starting(here: Here, data: Path, some_model: Path) -> None:
    (data / "handoff.yml").write_text("priorities: {}\n", encoding="utf-8")
    here.set(project_dir=data.parent, models_dir=some_model)
    assert here.fails("worker") == "data/handoff.yml:1: 'default_priority' is missing. Add it."


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("│").split("│")]


def test_which_conversations_suit_somebody_is_said_kept_and_taken_back(here: Here) -> None:
    password = ("--password", "long enough")
    options = ("--languages", "en, bn", "--skills", "payments", "--teams", "payments", "--capacity", "3")
    assert here.run("user", "add", "rahima", *options, *password).exit_code == 0
    assert here.run("user", "add", "tapan", "--role", "editor", *password).exit_code == 0
    assert here.run("user", "add", "rahima", "--teams", "", *password).exit_code == 0
    rows = here.run("user", "list").stdout.splitlines()
    shown = {name: cells(next(row for row in rows if name in row)) for name in ("rahima", "tapan")}
    assert shown["rahima"] == ["rahima", "rahima", "agent", "bn, en", "payments", "all", "3"]
    assert shown["tapan"] == ["tapan", "tapan", "editor", "–", "–", "–", "–"]


def test_people_are_added_changed_and_listed(here: Here, tmp_path: Path) -> None:
    added = here.run("user", "add", "rahima", "--display-name", "Rahima K", "--password", "long enough")
    assert (added.exit_code, added.stdout.strip()) == (0, "rahima can sign in as agent.")
    changed = here.run("user", "add", "rahima", "--role", "admin", given="another one\nanother one\n")
    assert changed.exit_code == 0
    assert "rahima can sign in as admin." in changed.stdout
    assert "another one" not in changed.stdout
    listed = here.run("user", "list")
    row = next(row for row in listed.stdout.splitlines() if "rahima" in row)
    assert cells(row) == ["rahima", "rahima", "admin", "all", "all", "all", "5"]

    async def sign_in(password: str) -> bool:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'cli.db'}")
        try:
            return await people.sign_in(database, "rahima", password) is not None
        finally:
            await database.close()

    assert not asyncio.run(sign_in("long enough"))
    assert asyncio.run(sign_in("another one"))


def test_a_picture_is_given_and_taken_away_and_what_is_none_is_refused(here: Here, tmp_path: Path) -> None:
    face, page = tmp_path / "face.png", tmp_path / "page.html"
    face.write_bytes(png())
    page.write_text("<script>alert(1)</script>", encoding="utf-8")
    assert here.run("user", "add", "rahima", "--password", "long enough").exit_code == 0
    assert here.run("user", "picture", "rahima", str(face)).stdout == "rahima has a new picture.\n"
    assert here.fails("user", "picture", "rahima", str(page)) == "That is no picture in PNG, JPEG or WebP."
    assert here.run("user", "picture", "rahima", "--remove").stdout == "rahima has no picture any more.\n"
    assert here.fails("user", "picture", "nobody", str(face)).startswith("nobody is called nobody; `shohay user list`")
    for arguments in ((), (str(face), "--remove")):
        assert here.fails("user", "picture", "rahima", *arguments) == "Name a file, or say --remove."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--role", "king", "--password", "long enough"], "unknown role 'king'"),
        (["--password", "short"], "8 characters"),
        (
            ["--languages", "en,tlh", "--password", "long enough"],
            "there is no language 'tlh'; choose among: bn, de, en, es, fr, hi",
        ),
        (["--teams", "cooks", "--password", "long enough"], "there is no team 'cooks'; choose among: payments, supp"),
        (["--skills", "juggling", "--password", "long enough"], "there is no skill 'juggling'; choose among: paym"),
    ],
)
def test_an_account_that_cannot_be_is_one_sentence(here: Here, arguments: list[str], message: str) -> None:
    assert message in here.fails("user", "add", "rahima", *arguments)


@pytest.mark.parametrize("command", [["parse"], ["evaluate", "tests/conftest.py"]])
def test_without_a_model_it_says_how_to_get_one(here: Here, command: list[str], tmp_path: Path) -> None:
    here.set(models_dir=tmp_path)
    assert "run 'shohay train' first" in here.fails(*command)


def test_a_file_that_is_not_there_is_told(here: Here, tmp_path: Path) -> None:
    result = here.run("evaluate", str(tmp_path / "nothing.jsonl"))
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


@pytest.fixture
def parsing(models_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """`shohay parse` on the trained model, with every log line on."""
    with start("parse", models_dir=models_dir, log_level="DEBUG") as process:
        yield process
        process.kill()


@pytest.mark.model
def test_every_line_is_understood_as_it_comes_and_a_bad_one_ends_it_with_its_number(
    parsing: "subprocess.Popen[str]",
) -> None:
    assert parsing.stdin and parsing.stdout and parsing.stderr

    def understood(text: str) -> dict:
        parsing.stdin.write(json.dumps({"text": text, "more": 1}) + "\n")
        parsing.stdin.flush()
        return json.loads(parsing.stdout.readline())

    order = understood("Where is my order 10001?")
    assert (order["text"], order["language"], order["intent"]) == ("Where is my order 10001?", "en", "order_status")
    assert order["entities"] == [{"entity": "order_number", "value": "10001", "start": 18, "end": 23}]
    assert 0 < order["confidence"] <= 1
    assert {"intent", "confidence"} == set(order["alternatives"][0])
    assert "order_status" not in [other["intent"] for other in order["alternatives"]]
    bengali = understood("আপনাদের রিটার্ন পলিসি কী?")
    assert (bengali["language"], bengali["intent"]) == ("bn", "return_policy")
    assert understood("/human_agent")["alternatives"]  # typed, it is no button's payload, which means one thing
    parsing.stdin.write('\n{"text": 5}\n')
    parsing.stdin.close()
    assert parsing.wait(timeout=60) == 1
    assert parsing.stdout.read() == ""
    error = parsing.stderr.read()
    assert "line 5 needs text as text" in error
    assert not [word for word in ("Where is my order", "রিটার্ন") if word in error]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Labelled messages, of which the third is labelled wrongly."""
    rows = [
        {"text": "Where is my order?", "intent": "order_status"},
        {"text": "আপনাদের রিটার্ন পলিসি কী?", "intent": "return_policy", "language": "bn"},
        {"text": "thanks a lot", "intent": "greet"},
        {"text": "12 13 14", "intent": "out_of_scope", "language": "en"},
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", encoding="utf-8")
    return path


@pytest.mark.model
def test_a_file_of_labelled_messages_is_measured(here: Here, models_dir: Path, labelled: Path) -> None:
    here.set(models_dir=models_dir)
    result = here.run("evaluate", str(labelled), "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["messages"], report["accuracy"]) == (4, 0.75)
    assert report["languages"]["bn"]["accuracy"] == 1.0
    assert report["confusions"] == [{"wanted": "greet", "got": "thank", "times": 1}]
    table = here.run("evaluate", str(labelled))
    assert table.exit_code == 0
    assert "thank" in table.stdout
    assert "instead of greet: thanks a lot" in table.stdout


@pytest.mark.model
def test_a_bad_line_of_labelled_messages_is_told_by_its_number(models_dir: Path, tmp_path: Path) -> None:
    dialogue = understanding.load(Settings(_env_file=None, models_dir=models_dir))
    path = tmp_path / "labelled.jsonl"
    for line, what in {
        "{no": "line 2 is not JSON",
        "[]": "line 2 needs text and intent as text",
        '{"text": "hi"}': "line 2 needs text and intent as text",
        '{"text": "hi", "intent": null}': "line 2 needs text and intent as text",
        '{"text": "hi", "intent": "greet", "language": 5}': "line 2 has language that is not text",
    }.items():
        path.write_text('{"text": "hello", "intent": "greet"}\n' + line + "\n", encoding="utf-8")
        with pytest.raises(understanding.BadLine, match=what):
            understanding.evaluate(dialogue, path)
