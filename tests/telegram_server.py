"""Telegram as a bot sees it: a real HTTP server on 127.0.0.1 that speaks the documented wire format, keeps a log, makes
trouble when it is told to, and has people in it who write and press.

It answers as https://core.telegram.org/bots/api says, with the descriptions that Telegram gives. Nothing of
python-telegram-bot is used here, so that its client meets somebody else.
"""

from __future__ import annotations

import io
import json
import random
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx
from PIL import Image
from telegram_markup import Unreadable, length, seen

TOKEN = "123456789:only-for-tests"
LONGEST_TEXT = 4096
LONGEST_DATA = 64
LARGEST_FILE = 20 * 1024 * 1024
LONGEST_CAPTION = 1024
LARGEST_PHOTO = 10 * 1024 * 1024
KEPT = 100
JSON_PARAMETERS = ("reply_markup", "allowed_updates", "link_preview_options", "commands", "scope")


@dataclass(frozen=True)
class Trouble:
    """What becomes of one call instead of its answer.

    Attributes:
        status: what is answered, with `description` and `parameters`; None is the line dropped without an answer.
        taken: whether it was done all the same.
        seconds: how long that takes.
        body: what is answered instead of Telegram's JSON.
    """

    status: int | None = 200
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    taken: bool = False
    seconds: float = 0.0
    body: bytes | None = None


def flood(seconds: int) -> Trouble:
    """429: too much for this chat, or for the bot."""
    return Trouble(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


BLOCKED = Trouble(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Trouble(403, "Forbidden: user is deactivated")
NO_CHAT = Trouble(400, "Bad Request: chat not found")
BAD_MARKUP = Trouble(400, "Bad Request: can't parse entities: unsupported start tag at byte offset 0")
BAD_BUTTON = Trouble(400, "Bad Request: BUTTON_URL_INVALID")
UNAUTHORIZED = Trouble(401, "Unauthorized")
BROKEN = Trouble(500, "Internal Server Error")
GATEWAY = Trouble(502, body=b"<html>Bad Gateway</html>")
GATEWAY_AFTER = Trouble(502, body=b"<html>Bad Gateway</html>", taken=True)
DROPPED = Trouble(None, taken=True)
GARBAGE = Trouble(200, body=b"nonsense", taken=True)


def slow(seconds: float) -> Trouble:
    """Done, and answered late."""
    return Trouble(200, taken=True, seconds=seconds)


@dataclass(frozen=True)
class Call:
    """A method that the bot called, at this process's monotonic clock, and the status that it got; None for no
    answer."""

    at: float
    method: str
    parameters: dict[str, Any]
    status: int | None

    @property
    def chat(self) -> int | None:
        return int(self.parameters["chat_id"]) if "chat_id" in self.parameters else None


@dataclass(frozen=True)
class Uploaded:
    """A file that came with a call; `kind` is `photo` or `document`, as the chat shows it."""

    kind: str
    name: str
    content: bytes


@dataclass
class Shown:
    """A message of the bot as the chat shows it; of a button its words, and its data or address. Of a file the text is
    what stands under it."""

    message_id: int
    text: str
    html: bool
    buttons: list[tuple[str, str]]
    at: float
    raw: str = ""
    file: Uploaded | None = None


class TelegramServer:
    """Serves until closed. `plan` gives a method, or a method in one chat, its next troubles in turn."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        self.calls: list[Call] = []
        self.shown: dict[int, list[Shown]] = defaultdict(list)
        self.people: dict[int, Person] = {}
        self.files: dict[str, bytes] = {}
        # by language code, "" for all others: what the menu shows
        self.menus: dict[str, list[dict[str, str]]] = {}
        self.webhook: dict[str, Any] = {}
        # what the webhook answered to each delivery: update id and status, None when the line broke
        self.delivered: list[tuple[int, int | None]] = []
        # how a webhook is served: further copies of each update, and whether what waits comes in order
        self.copies = 0
        self.reorder: random.Random | None = None
        self._pending: list[dict[str, Any]] = []
        self._troubles: dict[tuple[str, int | None], list[Trouble]] = defaultdict(list)
        self._next_update = 700_000_001
        self._next_message = 1
        self._changed = threading.Condition()
        self._poll = 0
        self._closed = False
        self._server = _Server(("127.0.0.1", 0), self._handler())
        for target in (self._server.serve_forever, self._call_webhook):
            threading.Thread(target=target, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def plan(self, method: str, *troubles: Trouble, chat: int | None = None) -> None:
        """The next calls of this method (in this chat) end like this."""
        self._troubles[method.lower(), chat].extend(troubles)

    def of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of a method so far."""
        return [one for one in list(self.calls) if one.method == method and chat in (None, one.chat)]

    def tell(self, **update: Any) -> int:
        """Something happened: it waits to be fetched, or is brought to the webhook; returns its update id."""
        with self._changed:
            update_id = update.setdefault("update_id", self._next_update)
            self._next_update = max(self._next_update, update_id) + 1
            self._pending.append({"update_id": update_id, **update})
            self._changed.notify_all()
        return int(update_id)

    @property
    def waiting(self) -> list[int]:
        """Updates that nobody has confirmed."""
        with self._changed:
            return [one["update_id"] for one in self._pending]

    def new_message_id(self) -> int:
        with self._changed:
            self._next_message += 1
            return self._next_message

    # what a bot may call

    def _getme(self, _: dict[str, Any]) -> Any:
        return {
            "id": self.bot_id,
            "is_bot": True,
            "first_name": "Nodi",
            "username": "nodi_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _setwebhook(self, parameters: dict[str, Any]) -> Any:
        if not parameters.get("url", "").startswith(("https://", "http://127.0.0.1")):
            raise _Refused(400, "Bad Request: bad webhook: HTTPS URL must be provided for webhook")
        with self._changed:
            self.webhook = parameters
            self._changed.notify_all()
        return True

    def _deletewebhook(self, parameters: dict[str, Any]) -> Any:
        with self._changed:
            self.webhook = {}
            if parameters.get("drop_pending_updates") == "true":
                self._pending.clear()
        return True

    def _getupdates(self, parameters: dict[str, Any]) -> Any:
        offset, limit = int(parameters.get("offset", 0)), int(parameters.get("limit", 100))
        end = time.monotonic() + float(parameters.get("timeout", 0))
        with self._changed:
            self._poll = mine = self._poll + 1
            self._changed.notify_all()
            if offset > 0:
                self._pending = [one for one in self._pending if one["update_id"] >= offset]
            while True:
                if self.webhook:
                    words = "can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
                    raise _Refused(409, f"Conflict: {words}")
                if self._poll != mine:
                    words = "terminated by other getUpdates request; make sure that only one bot instance is running"
                    raise _Refused(409, f"Conflict: {words}")
                left = end - time.monotonic()
                if self._pending or left <= 0 or self._closed:
                    return self._pending[:limit]
                self._changed.wait(min(left, 1.0))

    def _sendmessage(self, parameters: dict[str, Any]) -> Any:
        person = self._person(parameters)
        text = parameters.get("text", "")
        if parameters.get("parse_mode") == "HTML":
            try:
                text = seen(text)
            except Unreadable as error:
                raise _Refused(400, f"Bad Request: can't parse entities: {error}") from error
        text = text.strip()
        if not text:
            raise _Refused(400, "Bad Request: message text is empty")
        if length(text) > LONGEST_TEXT:
            raise _Refused(400, "Bad Request: message is too long")
        rows = (parameters.get("reply_markup") or {}).get("inline_keyboard", [])
        message = Shown(
            self.new_message_id(),
            text,
            parameters.get("parse_mode") == "HTML",
            _buttons(rows),
            time.monotonic(),
            parameters.get("text", ""),
        )
        self.shown[person.id].append(message)
        return self._message(person, message)

    def _sendphoto(self, parameters: dict[str, Any]) -> Any:
        photo = _given(parameters, "photo")
        if len(photo.content) > LARGEST_PHOTO:
            raise _Refused(400, "Bad Request: file is too big")
        try:
            with Image.open(io.BytesIO(photo.content)) as opened:
                wide, high = opened.size
        except OSError as error:
            raise _Refused(400, "Bad Request: IMAGE_PROCESS_FAILED") from error
        if wide + high > 10_000 or max(wide, high) > 20 * min(wide, high):
            raise _Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        return self._sendfile(parameters, photo)

    def _senddocument(self, parameters: dict[str, Any]) -> Any:
        return self._sendfile(parameters, _given(parameters, "document"))

    def _sendfile(self, parameters: dict[str, Any], file: Uploaded) -> Any:
        person = self._person(parameters)
        text = caption = parameters.get("caption", "")
        if parameters.get("parse_mode") == "HTML":
            try:
                text = seen(caption)
            except Unreadable as error:
                raise _Refused(400, f"Bad Request: can't parse entities: {error}") from error
        if length(text.strip()) > LONGEST_CAPTION:
            raise _Refused(400, "Bad Request: message caption is too long")
        rows = (parameters.get("reply_markup") or {}).get("inline_keyboard", [])
        html = parameters.get("parse_mode") == "HTML"
        message = Shown(self.new_message_id(), text.strip(), html, _buttons(rows), time.monotonic(), caption, file)
        self.shown[person.id].append(message)
        return self._message(person, message)

    def _editmessagereplymarkup(self, parameters: dict[str, Any]) -> Any:
        person = self._person(parameters)
        number = int(parameters["message_id"])
        message = next((one for one in self.shown[person.id] if one.message_id == number), None)
        if message is None:
            raise _Refused(400, "Bad Request: message to edit not found")
        message.buttons = _buttons((parameters.get("reply_markup") or {}).get("inline_keyboard", []))
        return self._message(person, message)

    def _sendchataction(self, parameters: dict[str, Any]) -> Any:
        self._person(parameters)
        return True

    def _answercallbackquery(self, parameters: dict[str, Any]) -> Any:
        if not parameters.get("callback_query_id"):
            raise _Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def _getfile(self, parameters: dict[str, Any]) -> Any:
        name = parameters["file_id"]
        if name not in self.files:
            raise _Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[name])
        if size > LARGEST_FILE:
            raise _Refused(400, "Bad Request: file is too big")
        return {"file_id": name, "file_unique_id": name, "file_size": size, "file_path": f"photos/{name}.jpg"}

    def _setmycommands(self, parameters: dict[str, Any]) -> Any:
        self.menus[parameters.get("language_code", "")] = parameters["commands"]
        return True

    # the inside

    def answer(self, method: str, parameters: dict[str, Any]) -> tuple[int | None, bytes]:
        """Status and body of a call; no status for a line that is dropped."""
        at, trouble = time.monotonic(), self._next_trouble(method, parameters)
        status, result = self._do(method, parameters) if trouble is None or trouble.taken else (200, None)
        if trouble is not None and not (trouble.taken and trouble.status == 200 and trouble.body is None):
            status, result = trouble.status, (trouble.description, trouble.parameters)
        self.calls.append(Call(at, method, parameters, status))
        if trouble is not None:
            time.sleep(trouble.seconds)
            if trouble.body is not None:
                return trouble.status, trouble.body
        if status == 200:
            return 200, json.dumps({"ok": True, "result": result}).encode()
        description, further = result if isinstance(result, tuple) else (result, {})
        body = {"ok": False, "error_code": status, "description": description}
        return status, json.dumps(body | ({"parameters": further} if further else {})).encode()

    def _do(self, method: str, parameters: dict[str, Any]) -> tuple[int | None, Any]:
        does: Callable[[dict[str, Any]], Any] | None = getattr(self, f"_{method.lower()}", None)
        if does is None:
            return 404, "Not Found: method not found"
        try:
            return 200, does(parameters)
        except _Refused as refused:
            return refused.status, str(refused)

    def _next_trouble(self, method: str, parameters: dict[str, Any]) -> Trouble | None:
        chat = int(parameters["chat_id"]) if parameters.get("chat_id", "").lstrip("-").isdigit() else None
        for key in ((method.lower(), chat), (method.lower(), None)):
            if self._troubles.get(key):
                return self._troubles[key].pop(0)
        return None

    def _person(self, parameters: dict[str, Any]) -> Person:
        person = self.people.get(int(parameters["chat_id"]))
        if person is None:
            raise _Refused(400, NO_CHAT.description)
        if person.blocks:
            raise _Refused(403, BLOCKED.description)
        return person

    def _message(self, person: Person, message: Shown) -> dict[str, Any]:
        """As it is answered, and as a press names it."""
        raw: dict[str, Any] = {
            "message_id": message.message_id,
            "from": self._getme({}) | {"can_join_groups": None},
            "chat": person.chat,
            "date": int(time.time()),
            **_content(message),
        }
        del raw["from"]["can_join_groups"]
        if message.buttons:
            rows = [
                [{"text": words, ("url" if data.startswith("http") else "callback_data"): data}]
                for words, data in message.buttons
            ]
            raw["reply_markup"] = {"inline_keyboard": rows}
        return raw

    def _call_webhook(self) -> None:
        """Brings what waits to the webhook, again and again until it is taken."""
        with httpx.Client(timeout=10) as client:
            while not self._closed:
                with self._changed:
                    if not (self.webhook and self._pending):
                        self._changed.wait(0.2)
                        continue
                    update = self.reorder.choice(self._pending) if self.reorder else self._pending[0]
                    hook = dict(self.webhook)
                for _ in range(1 + self.copies):
                    taken = self._bring(client, hook, update)
                if not taken:
                    time.sleep(0.2)
                    continue
                with self._changed:
                    self._pending = [one for one in self._pending if one is not update]

    def _bring(self, client: httpx.Client, hook: dict[str, Any], update: dict[str, Any]) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.get("secret_token", "")}
        try:
            answer = client.post(hook["url"], json=update, headers=headers)
        except httpx.HTTPError:
            self.delivered.append((update["update_id"], None))
            return False
        self.delivered.append((update["update_id"], answer.status_code))
        return answer.is_success

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        telegram = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                head, _, method = self.path.lstrip("/").partition("/")
                if head != f"bot{telegram.token}":
                    self.reply(401, b'{"ok": false, "error_code": 401, "description": "Unauthorized"}')
                    return
                status, answer = telegram.answer(method, _parameters(body, self.headers.get("content-type", "")))
                if status is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.reply(status, answer)

            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2].removesuffix(".jpg")
                found = telegram.files.get(name) if self.path.startswith(f"/file/bot{telegram.token}/") else None
                trouble = telegram._next_trouble("file", {})
                if trouble is not None and trouble.status is not None:
                    self.reply(trouble.status, b"")
                elif found is None:
                    self.reply(404, b"")
                else:
                    self.reply(200, found)

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Person:
    """Somebody at Telegram who has a chat with the bot."""

    def __init__(self, server: TelegramServer, name: str = "Amina", language: str | None = "en") -> None:
        self.id = 5_000_000 + len(server.people)
        self.blocks = False
        self._server = server
        self._user = {"id": self.id, "is_bot": False, "first_name": name}
        if language is not None:
            self._user["language_code"] = language
        self.chat = {"id": self.id, "type": "private", "first_name": name}
        server.people[self.id] = self

    def message(self, **said: Any) -> dict[str, Any]:
        number = said.pop("message_id", None) or self._server.new_message_id()
        return {"message_id": number, "from": self._user, "chat": self.chat, "date": int(time.time()), **said}

    def write(self, text: str) -> int:
        """Sends words; returns the update's id."""
        entities = []
        if text.startswith("/"):
            entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self.send(text=text, **({"entities": entities} if entities else {}))

    def send(self, **said: Any) -> int:
        """Sends anything; returns the update's id."""
        return self._server.tell(message=self.message(**said))

    def press(self, words: str) -> int:
        """The newest button that says this."""
        for message in reversed(self.heard()):
            for said, data in message.buttons:
                if said == words:
                    return self._server.tell(
                        callback_query={
                            "id": str(random.getrandbits(60)),
                            "from": self._user,
                            "message": self._server._message(self, message),
                            "chat_instance": "1",
                            "data": data,
                        }
                    )
        raise AssertionError(f"no button says {words!r}: {[one.buttons for one in self.heard()]}")

    def heard(self) -> list[Shown]:
        """What the bot has said, in order."""
        return list(self._server.shown[self.id])

    def hears(self, *words: str, after: int = 0, seconds: float = 20.0) -> Shown:
        """Waits for the first message behind so many others that has all of these in it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in self.heard()[after:]:
                if all(one in message.text for one in words):
                    return message
            time.sleep(0.05)
        raise AssertionError(f"never heard {words!r} in {[one.text for one in self.heard()]}")


class _Refused(Exception):
    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def handle_error(self, *_: object) -> None:
        """The other side hung up, or was killed."""


def _parameters(body: bytes, kind: str) -> dict[str, Any]:
    if kind.startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    given: dict[str, Any]
    if kind.startswith("multipart/form-data"):
        given = _parts(body, kind)
    else:
        given = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: json.loads(value) if name in JSON_PARAMETERS else value for name, value in given.items()}


def _parts(body: bytes, kind: str) -> dict[str, Any]:
    """Texts and files of a form by their names, which are UTF-8 as they come."""
    boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    given: dict[str, Any] = {}
    for part in body.split(boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        named = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        called = named.get("filename")
        given[named["name"]] = content.decode() if called is None else Uploaded(named["name"], called, content)
    return given


def _given(parameters: dict[str, Any], name: str) -> Uploaded:
    file = parameters.get(name)
    if not isinstance(file, Uploaded):
        raise _Refused(400, f"Bad Request: there is no {name} in the request")
    if not file.content:
        raise _Refused(400, "Bad Request: file must be non-empty")
    return file


def _content(message: Shown) -> dict[str, Any]:
    if message.file is None:
        return {"text": message.text}
    named = {"file_id": f"sent{message.message_id}", "file_unique_id": f"sent{message.message_id}"}
    size = {"file_size": len(message.file.content)}
    shown: dict[str, Any] = {"document": {**named, **size, "file_name": message.file.name}}
    if message.file.kind == "photo":
        shown = {"photo": [{**named, **size, "width": 1, "height": 1}]}
    return {**shown, **({"caption": message.text} if message.text else {})}


def _buttons(rows: list[list[dict[str, Any]]]) -> list[tuple[str, str]]:
    buttons = []
    for button in (one for row in rows for one in row):
        data = button.get("url") or button.get("callback_data", "")
        if "url" not in button and not 1 <= len(data.encode()) <= LONGEST_DATA:
            raise _Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if not button["text"].strip():
            raise _Refused(400, "Bad Request: inline keyboard button text can't be empty")
        buttons.append((button["text"], data))
    if len(buttons) > KEPT:
        raise _Refused(400, "Bad Request: reply markup is too long")
    return buttons
