"""The demo's mailbox: what the shop would have sent by e-mail, for whoever tries the demo."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.shop.tables import mail_files, mails
from handoff.database import Database

TEMPLATES = Path(__file__).with_name("demo_shop")


def router(database: Database) -> APIRouter:
    """The page `/mailbox` and the files in it; only for demo mode, since it shows everybody's letters to anybody."""
    routes = APIRouter()
    show = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)

    @routes.get("/mailbox", include_in_schema=False)
    async def mailbox() -> HTMLResponse:
        async with database.read() as tx:
            letters = await tx.rows(sa.select(mails).order_by(mails.c.at.desc(), mails.c.id.desc()))
            files = await tx.rows(
                sa.select(mail_files.c.id, mail_files.c.mail_id, mail_files.c.name).order_by(mail_files.c.id)
            )
        page = show.get_template("mailbox.html").render(letters=letters, files=files)
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    @routes.get("/mailbox/files/{id_}", include_in_schema=False)
    async def file(id_: str) -> Response:
        async with database.read() as tx:
            found = await tx.rows(sa.select(mail_files).where(mail_files.c.id == id_))
        if not found:
            raise HTTPException(404)
        # RFC 6266: names may have letters that a header has not
        attachment = f"attachment; filename*=UTF-8''{quote(found[0]['name'], safe='')}"
        headers = {"Cache-Control": "no-store", "Content-Disposition": attachment}
        kind, _ = guess_type(found[0]["name"])
        return Response(found[0]["content"], media_type=kind or "application/octet-stream", headers=headers)

    return routes
