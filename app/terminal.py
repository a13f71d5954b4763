"""What every command shares: where it writes, how it fails, its settings, and running a job to its end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer
import uvloop
from rich.console import Console

from app import logs, settings
from app.settings import BadSettings, Settings
from bot.content.errors import ContentError
from handoff.database import Database, DatabaseAway

out = Console()
err = Console(stderr=True)


def fail(message: str) -> NoReturn:
    """Ends the program with what is wrong and how to mend it."""
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(1)


def configured() -> Settings:
    """The settings, with the logs following them."""
    try:
        loaded = settings.load()
    except BadSettings as error:
        fail(str(error))
    logs.configure(loaded.log_level)
    return loaded


def guarded(job: Callable[[], Coroutine[Any, Any, None]], loaded: Settings) -> None:
    """Runs a job; what an engineer can mend is said in one sentence."""
    try:
        uvloop.run(job())
    except KeyboardInterrupt:
        return
    except DatabaseAway as error:
        shown = Database(loaded.database_url).url.render_as_string(hide_password=True)
        fail(f"The database {shown} cannot be used: {error}. Is it running, and is SHOHAY_DATABASE_URL right?")
    except (ContentError, BadSettings) as error:
        fail(str(error))
