"""Who somebody of another channel is at the desk: they are given a link there, and confirm it here, signed in.

A link can be handed on, so the page says whose address it is, and nothing happens before it is confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import BaseModel, Field

from handoff import access, addresses, people
from handoff.conversations import Refused
from handoff.desk import templating
from handoff.services import Services

VALID_SECONDS = 600
PATH = "/desk/link"
MAX_TOKEN = 2000
MAX_NAME = 80


@dataclass(frozen=True)
class Claimed:
    """An address of a channel, with the name that its owner goes by there."""

    channel: str
    address: str
    name: str


class Links:
    """Makes and reads the links' tokens, good for ten minutes."""

    def __init__(self, secret: str) -> None:
        self._signed = URLSafeTimedSerializer(secret, salt="shohay desk link")

    def token(self, channel: str, address: str, name: str) -> str:
        """What stands for this address in a link."""
        return self._signed.dumps([channel, address, name[:MAX_NAME]])

    def read(self, token: str) -> Claimed | None:
        """Whose link it is; None when it is not ours or too old."""
        try:
            return Claimed(*self._signed.loads(token, max_age=VALID_SECONDS))
        except BadData:
            return None


class Confirmation(BaseModel):
    token: str = Field(max_length=MAX_TOKEN)


def router(services: Services, links: Links) -> APIRouter:
    """The page and what its button does."""
    routes = APIRouter(include_in_schema=False)
    database = services.database
    show = templating.environment()

    def page(template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        return HTMLResponse(show.get_template(template).render(values), status, headers={"Cache-Control": "no-store"})

    @routes.get(PATH)
    async def link(request: Request, token: str = "") -> HTMLResponse:
        try:
            session = await access.session(database, request)
        except access.NotSignedIn:
            return page("sign_in.html")
        if session.person.role not in people.DESK_ROLES:
            return page("no_access.html", 403, me=session.person, csrf_token=session.csrf_token)
        claimed = links.read(token[:MAX_TOKEN])
        status = 200 if claimed else 410
        return page("link.html", status, me=session.person, csrf_token=session.csrf_token, claimed=claimed, token=token)

    @routes.post("/api/desk/link", status_code=204)
    async def confirm(request: Request, body: Confirmation) -> None:
        person = await access.desk_person(database, request)
        claimed = links.read(body.token)
        if claimed is None:
            raise Refused("bad_link", "This link is too old or not whole; ask for a new one where it came from.")
        await addresses.link(database, claimed.channel, claimed.address, person)

    return routes
