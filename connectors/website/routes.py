"""The widget's API under `/api/website`, as docs/api.md gives it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi import Request as HttpRequest
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from connectors import inbound
from connectors.base import Forged, Request
from connectors.website import voucher
from connectors.website.connector import CHANNEL, Website
from handoff import absence, events, inbox, queue, store, vouching
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.conversations import Conversation
from handoff.database import Transaction
from handoff.messages import Message
from handoff.services import Services

HEARTBEAT_SECONDS = 15
PAGE = 200
LOOK_AGAIN_SECONDS = 2.0
# others leave the queue without any event of this conversation
COUNT_AGAIN = timedelta(seconds=4)
WIDGET = Path(__file__).with_name("widget.js")
# any page may load it; what it may then ask for is decided by SHOHAY_ALLOWED_ORIGINS
WIDGET_HEADERS = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}

Labels = Callable[[], Mapping[str, Any]]
Ready = Callable[[], bool]


class NewSession(BaseModel):
    language: str | None = Field(default=None, max_length=20)


class SignIn(BaseModel):
    voucher: str = Field(max_length=2000)


class LanguageChoice(BaseModel):
    language: str = Field(max_length=20)


_MESSAGE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["client_id"],
                    "properties": {
                        "client_id": {"type": "string", "maxLength": 100},
                        "text": {"type": "string", "maxLength": inbox.MAX_TEXT},
                        "payload": {"type": "string", "description": "of a button that was offered"},
                    },
                }
            }
        },
    }
}


def router(services: Services, website: Website, labels: Labels, ready: Ready, vouching_secret: str = "") -> APIRouter:
    """The routes, over these services.

    Args:
        labels: what the widget itself says, by language.
        ready: whether the bot can answer now.
        vouching_secret: what a shop signs its vouchers with; without one nobody can be vouched for.
    """
    routes = APIRouter(tags=["website"])
    database = services.database

    @routes.get("/widget.js", include_in_schema=False)
    async def widget() -> FileResponse:
        return FileResponse(WIDGET, media_type="text/javascript", headers=WIDGET_HEADERS)

    @routes.get("/api/website/labels")
    async def widget_labels() -> Mapping[str, Any]:
        return labels()

    @routes.post("/api/website/sessions", status_code=201)
    async def open_session(body: NewSession) -> dict[str, str]:
        address, token = website.new_visitor()
        conversation = await inbox.open_session(services, CHANNEL, address, body.language)
        return {"token": token, "conversation_id": conversation.id, "language": conversation.language}

    @routes.post("/api/website/language")
    async def choose_language(request: HttpRequest, body: LanguageChoice) -> dict[str, str]:
        address = website.verify(await _plain(request, body=False))
        conversation = await inbox.choose_language(services, CHANNEL, address, body.language)
        return {"language": conversation.language}

    if vouching_secret:

        @routes.post("/api/website/identity")
        async def sign_in(request: HttpRequest, body: SignIn) -> dict[str, str | None]:
            address = website.verify(await _plain(request, body=False))
            said = voucher.read(vouching_secret, body.voucher, clock_now())
            conversation = await vouching.vouch(
                services, CHANNEL, address, said.customer_id, said.email, said.nonce, said.expires
            )
            return {"id": conversation.customer_id, "email": conversation.customer_email}

    @routes.post("/api/website/messages", status_code=201, openapi_extra=_MESSAGE_BODY)
    async def send(request: HttpRequest, response: Response) -> dict[str, Any]:
        received = await inbound.take_in(services, website, await _plain(request))
        if not received:
            raise inbox.Erased
        if not received[0].new:
            response.status_code = 200
        return {"id": received[0].message.id, "seq": received[0].message.seq}

    @routes.get("/api/website/messages")
    async def messages(request: HttpRequest, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> dict[str, Any]:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
            said = await store.transcript(tx, conversation.id, after=after, limit=PAGE)
            status = await _status(tx, services, conversation)
        return {"messages": [message_json(message) for message in said], **status, "ready": ready()}

    @routes.get("/api/website/events")
    async def watch(
        request: HttpRequest, last_event_id: Annotated[int | None, Header(ge=0)] = None
    ) -> EventSourceResponse:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
            if last_event_id is None:
                last_event_id = await events.latest_id(tx, conversation.id)
        stream = _watch(services, conversation.id, last_event_id, ready)
        return EventSourceResponse(stream, ping=HEARTBEAT_SECONDS)

    return routes


def message_json(message: Message) -> dict[str, Any]:
    """A message as its customer sees it: nothing of what the bot thought, nothing private."""
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_name": message.author_name,
        "text": message.text,
        "buttons": [button.as_json() for button in message.buttons],
        "language": message.language,
        "created_at": iso(message.created_at),
    }


async def _watch(
    services: Services, conversation_id: str, last_id: int, ready: Ready
) -> AsyncIterator[ServerSentEvent]:
    """The conversation's public events since `last_id`, then each as it comes; first of all, how things stand, and
    again when the customer's place in the queue is another."""
    signals = services.database.signals.subscribe(events.topic(conversation_id), "ready")
    was_ready: bool | None = None
    known: dict[str, Any] = {}
    counted = clock_now()
    try:
        while True:
            is_ready = ready()
            recount = known.get("status") == "queued" and clock_now() - counted >= COUNT_AGAIN
            async with services.database.read() as tx:
                found = await events.after(tx, last_id, conversation_id, PAGE)
                ids = [event.payload["message_id"] for event in found if event.kind == "message"]
                said = await store.messages_by_id(tx, ids) if ids else {}
                look = bool(found) or is_ready != was_ready or recount
                stands = await _stands(tx, services, conversation_id) if look else {}
            counted = clock_now() if look else counted
            told = any(event.kind == "status" for event in found)
            if stands is None:
                return  # erased; asking again, the widget hears that its session is over
            if is_ready != was_ready or (stands and not told and _place(stands) != _place(known)):
                was_ready, known = is_ready, stands
                yield _event("status", {**stands, "ready": is_ready})
            for event in found:
                last_id = event.id
                if event.kind == "status":
                    known = stands
                    yield _event("status", {**stands, "ready": is_ready}, event.id)
                elif event.kind == "message" and event.payload["message_id"] in said:  # else erased since
                    yield _event("message", message_json(said[event.payload["message_id"]]), event.id)
            if is_ready and stands.get("status") == "bot" and said and _newest(said).author == "customer":
                yield _event("typing", {"author": "bot", "active": True})
            if len(found) < PAGE:
                await signals.wait(LOOK_AGAIN_SECONDS)
    finally:
        signals.close()


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(
        data=json.dumps(data, ensure_ascii=False), event=kind, id=None if number is None else str(number)
    )


def _place(stands: Mapping[str, Any]) -> tuple[object, ...]:
    """What a customer who waits is to hear of when it changes."""
    return stands.get("status"), stands.get("queue_position"), stands.get("expected_wait_minutes") is None


def _newest(said: Mapping[str, Message]) -> Message:
    return max(said.values(), key=lambda message: message.seq)


async def _stands(tx: Transaction, services: Services, conversation_id: str) -> dict[str, Any] | None:
    conversation = await store.get(tx, conversation_id)
    return await _status(tx, services, conversation) if conversation else None


async def _conversation(tx: Transaction, address: str) -> Conversation:
    conversation = await store.of_identity(tx, CHANNEL, address)
    if conversation is None:
        raise Forged("This chat is unknown; please start a new one.")
    return conversation


async def _status(tx: Transaction, services: Services, conversation: Conversation) -> dict[str, Any]:
    place = await queue.position(tx, conversation) if conversation.status == "queued" else None
    wait, now = None, clock_now()
    if place is not None and (await absence.look(tx, services, conversation.team, now)).there:
        wait = await queue.expected_wait(tx, conversation, place, now)
    return {
        "status": conversation.status,
        "queue_position": place,
        "expected_wait_minutes": wait,
        "agent_name": await store.agent_name(tx, conversation),
    }


async def _plain(request: HttpRequest, body: bool = True) -> Request:
    return Request(
        await request.body() if body else b"", {name.lower(): value for name, value in request.headers.items()}
    )
