"""The desk's JSON API under `/api/desk`, as docs/api.md gives it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from handoff import access, events, ownership, people, privacy
from handoff.clock import now as clock_now
from handoff.conversations import Refused
from handoff.desk import views
from handoff.inbox import MAX_TEXT
from handoff.services import Services

HEARTBEAT_SECONDS = 15


class Login(BaseModel):
    name: str = Field(max_length=60)
    password: str = Field(max_length=200)


class Reply(BaseModel):
    text: str = Field(max_length=MAX_TEXT)
    private: bool = False


class Transfer(BaseModel):
    agent: str | None = Field(default=None, max_length=60, description="name of the agent; none puts it in the queue")


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
        await access.session(database, request)
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        await people.sign_out(
            database, bearer if scheme.lower() == "bearer" else request.cookies.get(access.COOKIE, "")
        )
        response.delete_cookie(access.COOKIE)

    @routes.get("/me")
    async def me(request: Request) -> dict[str, str]:
        session = await access.session(database, request)
        person = session.person
        return {
            "id": person.id,
            "name": person.name,
            "display_name": person.display_name,
            "role": person.role,
            "csrf_token": session.csrf_token,
        }

    @routes.get("/agents")
    async def agents(request: Request) -> dict[str, list[dict[str, str]]]:
        await access.desk_person(database, request)
        async with database.read() as tx:
            found = await people.everyone(tx)
        desk = [person for person in found if person.role in access.DESK_ROLES]
        return {"agents": [{"name": person.name, "display_name": person.display_name} for person in desk]}

    @routes.get("/conversations")
    async def conversations(
        request: Request,
        status: Literal["queued", "assigned", "bot", "resolved"] | None = None,
        q: Annotated[str, Query(max_length=200)] = "",
        after: Annotated[str | None, Query(max_length=20)] = None,
    ) -> dict[str, Any]:
        await access.desk_person(database, request)
        async with database.read() as tx:
            return await views.conversation_list(tx, views.Filter(status=status, search=q.strip()), after)

    @routes.get("/conversations/{conversation_id}")
    async def conversation(request: Request, conversation_id: str) -> dict[str, Any]:
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/claim")
    async def claim(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        await ownership.claim(services, conversation_id, person)
        return await _detail(request, conversation_id)

    @routes.post("/conversations/{conversation_id}/messages", status_code=201)
    async def reply(
        request: Request,
        response: Response,
        conversation_id: str,
        body: Reply,
        idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
    ) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        text = body.text.strip()
        if not privacy.has_content(text):
            raise Refused("empty", "The message is empty; please write something.")
        message, new = await ownership.reply(services, conversation_id, person, text, body.private, idempotency_key)
        if not new:
            response.status_code = 200
        return views.message_json(message)

    @routes.post("/conversations/{conversation_id}/transfer")
    async def transfer(request: Request, conversation_id: str, body: Transfer) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        to = None
        if body.agent is not None:
            async with database.read() as tx:
                to = await people.by_name(tx, body.agent)
            if to is None or to.role not in access.DESK_ROLES:
                raise Refused("unknown_agent", f"Nobody at the desk is called {body.agent}.")
        await ownership.transfer(services, conversation_id, person, to)
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

    @routes.get("/events")
    async def watch(request: Request, last_event_id: Annotated[int | None, Header(ge=0)] = None) -> EventSourceResponse:
        await access.desk_person(database, request)
        if last_event_id is None:
            async with database.read() as tx:
                last_event_id = await events.latest_id(tx)
        return EventSourceResponse(_watch(services, last_event_id), ping=HEARTBEAT_SECONDS)

    async def _detail(request: Request, conversation_id: str) -> dict[str, Any]:
        person = await access.desk_person(database, request)
        async with database.read() as tx:
            found = await access.conversation(tx, person, conversation_id)
            return await views.conversation_detail(tx, found, clock_now())

    return routes


async def _watch(services: Services, last_id: int) -> AsyncIterator[ServerSentEvent]:
    """Every event since `last_id`, then each as it comes; the pages fetch anew what an event names."""
    signals = services.database.signals.subscribe("events")
    try:
        while True:
            async with services.database.read() as tx:
                found = await events.after(tx, last_id)
            for event in found:
                last_id = event.id
                data = {"conversation_id": event.conversation_id, "public": event.public, **event.payload}
                yield ServerSentEvent(data=json.dumps(data), event=event.kind, id=str(event.id))
            if not found:
                await signals.wait(2.0)
    finally:
        signals.close()
