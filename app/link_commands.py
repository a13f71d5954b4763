"""`shohay user link | unlink`: which of the desk's people writes in Slack under which id."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from app import schema
from app.terminal import configured, fail, guarded, out
from handoff import addresses, people

commands = typer.Typer()

_SLACK = "slack"
_MEMBER = re.compile(r"T[A-Z0-9]{2,20}:[UW][A-Z0-9]{2,20}")


@commands.command("link")
def link_user(
    name: str,
    slack: Annotated[str, typer.Option(help="workspace and member id of Slack, T…:U…; docs/slack-desk.md says where")],
) -> None:
    """Says that who writes in Slack under this id is this account, and may answer customers from there."""
    loaded = configured()
    if not _MEMBER.fullmatch(slack):
        fail(f"{slack} is no member of Slack; name the workspace and the member, such as T012AB3C4:U012AB3C4.")

    async def job() -> None:
        async with schema.opened(loaded.database_url) as database:
            async with database.read() as tx:
                person = await people.by_name(tx, name)
            if person is None:
                raise ValueError(f"there is no account {name}; `shohay user list` shows them all")
            await addresses.link(database, _SLACK, slack, person)
        out.print(f"{slack} in Slack is {person.name}.")

    try:
        guarded(job, loaded)
    except ValueError as error:
        fail(f"{str(error)[:1].upper()}{str(error)[1:]}.")


@commands.command("unlink")
def unlink_user(slack: Annotated[str, typer.Option(help="workspace and member id of Slack, T…:U…")]) -> None:
    """Who writes in Slack under this id is nobody's account any more."""
    loaded = configured()

    async def job() -> None:
        async with schema.opened(loaded.database_url) as database:
            known = await addresses.unlink(database, _SLACK, slack)
        out.print(f"{slack} in Slack is nobody's account {'any more' if known else 'anyway'}.")

    guarded(job, loaded)
