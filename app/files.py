"""Files that customers and agents sent, for both: to be saved, or shown within a page, never as a page."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from connectors.base import Forged, is_text
from connectors.base import Request as ConnectorRequest
from connectors.website.connector import CHANNEL, Website
from handoff import access, files
from handoff.access import Forbidden, NotSignedIn
from handoff.database import Database
from handoff.files import Kept

# what people sent each other, in no cache; and whatever it is, it may do nothing
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def router(database: Database, website: Website) -> APIRouter:
    """The route `/files/{id}`: for the customer with the token of the conversation that the file is in, for the desk's
    people with their session. Everybody else, and whoever asks for what is not here, hears the same."""
    routes = APIRouter(tags=["files"])

    @routes.get(
        "/files/{file_id}",
        response_class=Response,
        responses={200: {"content": {"*/*": {}}}, 404: {"description": "not here, or not for you"}},
    )
    async def file(request: Request, file_id: str) -> Response:
        kept = await _for(request, file_id)
        if kept is None:
            raise HTTPException(404)
        # RFC 6266: names may have letters that a header has not
        attachment = f"attachment; filename*=UTF-8''{quote(kept.file.name, safe='')}"
        return Response(kept.content, media_type=kept.file.type, headers={**HEADERS, "Content-Disposition": attachment})

    async def _for(request: Request, file_id: str) -> Kept | None:
        if not is_text(file_id):
            return None
        try:
            address = website.verify(ConnectorRequest(b"", {"authorization": request.headers.get("authorization", "")}))
        except Forged:
            return await _for_desk(request, file_id)
        async with database.read() as tx:
            return await files.for_customer(tx, file_id, CHANNEL, address)

    async def _for_desk(request: Request, file_id: str) -> Kept | None:
        try:
            await access.desk_person(database, request)
        except (NotSignedIn, Forbidden):
            return None
        async with database.read() as tx:
            return await files.for_desk(tx, file_id)

    return routes
