"""The commands for a person's data: `shohay export-contact` and `shohay erase-contact` (docs/privacy.md)."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from app import schema
from app.settings import Settings
from app.shop_traces import ShopTraces
from app.terminal import configured, fail, guarded, out
from handoff import erasure, files
from handoff.database import Database

commands = typer.Typer()

WHO = "a contact's id, a conversation's id (it stands in the desk's address), or `channel:address`"
Result = TypeVar("Result")


@commands.command("export-contact")
def export_contact(
    who: Annotated[str, typer.Argument(help=WHO)],
    file: Annotated[
        Path | None,
        typer.Option(
            "--out", help="a new file, readable by you alone, and files that were sent beside it; else it is shown"
        ),
    ] = None,
) -> None:
    """Everything that is stored about a person, as JSON."""
    loaded = configured()
    found = _on_database(loaded, lambda database: _export(database, who))
    if found is None:
        _unknown(who)
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if file is None:
        print(text)
        return
    folder = file.with_name(f"{file.stem}-files")
    if folder.exists():
        fail(f"{folder} is there already; name a new file.")
    _write(file, text.encode() + b"\n")
    out.print(f"Written to {file}: {_summary(found)}.", markup=False, highlight=False, soft_wrap=True)
    count = _on_database(loaded, lambda database: _write_files(database, found["contact"]["id"], folder))
    if count:
        out.print(f"Written to {folder}: {_count(count, 'file')}.", markup=False, highlight=False, soft_wrap=True)


@commands.command("erase-contact")
def erase_contact(
    who: Annotated[str | None, typer.Argument(help=WHO)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="only wipe what earlier erasures left in the files")] = False,
) -> None:
    """Erases a person with everything that was said to and by them; it cannot be undone."""
    loaded = configured()
    if sweep:
        _swept(_on_database(loaded, lambda database: erasure.sweep(database, ShopTraces())))
        return
    if who is None:
        fail("Say whose data is to be erased: " + WHO + ".")
    found = _on_database(loaded, lambda database: _export(database, who))
    if found is None:
        _unknown(who)
    if not yes:
        out.print(f"To be erased for good: {_summary(found)}.", markup=False, highlight=False, soft_wrap=True)
        if not typer.confirm("Go on?"):
            fail("Nothing was erased.")
    erased = _on_database(loaded, lambda database: erasure.erase(database, found["contact"]["id"], ShopTraces()))
    for table, count in erased.counts.items():
        out.print(f"{count:>8} {table.replace('_', ' ')}", highlight=False)
    _swept(erased.unswept)


def _on_database(loaded: Settings, step: Callable[[Database], Awaitable[Result]]) -> Result:
    """What the step gives, on the database of the settings."""
    results: list[Result] = []

    async def job() -> None:
        async with schema.opened(loaded.database_url) as database:
            results.append(await step(database))

    guarded(job, loaded)
    if not results:  # interrupted
        raise typer.Exit(130)
    return results[0]


async def _export(database: Database, who: str) -> dict[str, Any] | None:
    async with database.read() as tx:
        contact_id = await erasure.find(tx, who)
    return await erasure.export(database, contact_id) if contact_id else None


def _unknown(who: str) -> NoReturn:
    fail(f"Nobody is known as {who}. Name {WHO}.")


def _summary(found: Mapping[str, Any]) -> str:
    name = found["contact"]["name"] or "A contact without a name"
    addresses = ", ".join(f"{one['channel']}:{one['address']}" for one in found["identities"])
    talks = found["conversations"]
    said = sum(len(one["messages"]) for one in talks)
    return f"{name} ({addresses}), {_count(len(talks), 'conversation')} with {_count(said, 'message')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


async def _write_files(database: Database, contact_id: str, folder: Path) -> int:
    """What they sent, into a new folder, each under its id, by which the JSON names it; how many."""
    count = 0
    async with database.read() as tx:
        async for one in files.of_contact(tx, contact_id):
            if not count:
                _make(folder)
            ending = Path(one.file.name).suffix
            _write(folder / f"{one.file.id}{ending}", one.content)
            count += 1
    return count


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        fail(f"{folder} cannot be made: {error.strerror}.")


def _write(file: Path, content: bytes) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fail(f"{file} is there already; name a new file.")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _swept(why_not: str | None) -> None:
    if why_not is not None:
        fail(
            f"The rows are gone, but traces of them are left in the database's files. {why_not}"
            " Run 'shohay erase-contact --sweep' later, or while Shohay is stopped."
        )
    out.print("Nothing of it can be found in the database any more.")
