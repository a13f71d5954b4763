"""The demo's mailbox: what the shop would have sent by e-mail, for whoever tries the demo."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.shop.tables import mails
from handoff.database import Database

TEMPLATES = Path(__file__).with_name("demo_shop")


def router(database: Database) -> APIRouter:
    """The page `/mailbox`; only for demo mode, since it shows everybody's letters to anybody."""
    routes = APIRouter()
    show = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)

    @routes.get("/mailbox", include_in_schema=False)
    async def mailbox() -> HTMLResponse:
        async with database.read() as tx:
            letters = await tx.rows(sa.select(mails).order_by(mails.c.at.desc(), mails.c.id.desc()))
        page = show.get_template("mailbox.html").render(letters=letters)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    return routes
