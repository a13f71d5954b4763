"""The command line: `shohay run | web | worker | train | parse | evaluate | user | check`, and `contact_commands`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from app import contact_commands, link_commands
from app.settings import Settings
from app.terminal import configured, err, fail, guarded, out
from bot.content.errors import ContentError
from handoff.conversations import Refused

cli = typer.Typer(help="Shohay, a customer-support chatbot that hands over to people.", no_args_is_help=True)
user = typer.Typer(help="The accounts of agents, supervisors, editors and administrators.", no_args_is_help=True)
cli.add_typer(user, name="user")
user.add_typer(link_commands.commands)
cli.add_typer(contact_commands.commands)


@cli.command()
def run() -> None:
    """Everything in one process: web, turns, deliveries, deadlines; trains first when there is no model."""
    _start(web=True, work=True)


@cli.command()
def web() -> None:
    """Only the web server; the bot's turns need a `shohay worker` beside it."""
    _start(web=True, work=False)


@cli.command()
def worker() -> None:
    """Only the work: turns, deliveries and deadlines; any number of them on PostgreSQL."""
    _start(web=False, work=True)


@cli.command()
def train() -> None:
    """Trains a model on the content and puts it into use; running programs take it over by themselves."""
    from app import training

    loaded = configured()
    try:
        name = asyncio.run(training.train_in_terminal(loaded.project_dir, loaded.models_dir, out))
    except training.TrainingFailed as error:
        fail(str(error))
    out.print(f"The model {name} is in use.")


@cli.command()
def parse() -> None:
    """Understands lines of {"text"} on standard input; writes one line of JSON for each."""
    from app import understanding

    loaded = configured()
    try:
        understanding.parse(understanding.load(loaded), sys.stdin, sys.stdout)
    except (understanding.NoModel, understanding.BadLine) as error:
        fail(str(error))


@cli.command()
def evaluate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help='lines of {"text", "intent"}')],
    as_json: Annotated[bool, typer.Option("--json", help="the whole report as JSON")] = False,
) -> None:
    """Measures the model in use on labelled messages."""
    from app import understanding

    loaded = configured()
    try:
        report = understanding.evaluate(understanding.load(loaded), file)
    except (understanding.NoModel, understanding.BadLine) as error:
        fail(str(error))
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    _print_report(report)


@cli.command()
def check() -> None:
    """Checks the content; names file, line and mend of every mistake, and what is not written yet in some language."""
    from app import policies
    from bot.content.check import check as find
    from bot.content.library import read

    loaded = configured()
    try:
        library = read(loaded.data_dir)
    except ContentError as error:
        fail(str(error))
    problems = [*find(library, loaded.project_dir), *policies.problems(loaded.data_dir / "shop.yml")]
    gaps = [problem for problem in problems if problem.gap]
    if gaps:
        err.print("\n".join(f"not yet: {gap}" for gap in gaps), markup=False, highlight=False, soft_wrap=True)
    if len(problems) > len(gaps):
        fail("\n".join(str(problem) for problem in problems if not problem.gap))
    examples = sum(len(lines) for one in library.questions.values() for lines in one.examples.values())
    out.print(
        f"{len(library.questions)} questions with {examples} examples and {len(library.phrases)} phrases"
        f" in {', '.join(library.variants)}: no mistakes."
    )


@user.command("add")
def add_user(
    name: str,
    role: Annotated[str, typer.Option(help="agent, supervisor, editor or admin")] = "agent",
    display_name: Annotated[str, typer.Option(help="what customers see")] = "",
    languages: Annotated[str | None, typer.Option(help="languages they answer in, such as en,bn; '' for all")] = None,
    skills: Annotated[str | None, typer.Option(help="skills of data/handoff.yml; '' for all")] = None,
    teams: Annotated[str | None, typer.Option(help="teams of data/handoff.yml; '' for all")] = None,
    capacity: Annotated[int | None, typer.Option(min=0, help="conversations given to them at once; 5 at first")] = None,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Creates an account, or gives an existing one a new password and role, and what else is said of it."""
    from app import profiles, schema
    from handoff import people

    loaded = configured()

    async def job() -> None:
        said = profiles.profile(loaded.data_dir, languages, skills, teams, capacity)
        async with schema.opened(loaded.database_url) as database:
            person = await people.add(database, name, display_name or name, role, password)
            await people.set_profile(database, person.id, **said)
        out.print(f"{person.name} can sign in as {person.role}.")

    try:
        guarded(job, loaded)
    except ValueError as error:
        fail(f"{error}.")


@user.command("picture")
def user_picture(
    name: str,
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="PNG, JPEG or WebP")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="take the picture away")] = False,
) -> None:
    """Gives an account a picture, which customers see beside its name; at most 512 KB."""
    from app import schema
    from handoff import people, pictures

    if (file is None) != remove:
        fail("Name a file, or say --remove.")
    loaded = configured()

    async def job() -> None:
        async with schema.opened(loaded.database_url) as database:
            async with database.read() as tx:
                person = await people.by_name(tx, name)
            if person is None:
                raise ValueError(f"nobody is called {name}; `shohay user list` lists the accounts")
            if file is None:
                await pictures.take_away(database, person.id)
            else:
                await pictures.put(database, person.id, file.read_bytes())
        out.print(f"{name} has {'no picture any more' if remove else 'a new picture'}.")

    try:
        guarded(job, loaded)
    except ValueError as error:
        fail(f"{error}.")
    except Refused as refused:
        fail(refused.message)


@user.command("list")
def list_users() -> None:
    """Lists the accounts, and which conversations suit them."""
    from app import profiles, schema
    from handoff import people, presence
    from handoff.clock import now

    loaded = configured()

    async def job() -> None:
        async with schema.opened(loaded.database_url) as database, database.read() as tx:
            found = await people.everyone(tx)
            agents = {agent.person.id: agent for agent in await presence.agents(tx, now())}
        table = Table("name", "shown as", "role", "languages", "skills", "teams", "capacity")
        for person in found:
            table.add_row(person.name, person.display_name, person.role, *profiles.shown(agents.get(person.id)))
        out.print(table)

    guarded(job, loaded)


def _start(web: bool, work: bool) -> None:
    from app import program, training
    from bot import models

    loaded = configured()
    listener = None
    if web:
        try:
            listener = program.bind(loaded)
        except OSError as error:
            fail(
                f"Cannot listen on {loaded.host}:{loaded.port}: {error.strerror}."
                " Stop what runs there, or set SHOHAY_PORT (and SHOHAY_HOST)."
            )
    if work and models.current(loaded.models_dir) is None:
        try:
            asyncio.run(training.train_in_terminal(loaded.project_dir, loaded.models_dir, out))
        except training.TrainingFailed as error:
            fail(str(error))

    async def job() -> None:
        house = await program.open_house(loaded)
        if web:
            _greet(loaded)
        await program.run(house, listener, work)

    guarded(job, loaded)


def _greet(loaded: Settings) -> None:
    host = "localhost" if loaded.host in ("127.0.0.1", "0.0.0.0", "::") else loaded.host  # noqa: S104
    base = f"http://{host}:{loaded.port}"
    if loaded.demo:
        from app.demo import demo_password

        out.print(f"Demo shop  {base}/", highlight=False)
        out.print(f"Desk       {base}/desk", highlight=False)
        out.print("Demo people: agent, agent2, supervisor, editor, admin", highlight=False)
        # one that was made up must be told; one that was set is known, and what is printed may end in a log
        password = "the one in SHOHAY_DEMO_PASSWORD" if loaded.demo_password else demo_password(loaded)
        out.print(f"Password:    {password}", highlight=False, markup=False)
    else:
        out.print(f"Desk       {base}/desk", highlight=False)
        out.print(f"Widget     {base}/widget.js", highlight=False)
    out.print("The bot is starting; it answers in a few seconds. Ctrl+C ends everything.", highlight=False)


def _print_report(report: dict[str, Any]) -> None:
    table = Table("language", "messages", "accuracy")
    for language, row in report["languages"].items():
        table.add_row(language, str(row["messages"]), f"{row['accuracy']:.3f}")
    table.add_row("all", str(report["messages"]), f"{report['accuracy']:.3f}" if report["messages"] else "-")
    out.print(table)
    confusions = Table("wanted", "got", "times")
    for row in report["confusions"]:
        confusions.add_row(row["wanted"], str(row["got"]), str(row["times"]))
    out.print(confusions)
    for language, row in report["languages"].items():
        for one in row["worst"]:
            out.print(f"{language}  {one['got']} ({one['confidence']}) instead of {one['wanted']}: {one['text']}",
                      markup=False, highlight=False)  # fmt: skip


def main() -> None:
    """The console script."""
    cli()
