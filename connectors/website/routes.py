"""The widget's API under `/api/website`, as docs/api.md gives it."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi import Request as HttpRequest
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from connectors import inbound
from connectors.base import Forged, Request, is_text
from connectors.website import voucher
from connectors.website.bundle import bundle
from connectors.website.connector import CHANNEL, MAX_FILE_ID, Website
from handoff import absence, choices, events, file_names, files, inbox, pictures, queue, signs, store, uploads, vouching
from handoff.clock import iso
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.messages import Message
from handoff.services import Services
from handoff.streams import body_of, up_to

HEARTBEAT_SECONDS = 15
PAGE = 200
# its bodies are read here piece by piece, up to a limit of their own
UPLOADS = "/api/website/files"
LOOK_AGAIN_SECONDS = 2.0
# others leave the queue without any event of this conversation
COUNT_AGAIN = timedelta(seconds=4)
# any page may load it; what it may then ask for is decided by SHOHAY_ALLOWED_ORIGINS
WIDGET_HEADERS = {
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}
# whatever it is, it may do nothing; a new picture has a new address
PICTURE_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}

Labels = Callable[[], Mapping[str, Any]]
Ready = Callable[[], bool]


class NewSession(BaseModel):
    language: str | None = Field(default=None, max_length=20)


class SignIn(BaseModel):
    voucher: str = Field(max_length=2000)


class LanguageChoice(BaseModel):
    language: str = Field(max_length=20)


class Seen(BaseModel):
    seq: int = Field(ge=0, le=2**31 - 1, description="of the newest message that the customer has before their eyes")


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
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "maxLength": MAX_FILE_ID},
                            "maxItems": files.MOST_FILES,
                            "description": "ids of uploaded files",
                        },
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

    script = bundle()

    @routes.get("/widget.js", include_in_schema=False)
    async def widget(
        if_none_match: Annotated[str, Header()] = "", accept_encoding: Annotated[str, Header()] = ""
    ) -> Response:
        # weak: both encodings of it are the same script
        headers = WIDGET_HEADERS | {"ETag": f"W/{script.etag}"}
        if script.etag in if_none_match:
            return Response(status_code=304, headers=headers)
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(script.zipped, media_type="text/javascript", headers=headers)
        return Response(script.plain, media_type="text/javascript", headers=headers)

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
            vouched = await vouching.vouch(
                services, CHANNEL, address, said.customer_id, said.email, said.nonce, said.expires
            )
            conversation = vouched.conversation
            known = {"id": conversation.customer_id, "email": conversation.customer_email}
            if vouched.moved_to is None:
                return known
            return {**known, "token": website.token(vouched.moved_to), "conversation_id": conversation.id}

    @routes.post(
        "/api/website/messages",
        status_code=201,
        openapi_extra=_MESSAGE_BODY,
        responses={200: {"description": "This client_id was here before; the same answer"}},
    )
    async def send(request: HttpRequest, response: Response) -> dict[str, Any]:
        received = await inbound.take_in(services, website, await _plain(request))
        if not received:
            raise inbox.Erased
        if not received[0].new:
            response.status_code = 200
        return {"id": received[0].message.id, "seq": received[0].message.seq}

    @routes.post(UPLOADS, status_code=201, openapi_extra=body_of(files.MEDIA_TYPE))
    async def upload(
        request: HttpRequest, x_file_name: Annotated[str, Header(max_length=file_names.MAX_HEADER)] = ""
    ) -> dict[str, Any]:
        address = website.verify(await _plain(request, body=False))
        name = urllib.parse.unquote(x_file_name)
        file = await uploads.take(services, CHANNEL, address, name, await _content(request))
        return file.uploaded()

    @routes.get("/api/website/messages")
    async def messages(request: HttpRequest, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> dict[str, Any]:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
            said = await store.transcript(tx, conversation.id, after=after, limit=PAGE)
            status = await _status(tx, services, conversation)
            known = await signs.of(tx, conversation.id)
            faces = await _faces(tx, said)
        return {
            "messages": [message_json(message, faces) for message in said],
            **status,
            "agent_seen": known.agent_seen,
            "ready": ready(),
        }

    @routes.get(
        "/api/website/agents/{person_id}/picture",
        response_class=Response,
        responses={200: {"content": {kind: {} for kind in pictures.KINDS}}},
    )
    async def picture(person_id: Annotated[str, Path(max_length=36)]) -> Response:
        async with database.read() as tx:
            found = await pictures.of(tx, person_id) if is_text(person_id) else None
        if found is None:
            raise HTTPException(404)
        return Response(found.content, media_type=found.type, headers=PICTURE_HEADERS)

    @routes.post("/api/website/typing", status_code=204)
    async def typing(request: HttpRequest) -> None:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
        await signs.typing(database, conversation.id, "customer")

    @routes.post("/api/website/seen", status_code=204)
    async def seen(request: HttpRequest, body: Seen) -> None:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
        await signs.seen(database, conversation.id, "customer", body.seq)

    @routes.get(
        "/api/website/events",
        response_class=EventSourceResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def watch(
        request: HttpRequest, last_event_id: Annotated[int | None, Header(ge=0, le=events.MOST)] = None
    ) -> EventSourceResponse:
        address = website.verify(await _plain(request, body=False))
        async with database.read() as tx:
            conversation = await _conversation(tx, address)
            if last_event_id is None:
                last_event_id = await events.latest_id(tx, conversation.id)
        stream = _watch(services, conversation.id, last_event_id, ready)
        return EventSourceResponse(stream, ping=HEARTBEAT_SECONDS)

    return routes


def message_json(message: Message, faces: Mapping[str, str]) -> dict[str, Any]:
    """A message as its customer sees it: nothing of what the bot thought, nothing private.

    Args:
        faces: where the pictures of those who wrote are, by their ids.
    """
    return {
        "id": message.id,
        "seq": message.seq,
        "author": message.author,
        "author_name": message.author_name,
        "author_picture": faces.get(message.author_id or ""),
        "text": message.text,
        "buttons": [button.as_json() for button in message.buttons],
        "card": message.card.as_json() if message.card else None,
        "files": [file.as_json() for file in message.files],
        "language": message.language,
        "edited_at": iso(message.edited_at),
        "deleted": message.deleted,
        "created_at": iso(message.created_at),
    }


async def _watch(
    services: Services, conversation_id: str, last_id: int, ready: Ready
) -> AsyncIterator[ServerSentEvent]:
    """The conversation's public events since `last_id`, then each as it comes; first of all, how things stand, and
    again when the customer's place in the queue is another, or what they are asked for. Between them, whether an agent
    is typing and how far they have read, whenever that is another."""
    signals = services.database.signals.subscribe(events.topic(conversation_id), "ready")
    was_ready: bool | None = None
    known: dict[str, Any] = {}
    counted = clock_now()
    agent_seen, was_typing = 0, False
    try:
        while True:
            is_ready = ready()
            recount = known.get("status") == "queued" and clock_now() - counted >= COUNT_AGAIN
            async with services.database.read() as tx:
                found = await events.after(tx, last_id, conversation_id, PAGE)
                ids = [event.payload["message_id"] for event in found if event.kind == "message"]
                said = await store.messages_by_id(tx, ids) if ids else {}
                faces = await _faces(tx, said.values())
                look = bool(found) or is_ready != was_ready or recount
                stands = await _stands(tx, services, conversation_id) if look else {}
                shown = await signs.of(tx, conversation_id)
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
                    yield _event("message", message_json(said[event.payload["message_id"]], faces), event.id)
            if is_ready and stands.get("status") == "bot" and said and _newest(said).author == "customer":
                yield _event("typing", {"author": "bot", "active": True})
            typing_for = shown.typing_for("agent", clock_now())
            if (typing_for > 0) != was_typing:
                was_typing = typing_for > 0
                yield _event("typing", {"author": "agent", "active": was_typing})
            if shown.agent_seen != agent_seen:
                agent_seen = shown.agent_seen
                yield _event("seen", {"agent_seen": agent_seen})
            if len(found) < PAGE:
                await signals.wait(min(LOOK_AGAIN_SECONDS, typing_for) if was_typing else LOOK_AGAIN_SECONDS)
    finally:
        signals.close()


def _event(kind: str, data: dict[str, Any], number: int | None = None) -> ServerSentEvent:
    return ServerSentEvent(
        data=json.dumps(data, ensure_ascii=False), event=kind, id=None if number is None else str(number)
    )


def _place(stands: Mapping[str, Any]) -> tuple[object, ...]:
    """What a customer who waits is to hear of when it changes."""
    without_wait = stands.get("expected_wait_minutes") is None
    return stands.get("status"), stands.get("queue_position"), without_wait, stands.get("expects")


def _newest(said: Mapping[str, Message]) -> Message:
    return max(said.values(), key=lambda message: message.seq)


async def _faces(tx: Transaction, said: Iterable[Message]) -> dict[str, str]:
    return await pictures.paths(tx, (one.author_id for one in said))


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
        "expects": "contact" if choices.asks_contact(conversation) else None,
        "agent_name": await store.agent_name(tx, conversation),
        "agent_picture": (await pictures.paths(tx, [conversation.agent_id])).get(conversation.agent_id or ""),
    }


async def _plain(request: HttpRequest, body: bool = True) -> Request:
    return Request(
        await request.body() if body else b"", {name.lower(): value for name, value in request.headers.items()}
    )


async def _content(request: HttpRequest) -> bytes:
    """The body, read no further than a file may be long.

    Raises:
        Refused: `too_large`.
    """
    content = await up_to(request.stream(), files.MOST_BYTES + 1)
    if len(content) > files.MOST_BYTES:
        raise Refused("too_large", "The file is larger than 5 MB.")
    return content
