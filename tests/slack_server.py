"""A Slack on the loopback: the Web API, files, OAuth and Socket Mode as docs.slack.dev has them; it can misbehave.

It runs in a thread of its own, so that tests with and without an event loop, and programs in other processes, use it
alike. What Slack sends to us is in `slack_events.py`, what it refuses of blocks in `slack_blocks.py`.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web
from slack_blocks import wrong_with

Raw = dict[str, Any]

BOT_TOKEN = "xoxb-only-for-tests"
APP_TOKEN = "xapp-only-for-tests"
CLIENT_ID, CLIENT_SECRET = "1234.5678", "client-secret-only-for-tests"
# longer is refused; docs.slack.dev/reference/methods/chat.postMessage
MAX_TEXT = 40_000

# how a client shows its id and secret
_BASIC = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()

DROP = "takes the call and hangs up without an answer"
CUT = "hangs up without taking the call"
HANG = "takes the call and never answers"
GARBAGE = "takes the call and answers something that is not JSON"


@dataclass(frozen=True)
class Throttled:
    """429, with the seconds that it asks for."""

    seconds: int


# what a call gets instead of its answer: one of the words above, 429, an HTTP status, or the name of an error
Answer = str | int | Throttled


@dataclass(frozen=True)
class Workspace:
    """A workspace in which the app is installed."""

    team: str = "T0NODI"
    name: str = "Nodi Store"
    bot_user: str = "U0SHOHAY"
    bot_id: str = "B0SHOHAY"
    token: str = BOT_TOKEN


@dataclass(frozen=True)
class Call:
    """One request as it came, whatever became of it."""

    method: str
    arguments: Raw
    token: str
    at: float
    address: str = ""


@dataclass
class Message:
    """A message that Slack took: from the app, or from a member, `by`, who alone can delete it."""

    team: str
    channel: str
    ts: str
    text: str
    blocks: list[Raw]
    thread_ts: str | None
    at: float
    user: str | None = None
    deleted: bool = False
    edits: int = 0
    files: list[tuple[str, bytes]] = field(default_factory=list)
    metadata: Raw = field(default_factory=dict)
    by: str | None = None

    @property
    def buttons(self) -> list[Raw]:
        """Those that can be pressed now."""
        rows = [block["elements"] for block in self.blocks if block["type"] == "actions"]
        return [one for row in rows for one in row if one["type"] == "button"]

    @property
    def shown(self) -> str:
        """All words that stand in its blocks; its text when it has none."""
        if not self.blocks:
            return self.text
        found = []
        for block in self.blocks:
            found += [block[key]["text"] for key in ("text",) if key in block]
            found += [one["text"] for one in block.get("fields", ())]
            found += [one["text"] for one in block.get("elements", ()) if isinstance(one.get("text"), str)]
        return "\n".join(found)


@dataclass
class Upload:
    """A file on its way from the app; nobody sees it before it is shared."""

    name: str
    length: int
    content: bytes | None = None
    shares: Raw = field(default_factory=dict)


@dataclass
class _Planned:
    method: str
    answer: Answer | None
    channel: str | None


@dataclass
class SlackServer:
    """Its log and what it is told to do.

    Attributes:
        url: its address; the Web API is at `<url>/api/`, which is what our setting names.
        calls: every request of the Web API in the order in which they came, refused ones too.
        messages: what was posted, in order; ephemeral ones have a `user`.
        responses: bodies that came to response URLs.
        reactions: (channel, ts, name) of each.
        files: content by file id; only somebody with the token of a workspace gets it.
        uploads: what the app has uploaded, by file id.
        shown_after: how many seconds after it was shared a file is in its channel; None is never.
        users: what `users.info` tells by id; see `introduce`.
        lacks: scopes that the app was not given.
        gone: channels that are no more, with the error that says so.
        seconds: how long every answer takes.
        per_second: messages a second that a channel takes before it says 429; None is any.
        acknowledged: ids of the Socket Mode envelopes that were acknowledged, in order.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    responses: list[Raw] = field(default_factory=list)
    reactions: list[tuple[str, str, str]] = field(default_factory=list)
    views: list[Raw] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    downloads: list[tuple[str, str]] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    shown_after: float | None = 0.0
    users: dict[str, Raw] = field(default_factory=dict)
    lacks: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)
    workspaces: dict[str, Workspace] = field(default_factory=lambda: {BOT_TOKEN: Workspace()})
    codes: dict[str, Workspace] = field(default_factory=dict)
    seconds: float = 0.0
    per_second: float | None = None
    acknowledged: list[str] = field(default_factory=list)
    _plans: list[_Planned] = field(default_factory=list)
    _moments: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _tickets: set[str] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def api(self) -> str:
        """The Web API's address, as our setting wants it."""
        return f"{self.url}/api/"

    def plan(self, method: str, *answers: Answer | None, channel: str | None = None) -> None:
        """The next calls of this method, to this channel when one is named, get these instead of an answer; None is
        the answer after all."""
        self._plans += [_Planned(method, answer, channel) for answer in answers]

    def write(self, channel: str, text: str, thread_ts: str, by: str) -> Message:
        """A member, or with `B…` another app, writes in a thread."""
        message = Message("T0NODI", channel, self.new_ts(), text, [], thread_ts, time.monotonic(), by=by)
        self.messages.append(message)
        return message

    def called(self, method: str) -> list[Call]:
        return [one for one in self.calls if one.method == method]

    def posted(self, channel: str | None = None, thread_ts: str | None = None) -> list[Message]:
        """What everybody sees there, in order; in a thread when one is named."""
        return [
            one
            for one in self.messages
            if one.user is None
            and not one.deleted
            and channel in (None, one.channel)
            and thread_ts in (None, one.thread_ts)
        ]

    def whispered(self, user: str) -> list[Message]:
        """What only this user was shown."""
        return [one for one in self.messages if one.user == user]

    def introduce(self, user: str, name: str = "", real_name: str = "", deleted: bool = False) -> None:
        """There is such a member; docs.slack.dev/reference/objects/user-object.

        Args:
            name: what they chose to be shown by; many chose nothing.
        """
        account = (name or real_name or user).lower().replace(" ", ".")
        profile = {
            "title": "",
            "phone": "",
            "real_name": real_name,
            "real_name_normalized": real_name,
            "display_name": name,
            "display_name_normalized": name,
            "status_text": "",
            "status_emoji": "",
            "email": f"{account}@nodi.example",
            "image_72": "https://avatars.example/72.png",
        }
        # who has left has little more than that
        rest = {} if deleted else {"color": "9f69e7", "tz": "Asia/Dhaka", "is_admin": False, "is_restricted": False}
        shown = {"id": user, "name": account, "deleted": deleted, "profile": profile, "is_bot": False, "updated": 1}
        self.users[user] = {**shown, **rest, **({"real_name": real_name} if real_name and not deleted else {})}

    def new_ts(self) -> str:
        """A moment that no other message of this Slack has."""
        return f"1700000000.{next(self._moments):06}"

    @property
    def connected(self) -> int:
        """Socket Mode connections that are open."""
        return sum(not socket.closed for socket in self._sockets)

    def emit(self, payload: Raw, kind: str = "events_api", envelope_id: str | None = None, retry: int = 0) -> str:
        """Sends an envelope over the newest Socket Mode connection; returns its id, by which it is acknowledged.

        Args:
            kind: `events_api` or `interactive`.
            envelope_id: of one that is sent again.
            retry: how many times it was sent before.
        """
        envelope_id = envelope_id or str(uuid4())
        body = {"envelope_id": envelope_id, "type": kind, "accepts_response_payload": kind == "interactive"}
        again = {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""} if kind == "events_api" else {}
        self._say({**body, **again, "payload": payload})
        return envelope_id

    def refresh(self) -> None:
        """Asks the newest Socket Mode connection to come back on another."""
        self._say({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "applink"}})

    def _say(self, body: Raw) -> None:
        socket = next(one for one in reversed(self._sockets) if not one.closed)
        asyncio.run_coroutine_threadsafe(socket.send_json(body), self._loop).result(5)

    # --- the Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments, token = await _read(request)
        self.calls.append(Call(method, arguments, token, time.monotonic(), str(request.rel_url)))
        await asyncio.sleep(self.seconds)
        planned = self._planned(method, arguments.get("channel") or arguments.get("channel_id"))
        if isinstance(planned, Throttled):
            return _throttled(planned.seconds)
        if isinstance(planned, int):
            return web.Response(status=planned, text="upstream trouble")
        if planned == CUT:
            return _hang_up(request)
        if planned not in (None, DROP, HANG, GARBAGE):
            return web.json_response({"ok": False, "error": planned})
        known = getattr(self, f"_{method.replace('.', '_')}", None)
        if known is None:
            return web.json_response({"ok": False, "error": "unknown_method", "req_method": method})
        answer = self._authorized(method, token, arguments) or known(self._workspace(method, token), arguments)
        if planned == DROP:
            return _hang_up(request)
        if planned == HANG:
            await asyncio.sleep(60)
        if planned == GARBAGE:
            return web.Response(text="<html>so sorry</html>", content_type="application/json")
        return _throttled(1) if answer.get("error") == "ratelimited" else web.json_response(answer)

    def _planned(self, method: str, channel: Any) -> Answer | None:
        for one in self._plans:
            if one.method == method and one.channel in (None, channel):
                self._plans.remove(one)
                return one.answer
        return None

    def _workspace(self, method: str, token: str) -> Workspace:
        return self.workspaces.get(token, Workspace())

    def _authorized(self, method: str, token: str, arguments: Raw) -> Raw | None:
        if method == "oauth.v2.access":
            return None if token == _BASIC else {"ok": False, "error": "bad_client_secret"}
        if method == "apps.connections.open":
            return None if token == APP_TOKEN else {"ok": False, "error": "invalid_auth"}
        if not token:
            return {"ok": False, "error": "not_authed"}
        return None if token in self.workspaces else {"ok": False, "error": "invalid_auth"}

    def _auth_test(self, workspace: Workspace, _: Raw) -> Raw:
        return {
            "ok": True,
            "url": f"https://{workspace.team.lower()}.slack.com/",
            "team": workspace.name,
            "user": "shohay",
            "team_id": workspace.team,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "is_enterprise_install": False,
        }

    def _chat_postMessage(self, workspace: Workspace, given: Raw) -> Raw:
        problem = self._unpostable(given)
        if problem is not None:
            return problem
        channel = given["channel"]
        sent = [one for one in self.messages if one.channel == channel and one.user is None]
        if self.per_second is not None and sent and time.monotonic() - sent[-1].at < 0.95 / self.per_second:
            return {"ok": False, "error": "ratelimited"}
        message = self._keep(workspace, given)
        return {"ok": True, "channel": channel, "ts": message.ts, "message": _as_json(message, workspace)}

    def _chat_postEphemeral(self, workspace: Workspace, given: Raw) -> Raw:
        problem = self._unpostable(given)
        if problem is not None:
            return problem
        if not given.get("user"):
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "message_ts": self._keep(workspace, given).ts}

    def _chat_update(self, workspace: Workspace, given: Raw) -> Raw:
        problem = self._unpostable(given)
        message = self._find(workspace, given)
        if problem is not None or message is None:
            return problem or {"ok": False, "error": "message_not_found"}
        self._change(message, given)
        return {"ok": True, "channel": message.channel, "ts": message.ts, "text": message.text}

    def _conversations_history(self, workspace: Workspace, given: Raw) -> Raw:
        """Of a channel, without threads' replies; this Slack's clock stands still, so `oldest` is passed over."""
        channel = given.get("channel")
        return self._page(workspace, given, [one for one in self.posted(channel) if one.thread_ts is None][::-1])

    def _conversations_replies(self, workspace: Workspace, given: Raw) -> Raw:
        """Where the first message was deleted and others were not, what it was stands in its place."""
        channel, ts = given.get("channel"), given.get("ts")
        of_it = [one for one in self.messages if one.user is None and one.channel == channel]
        thread = [one for one in of_it if one.ts == ts or (one.thread_ts == ts and not one.deleted)]
        if str(channel) in self.gone:
            return _error(self, str(channel))
        if all(one.deleted for one in thread):
            return {"ok": False, "error": "thread_not_found"}
        return self._page(workspace, given, thread)

    def _page(self, workspace: Workspace, given: Raw, found: list[Message]) -> Raw:
        if str(given.get("channel")) in self.gone:
            return _error(self, str(given["channel"]))
        begin, size = int(given.get("cursor") or 0), int(given.get("limit") or 100)
        more = str(begin + size) if len(found) > begin + size else ""
        shown = str(given.get("include_all_metadata")).lower() in ("1", "true")
        return {
            "ok": True,
            "messages": [
                {**_as_json(one, workspace), **({"metadata": one.metadata} if shown and one.metadata else {})}
                for one in found[begin : begin + size]
            ],
            "has_more": bool(more),
            "response_metadata": {"next_cursor": more},
        }

    def _chat_delete(self, workspace: Workspace, given: Raw) -> Raw:
        message = self._find(workspace, given)
        if str(given.get("channel")) in self.gone:
            return _error(self, str(given["channel"]))
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        if message.by is not None:
            return {"ok": False, "error": "cant_delete_message"}
        message.deleted = True
        return {"ok": True, "channel": message.channel, "ts": message.ts}

    def _conversations_info(self, workspace: Workspace, given: Raw) -> Raw:
        channel = str(given.get("channel"))
        if channel in self.gone:
            archived = self.gone[channel] == "is_archived"
            return {"ok": True, "channel": {"id": channel, "is_archived": True}} if archived else _error(self, channel)
        direct = channel.startswith("D")
        shown = {"id": channel, "is_im": direct, "is_channel": not direct, "is_member": True, "is_archived": False}
        return {"ok": True, "channel": {**shown, "context_team_id": workspace.team}}

    def _conversations_open(self, _: Workspace, given: Raw) -> Raw:
        users = str(given.get("users") or "")
        return (
            {"ok": True, "channel": {"id": f"D{users[1:]}"}}
            if users
            else {"ok": False, "error": "users_list_not_supplied"}
        )

    def _conversations_join(self, _: Workspace, given: Raw) -> Raw:
        channel = str(given.get("channel"))
        return _error(self, channel) if channel in self.gone else {"ok": True, "channel": {"id": channel}}

    def _users_info(self, workspace: Workspace, given: Raw) -> Raw:
        if "users:read" in self.lacks:
            return {"ok": False, "error": "missing_scope", "needed": "users:read", "provided": "chat:write,im:history"}
        user = self.users.get(str(given.get("user")))
        if user is None:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "user": {"team_id": workspace.team, **user}}

    def _users_lookupByEmail(self, _: Workspace, given: Raw) -> Raw:
        for user in self.users.values():
            if user.get("profile", {}).get("email") == given.get("email"):
                return {"ok": True, "user": user}
        return {"ok": False, "error": "users_not_found"}

    def _reactions_add(self, _: Workspace, given: Raw) -> Raw:
        made = (str(given.get("channel")), str(given.get("timestamp")), str(given.get("name")))
        if made in self.reactions:
            return {"ok": False, "error": "already_reacted"}
        self.reactions.append(made)
        return {"ok": True}

    def _files_info(self, _: Workspace, given: Raw) -> Raw:
        name = str(given.get("file"))
        upload = self.uploads.get(name)
        if upload is not None:
            return {"ok": True, "file": {"id": name, "size": upload.length, "shares": upload.shares}}
        if name not in self.files:
            return {"ok": False, "error": "file_not_found"}
        return {"ok": True, "file": {"id": name, "size": len(self.files[name]), "url_private": self.file_url(name)}}

    def _files_getUploadURLExternal(self, _: Workspace, given: Raw) -> Raw:
        name, length = str(given.get("filename") or ""), int(given.get("length") or 0)
        if not name or length < 1:
            return {"ok": False, "error": "invalid_arguments"}
        file_id = f"F0SENT{len(self.uploads):03}"
        self.uploads[file_id] = Upload(name, length)
        return {"ok": True, "upload_url": f"{self.url}/upload/v1/{file_id}", "file_id": file_id}

    def _files_completeUploadExternal(self, workspace: Workspace, given: Raw) -> Raw:
        named, channel = given.get("files") or [], str(given.get("channel_id") or "")
        found = [self.uploads.get(one["id"]) for one in named]
        if not found or any(one is None or one.content is None for one in found):
            return {"ok": False, "error": "file_not_found"}
        if channel in self.gone:
            return _error(self, channel)
        if not channel.startswith(("C", "D", "G")):
            return {"ok": False, "error": "channel_not_found"}
        if self.shown_after is not None:
            uploads = [one for one in found if one is not None]
            shared = {"channel": channel, "thread_ts": given.get("thread_ts"), "text": given.get("initial_comment")}
            asyncio.get_running_loop().call_later(self.shown_after, self._share, workspace, shared, uploads)
        return {"ok": True, "files": [{"id": one["id"], "title": one.get("title")} for one in named]}

    def _share(self, workspace: Workspace, shared: Raw, uploads: list[Upload]) -> None:
        message = self._keep(workspace, shared)
        message.files = [(one.name, one.content or b"") for one in uploads]
        seen = "public" if message.channel.startswith("C") else "private"
        for one in uploads:
            one.shares = {seen: {message.channel: [{"ts": message.ts}]}}

    def file_url(self, name: str) -> str:
        """Where the file lies; the token of a workspace opens it."""
        return f"{self.url}/files-pri/T0NODI-{name}/download/{name}"

    def _views_open(self, _: Workspace, given: Raw) -> Raw:
        if not given.get("trigger_id"):
            return {"ok": False, "error": "invalid_arguments"}
        self.views.append(given)
        return {"ok": True, "view": {"id": f"V{len(self.views)}"}}

    def _oauth_v2_access(self, _: Workspace, given: Raw) -> Raw:
        workspace = self.codes.pop(str(given.get("code")), None)
        if workspace is None:
            return {"ok": False, "error": "invalid_code"}
        self.workspaces[workspace.token] = workspace
        return {
            "ok": True,
            "app_id": "A0SHOHAY",
            "authed_user": {"id": "U0ADMIN"},
            "scope": "app_mentions:read,chat:write,im:history",
            "token_type": "bot",
            "access_token": workspace.token,
            "bot_user_id": workspace.bot_user,
            "team": {"id": workspace.team, "name": workspace.name},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _apps_connections_open(self, _: Workspace, __: Raw) -> Raw:
        ticket = str(uuid4())
        self._tickets.add(ticket)
        return {"ok": True, "url": f"{self.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id=A0SHOHAY"}

    def _unpostable(self, given: Raw) -> Raw | None:
        channel = str(given.get("channel") or "")
        if channel in self.gone:
            return _error(self, channel)
        if not channel.startswith(("C", "D", "G", "U")):
            return {"ok": False, "error": "channel_not_found"}
        if not given.get("text") and not given.get("blocks"):
            return {"ok": False, "error": "no_text"}
        if len(str(given.get("text") or "")) > MAX_TEXT:
            return {"ok": False, "error": "msg_too_long"}
        problems = wrong_with(given.get("blocks") or [])
        if problems:
            return {"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": problems}}
        return None

    def _keep(self, workspace: Workspace, given: Raw) -> Message:
        message = Message(
            workspace.team,
            given["channel"],
            self.new_ts(),
            str(given.get("text") or ""),
            list(given.get("blocks") or []),
            given.get("thread_ts"),
            time.monotonic(),
            given.get("user"),
            metadata=dict(given.get("metadata") or {}),
        )
        self.messages.append(message)
        return message

    def _find(self, workspace: Workspace, given: Raw) -> Message | None:
        wanted = (workspace.team, given.get("channel"), given.get("ts"), False)
        return next((one for one in self.messages if (one.team, one.channel, one.ts, one.deleted) == wanted), None)

    def _change(self, message: Message, given: Raw) -> None:
        """What is not named stays as it is; a text alone takes the blocks away."""
        if given.get("text"):
            message.text = str(given["text"])
        if "blocks" in given or given.get("text"):
            message.blocks = list(given.get("blocks") or [])
        message.edits += 1

    # --- what is not the Web API

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A response URL of an interaction: `/response/<channel>/<ts>`."""
        body = await request.json()
        self.responses.append(body)
        message = self._find(Workspace(), dict(request.match_info))
        if body.get("replace_original") and message is not None:
            self._change(message, body)
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.downloads.append((name, token))
        planned = self._planned("download", None)
        if isinstance(planned, int):
            return web.Response(status=planned)
        if isinstance(planned, str) and planned.startswith("http"):
            return web.Response(status=302, headers={"Location": planned})
        if token not in self.workspaces:  # the sign-in page, as Slack does it
            return web.Response(text="<!DOCTYPE html><title>Sign in | Slack</title>", content_type="text/html")
        if name not in self.files:
            return web.Response(status=404)
        return web.Response(body=self.files[name], content_type="application/octet-stream")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        planned = self._planned("upload", None)
        if planned in (CUT, DROP):
            return _hang_up(request)
        if planned == HANG:
            await asyncio.sleep(60)
        upload, content = self.uploads.get(request.match_info["file"]), await request.read()
        if isinstance(planned, int):
            return web.Response(status=planned)
        if upload is None or len(content) != upload.length:
            return web.Response(status=400)
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self._sockets.append(socket)
        await socket.send_json(
            {"type": "hello", "num_connections": self.connected, "connection_info": {"app_id": "A0SHOHAY"}}
        )
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                with suppress(ValueError, KeyError, TypeError):
                    self.acknowledged.append(json.loads(message.data)["envelope_id"])
        return socket

    async def _serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_post("/api/{method}", self._api)
        application.router.add_get("/api/{method}", self._api)
        application.router.add_post("/response/{channel}/{ts}", self._respond)
        application.router.add_get("/files-pri/{team}/download/{name}", self._file)
        application.router.add_post("/upload/v1/{file}", self._upload)
        application.router.add_get("/link/", self._link)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        ready.set()
        await stop.wait()
        for socket in self._sockets:
            await socket.close()
        await runner.cleanup()


async def _read(request: web.Request) -> tuple[Raw, str]:
    """A call's arguments, from JSON, a form or the query, and its token, from the header or among them."""
    arguments: Raw = dict(request.query)
    if request.content_type == "application/json":
        arguments |= await request.json()
    elif request.method == "POST":
        arguments |= dict(await request.post())
    for name in ("blocks", "view", "metadata", "files"):
        if isinstance(arguments.get(name), str):
            arguments[name] = json.loads(arguments[name])
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    return arguments, token or str(arguments.pop("token", ""))


def _as_json(message: Message, workspace: Workspace) -> Raw:
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    if message.deleted:
        gone = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
        return {"type": "message", "ts": message.ts, "thread_ts": message.ts, **gone}
    body = {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks, **thread}
    if message.by is None:
        return {**body, "user": workspace.bot_user, "bot_id": workspace.bot_id, "team": workspace.team}
    author = {"bot_id": message.by} if message.by.startswith("B") else {"user": message.by}
    return {**body, **author, "team": workspace.team}


def _error(server: SlackServer, channel: str) -> Raw:
    return {"ok": False, "error": server.gone[channel]}


def _throttled(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


@contextmanager
def slack_server() -> Iterator[SlackServer]:
    """A Slack that listens until the block is left."""
    server = SlackServer()
    ready, stop = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: server._loop.run_until_complete(server._serve(ready, stop)), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield server
    server._loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    server._loop.close()
