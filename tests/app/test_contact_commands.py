"""A person's data on the command line: handed out whole, erased for good, and one sentence when that cannot be."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from click.testing import Result
from file_samples import pdf
from running import POSTGRES, ROOT, missing
from typer.testing import CliRunner

from app import cli, logs, schema
from bot.content.live import LiveWords
from handoff import inbox, sweeping, uploads
from handoff.database import Database
from handoff.hours import Hours
from handoff.incoming import Incoming
from handoff.messages import Message
from handoff.models import contacts, conversations, messages, receipts
from handoff.queue_rules import QueueRules
from handoff.services import Services

SECRET = "zq-amber-teacup"
Given = TypeVar("Given")


class Shop:
    """A shop's database, two customers in it, and the commands run on it."""

    def __init__(self, url: str, words: LiveWords) -> None:
        self.url = url
        self._words = words

    def run(self, *arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(cli.cli, list(arguments), input=given)

    def fails(self, *arguments: str, given: str = "") -> str:
        """The sentence that it fails with."""
        result = self.run(*arguments, given=given)
        assert result.exit_code == 1, (result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr
        return result.stderr.strip()

    def write(self, address: str, text: str) -> Message:
        async def job(services: Services) -> Message:
            name = f"{address.title()} K"
            return (await inbox.receive(services, Incoming("fake", f"{address}:{text}", address, text, name=name)))[0]

        return self._on_services(job)

    def _on_services(self, step: Callable[[Services], Awaitable[Given]]) -> Given:
        async def job() -> Given:
            database = Database(self.url)
            await schema.upgrade(database)
            services = Services(
                database=database,
                phrases=self._words,
                queue_rules=QueueRules.load(ROOT / "data" / "handoff.yml"),
                hours=Hours.always(),
                push_channels=frozenset(),
                languages=("en", "bn"),
                messages_per_minute=100,
                find_contact=lambda _: None,
            )
            try:
                return await step(services)
            finally:
                await database.close()

        return asyncio.run(job())

    def send(self, address: str, name: str, content: bytes) -> str:
        """A message with this file alone; the file's id."""

        async def job(services: Services) -> str:
            file = await uploads.take(services, "fake", address, name, content)
            await inbox.receive(services, Incoming("fake", f"{address}:{file.id}", address, uploads=(file.id,)))
            return file.id

        return self._on_services(job)

    def count(self, table: sa.Table) -> int:
        async def job() -> int:
            database = Database(self.url)
            async with database.read() as tx:
                found = await tx.scalar(sa.select(sa.func.count()).select_from(table))
            await database.close()
            return int(found)

        return asyncio.run(job())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}"
        return
    name = f"shohay_contacts_{os.getpid()}"
    admin = sa.create_engine(POSTGRES.replace("+asyncpg", "+psycopg2"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(sa.text(f"drop database if exists {name} with (force)"))
            connection.execute(sa.text(f"create database {name}"))
    except sa.exc.OperationalError:
        missing(f"no PostgreSQL answers at {POSTGRES}")
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    with admin.connect() as connection:
        connection.execute(sa.text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def shop(url: str, words: LiveWords, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in [name for name in os.environ if name.startswith("SHOHAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "60")  # narrow, so that what may not be wrapped would be
    monkeypatch.setenv("SHOHAY_DATABASE_URL", url)
    monkeypatch.setattr(logs, "configure", lambda level: None)
    made = Shop(url, words)
    for text in (f"my word is {SECRET}", "আমার অর্ডার কোথায়?"):
        made.write("amina", text)
    made.write("jonas", "hello")
    return made


only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def test_the_export_is_json_with_every_word(shop: Shop) -> None:
    result = shop.run("export-contact", "fake:amina")
    assert (result.exit_code, result.stderr) == (0, "")
    exported = json.loads(result.stdout)
    assert exported["contact"]["name"] == "Amina K"
    (conversation,) = exported["conversations"]
    assert [one["text"] for one in conversation["messages"]] == [f"my word is {SECRET}", "আমার অর্ডার কোথায়?"]
    assert "আমার অর্ডার" in result.stdout  # to be read by the person, not by a program alone
    for who in (exported["contact"]["id"], conversation["id"]):
        again = json.loads(shop.run("export-contact", who).stdout)
        assert {**again, "exported_at": None} == {**exported, "exported_at": None}


@only_sqlite
def test_an_exported_file_is_for_its_owner_alone_and_never_written_over(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "amina.json"
    result = shop.run("export-contact", "fake:amina", "--out", str(file))
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == f"Written to {file}: Amina K (fake:amina), 1 conversation with 2 messages."
    assert file.stat().st_mode & 0o777 == 0o600
    assert SECRET in file.read_text(encoding="utf-8")
    assert shop.fails("export-contact", "fake:jonas", "--out", str(file)) == (
        f"{file} is there already; name a new file."
    )
    assert SECRET in file.read_text(encoding="utf-8")
    nowhere = tmp_path / "no" / "folder.json"
    assert shop.fails("export-contact", "fake:jonas", "--out", str(nowhere)) == (
        f"{nowhere} cannot be written: No such file or directory."
    )


def test_what_they_sent_is_written_beside_the_json_for_its_owner_alone(shop: Shop, tmp_path: Path) -> None:
    sent = shop.send("amina", "ভাঙা কাপ.pdf", pdf("a cup"))
    shop.send("jonas", "other.pdf", pdf("not amina's"))
    file, folder = tmp_path / "amina.json", tmp_path / "amina-files"
    result = shop.run("export-contact", "fake:amina", "--out", str(file))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1] == f"Written to {folder}: 1 file."
    (told,) = json.loads(file.read_text(encoding="utf-8"))["conversations"][0]["messages"][-2]["files"]
    assert (told["id"], told["name"]) == (sent, "ভাঙা কাপ.pdf")
    (written,) = folder.iterdir()
    assert (written.name, written.read_bytes()) == (f"{sent}.pdf", pdf("a cup"))
    assert (folder.stat().st_mode & 0o777, written.stat().st_mode & 0o777) == (0o700, 0o600)
    file.unlink()
    assert shop.fails("export-contact", "fake:amina", "--out", str(file)) == (
        f"{folder} is there already; name a new file."
    )
    assert not file.exists()


def test_erasing_asks_first_and_then_nothing_is_left_of_that_person_alone(shop: Shop, tmp_path: Path) -> None:
    for given in ("n\n", "\n"):
        result = shop.run("erase-contact", "fake:amina", given=given)
        assert result.exit_code == 1
        assert "Nothing was erased." in result.stderr
        assert "To be erased for good: Amina K (fake:amina), 1 conversation with 2 messages." in result.stdout
    assert shop.run("erase-contact", "fake:amina", given="").exit_code == 1
    assert shop.count(messages) == 3

    result = shop.run("erase-contact", "fake:amina", given="y\n")
    assert (result.exit_code, result.stderr) == (0, "")
    for line in ("2 messages", "1 conversations", "1 identities", "1 contacts"):
        assert line in result.stdout
    assert "Nothing of it can be found in the database any more." in result.stdout
    assert (shop.count(messages), shop.count(contacts), shop.count(conversations)) == (1, 1, 1)
    assert shop.count(receipts) == 3
    for path in tmp_path.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path
    with pytest.raises(inbox.Erased):
        shop.write("amina", f"my word is {SECRET}")
    assert "Jonas K" in shop.run("export-contact", "fake:jonas").stdout


@only_sqlite
def test_with_yes_nobody_is_asked(shop: Shop) -> None:
    result = shop.run("erase-contact", "--yes", "fake:amina")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "?" not in result.stdout
    assert shop.count(contacts) == 1


def test_nobody_by_that_name_is_one_sentence(shop: Shop) -> None:
    for command in (["export-contact"], ["erase-contact", "--yes"]):
        for who in ("fake:nobody", "amina", "0198-not-an-id", "website:amina", "", "fake:\udcff"):
            assert shop.fails(*command, who).startswith("Nobody is known as"), who
    assert shop.fails("erase-contact", "--yes").startswith("Say whose data is to be erased: a contact's id,")
    assert shop.count(contacts) == 2


@only_sqlite
def test_traces_that_somebody_keeps_open_are_told_and_swept_later(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PATIENCE_SECONDS", 0.1)
    reader = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    reader.execute("begin")
    assert reader.execute("select count(*) from contacts").fetchone() == (2,)
    told = shop.fails("erase-contact", "--yes", "fake:amina")
    assert told.startswith("The rows are gone, but traces of them are left in the database's files.")
    assert "shohay erase-contact --sweep" in told
    assert SECRET.encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "erase-contact --sweep" in shop.fails("erase-contact", "--sweep")
    reader.close()
    assert shop.run("erase-contact", "--sweep").exit_code == 0
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@only_sqlite
def test_a_database_that_is_away_is_one_sentence(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_DATABASE_URL", "postgresql+asyncpg://shop:a-hidden-word@127.0.0.1:1/shop")
    for command in ("export-contact", "erase-contact"):
        told = shop.fails(command, "fake:amina")
        assert told.startswith("The database postgresql+asyncpg://shop:***@127.0.0.1:1/shop cannot be used: ")
        assert "a-hidden-word" not in told
