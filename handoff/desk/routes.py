"""The desk's JSON API under `/api/desk`, as docs/api.md gives it."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Header, Path, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from handoff import (
    access,
    assignment,
    brief,
    dead_letters,
    events,
    file_names,
    files,
    ownership,
    people,
    pictures,
    presence,
    privacy,
    signs,
    uploads,
)
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.desk import views
from handoff.inbox import MAX_TEXT
from handoff.plain_text import storable
from handoff.services import Services
from handoff.streams import body_of, up_to

HEARTBEAT_SECONDS = 15
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}
# how far back signs are looked for: what another process has written meanwhile, by a clock that may differ
LATELY = timedelta(seconds=10)
# their bodies are read here piece by piece, up to limits of their own
PICTURE, FILES = "/api/desk/picture", "/api/desk/files"


Text = Annotated[str, AfterValidator(storable)]


class Login(BaseModel):
    name: Text = Field(max_length=60)
    password: Text = Field(max_length=200)


class Reply(BaseModel):
    text: Text = Field(default="", max_length=MAX_TEXT)
    private: bool = False
    file: Text | None = Field(default=None, max_length=36, description="id of an upload; words may then be missing")


class Transfer(BaseModel):
    agent: Text | None = Field(default=None, max_length=60, description="name of the agent; none puts it in the queue")
    team: Text | None = Field(default=None, max_length=40, description="whose queue; none keeps it with its team")
    note: Text = Field(default="", max_length=MAX_TEXT, description="for the desk only")


class Snooze(BaseModel):
    until: AwareDatetime | None = Field(description="when it comes back; null takes it up again now")


class Presence(BaseModel):
    available: bool = Field(description="whether new conversations may be given to you")


class Seen(BaseModel):
    seq: int = Field(ge=0, le=2**31 - 1, description="of the newest message that you have read")


class WrongPassword(Exception):
    """Name and password do not fit."""


def router(services: Services, secure_cookies: bool) -> APIRouter:
    """The routes, over these services.

    Args:
        secure_cookies: send the session cookie over HTTPS only.
    """
    routes = APIRouter(prefix="/api/desk", tags=["desk"])
    database = services.database

    @routes.post("/login")
    async def login(body: Login, response: Response) -> dict[str, str]:
        signed_in = await people.sign_in(database, body.name, body.password)
        if signed_in is None:
            raise WrongPassword
        token, session = signed_in
        if session.person.role in people.DESK_ROLES:
            await presence.seen(database, session.person.id)
        response.set_cookie(
            access.COOKIE,
            token,
            max_age=int(people.SESSION_LIFE.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=secure_cookies,
        )
        return {
            "token": token,
            "csrf_token": session.csrf_token,
            "role": session.person.role,
            "display_name": session.person.display_name,
        }

    @routes.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        session = await access.session(database, request)
        async with database.write() as tx:
            await people.sign_out(tx, access.token(request)[0])
            await presence.left(tx, session.person.id)
        response.delete_cookie(access.COOKIE)

    @routes.get("/me")
    async def me(request: Request) -> dict[str, str | None]:
        session = await access.session(database, request)
        person = session.person
        async with database.read() as tx:
            picture = (await pictures.paths(tx, [person.id])).get(person.id)
        return {
            "id": person.id,
            "name": person.name,
            "display_name": person.display_name,
            "role": person.role,
            "csrf_token": session.csrf_token,
            "picture": picture,
        }

    @routes.post("/picture", openapi_extra=body_of(*pictures.KINDS))
    async def set_picture(request: Request) -> dict[str, str]:
        person = await access.desk_person(database, request)
        return {
            "picture": await pictures.put(database, person.id, await up_to(request.stream(), pictures.MOST_BYTES + 1))
        }

    @routes.delete("/picture", status_code=204)
    async def take_picture_away(request: Request) -> None:
        person = await access.desk_person(database, request)
        await pictures.take_away(database, person.id)

    @routes.get("/agents")
    async def agents(request: Request) -> dict[str, Any]:
        await access.desk_person(database, request)
        async with database.read() as tx:
            return {"agents": [views.agent_json(agent) for agent in await presence.agents(tx, clock_now())]}

    @routes.get("/teams")
    async def teams(request: Request) -> dict[str, Any]:
        await access.desk_person(database, request)
        async with database.read() as tx:
            return {"teams": await views.teams(tx, services, clock_now())}

    @routes.post("/presence")
    async def set_presence(request: Request, body: Presence) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await presence.set_available(database, person.id, body.available)
        async with database.read() as tx:
            agent = await presence.agent(tx, person.id, clock_now())
        return views.agent_json(agent) if agent else {}

    @routes.post("/next", response_model=None, responses={204: {"description": "None suits you"}})
    async def take_next(request: Request) -> dict[str, Any] | Response:
        person = await access.desk_person(database, request)
        taken = await assignment.take_next(services, person)
        return await _detail(request, taken.id) if taken else Response(status_code=204)

    @routes.get("/conversations")
    async def conversations(
        request: Request,
        status: Literal["queued", "assigned", "bot", "resolved"] | None = None,
        q: Annotated[str, Query(max_length=200)] = "",
        team: Annotated[str | None, Query(max_length=40)] = None,
        late: bool = False,
        undelivered: bool = False,
        after: Annotated[str | None, Query(max_length=20)] = None,
    ) -> dict[str, Any]:
        await access.desk_person(database, request)
        teams = frozenset({team} if team else ())
        wanted = views.Filter(status=status, search=q.strip(), teams=teams, late=late, undelivered=undelivered)
        async with database.read() as tx:
            return await views.conversation_list(tx, wanted, after)

    @routes.get("/conversations/{conversation_id}")
    async def conversation(request: Request, conversation_id: str) -> dict[str, Any]:
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/claim")
    async def claim(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await ownership.claim(services, conversation_id, person)
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/takeover")
    async def take_over(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.supervisor(database, request)
        await ownership.take_over(services, conversation_id, person)
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/snooze")
    async def snooze(request: Request, conversation_id: str, body: Snooze) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await ownership.snooze(services, conversation_id, person, body.until)
        return await _detail(request, conversation_id)

    @routes.post(
        "/conversations/{conversation_id}/messages",
        status_code=201,
        responses={200: {"description": "This Idempotency-Key was here before; the same message"}},
    )
    async def reply(
        request: Request,
        response: Response,
        conversation_id: str,
        body: Reply,
        idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
    ) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        text = body.text.strip()
        if not privacy.has_content(text) and body.file is None:
            raise Refused("empty", "The message is empty; please write something.")
        message, new = await ownership.reply(
            services, conversation_id, person, text, body.private, idempotency_key, file=body.file
        )
        if not new:
            response.status_code = 200
        return views.message_json(message)

    @routes.post("/files", status_code=201, openapi_extra=body_of(files.MEDIA_TYPE))
    async def upload(
        request: Request,
        conversation: Annotated[Text, Query(max_length=36)] = "",
        x_file_name: Annotated[str, Header(max_length=file_names.MAX_HEADER)] = "",
    ) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await uploads.may_send(services, conversation, person)
        content = await up_to(request.stream(), files.MOST_BYTES + 1)
        name = urllib.parse.unquote(x_file_name)
        file = await uploads.take_from_desk(services, conversation, person, name, content)
        return file.uploaded()

    @routes.delete("/files/{file_id}", status_code=204)
    async def take_upload_back(request: Request, file_id: Annotated[Text, Path(max_length=36)]) -> None:
        person = await access.desk_person(database, request)
        await uploads.take_back(services, person, file_id)

    @routes.post("/conversations/{conversation_id}/typing", status_code=204)
    async def typing(request: Request, conversation_id: str, afterwards: BackgroundTasks) -> None:
        person = await access.desk_person(database, request)
        await ownership.typing(services, conversation_id, person)
        if services.shown is not None:
            async with database.read() as tx:
                where = await signs.address(tx, conversation_id)
            if where is not None:
                afterwards.add_task(services.shown.typing, *where)

    @routes.post("/conversations/{conversation_id}/seen", status_code=204)
    async def seen(request: Request, conversation_id: str, body: Seen) -> None:
        person = await access.desk_person(database, request)
        await ownership.seen(services, conversation_id, person, body.seq)

    @routes.post("/conversations/{conversation_id}/messages/{message_id}/resend")
    async def resend(request: Request, conversation_id: str, message_id: str) -> dict[str, Any]:
        await access.desk_person(database, request)
        message = await dead_letters.resend(database, conversation_id, message_id)
        return {**views.message_json(message), "delivery": "pending", "delivery_error": None}

    @routes.post("/conversations/{conversation_id}/transfer")
    async def transfer(request: Request, conversation_id: str, body: Transfer) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        to = None
        if body.agent is not None:
            async with database.read() as tx:
                to = await people.by_name(tx, body.agent)
            if to is None or to.role not in people.DESK_ROLES:
                raise Refused("unknown_agent", f"Nobody at the desk is called {body.agent}.")
        await ownership.transfer(services, conversation_id, person, to, body.team, body.note)
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/return")
    async def return_to_bot(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await ownership.return_to_bot(services, conversation_id, person)
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/resolve")
    async def resolve(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await ownership.resolve(services, conversation_id, person)
        return await _detail(request, conversation_id)

    @routes.get("/events", response_class=EventSourceResponse, responses=STREAM)
    async def watch(
        request: Request, last_event_id: Annotated[int | None, Header(ge=0, le=events.MOST)] = None
    ) -> EventSourceResponse:
        person = await access.desk_person(database, request)
        if last_event_id is None:
            async with database.watch() as tx:
                last_event_id = await events.latest_id(tx)
        stream = _watch(services, access.token(request)[0], person.id, last_event_id)
        return EventSourceResponse(stream, ping=HEARTBEAT_SECONDS)

    async def _detail(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        async with database.read() as tx:
            found = await access.conversation(tx, person, conversation_id)
            detail = await views.conversation_detail(tx, found, clock_now())
        detail["brief"]["order"] = await brief.order(services, detail["brief"]["known"])
        return detail

    return routes


async def _watch(services: Services, token: str, person_id: str, last_id: int) -> AsyncIterator[ServerSentEvent]:
    """Every event since `last_id`, then each as it comes; the pages fetch anew what an event names.

    Between them, without a place in their order, what is new of who is typing and who has read. As long as somebody
    reads all this, this person is at the desk. Ends soon after the session that `token` opened.
    """
    wakes = services.database.signals.subscribe("events")
    beat = clock_now()
    known: dict[str, signs.Signs] = {}
    try:
        while True:
            if clock_now() - beat >= presence.BEAT:
                beat = clock_now()
                if not await access.still_open(services.database, token):
                    return
                await presence.seen(services.database, person_id)
            async with services.database.watch() as tx:
                found = await events.after(tx, last_id)
                shown = await signs.changed_since(tx, clock_now() - LATELY)
            for event in found:
                last_id = event.id
                data = {"conversation_id": event.conversation_id, "public": event.public, **event.payload}
                yield ServerSentEvent(data=json.dumps(data), event=event.kind, id=str(event.id))
            for conversation_id, now in shown.items():
                if known.get(conversation_id) != now:
                    data = {"conversation_id": conversation_id, **views.signs_json(now)}
                    yield ServerSentEvent(data=json.dumps(data), event="signs")
            known = shown
            if not found:
                await wakes.wait(2.0)
    finally:
        wakes.close()
