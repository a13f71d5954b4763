"""The desk's pages: signing in, the queue and a conversation.

A page is a frame that htmx fills with two fragments, the list and the open conversation; both are fetched anew when the
event stream names a change. Whatever an agent does goes through the JSON API.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import babel
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from handoff import access, people
from handoff.clock import now as clock_now
from handoff.desk import transcript, views
from handoff.desk.views import Filter
from handoff.inbox import MAX_TEXT
from handoff.ownership import NotFound
from handoff.services import Services

HERE = Path(__file__).parent
MOST_ROWS = 500
MOST_SEARCHED = 200

Tab = Literal["queued", "mine", "assigned", "bot", "resolved"]
TABS: Mapping[Tab, str] = {
    "queued": "Waiting",
    "mine": "Mine",
    "assigned": "With agents",
    "bot": "With the bot",
    "resolved": "Resolved",
}

TabQuery = Annotated[Tab, Query()]
SearchQuery = Annotated[str, Query(max_length=MOST_SEARCHED)]
ZoneHeader = Annotated[str, Header(alias="x-time-zone", max_length=60)]


def router(services: Services) -> APIRouter:
    """The pages, over these services."""
    routes = APIRouter(include_in_schema=False)
    database = services.database
    show = _templates()
    static = _static_files()

    @routes.get("/desk")
    async def desk(request: Request, tab: str = "", q: str = "") -> HTMLResponse:
        return await _frame(request, tab, q, None)

    @routes.get("/desk/conversations/{conversation_id}")
    async def conversation_page(request: Request, conversation_id: str, tab: str = "", q: str = "") -> HTMLResponse:
        return await _frame(request, tab, q, conversation_id)

    @routes.get("/desk/list")
    async def conversation_list(
        request: Request,
        tab: TabQuery = "queued",
        q: SearchQuery = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = views.PAGE,
        zone: ZoneHeader = "UTC",
    ) -> HTMLResponse:
        person = await access.desk_person(database, request)
        search = q.strip()
        mine = Filter(status="assigned", agent_id=person.id, begun=True)
        wanted = Filter(
            status="assigned" if tab == "mine" else tab,
            agent_id=person.id if tab == "mine" else None,
            search=search,
            begun=True,
        )
        async with database.read() as tx:
            found = await views.conversation_list(tx, wanted, limit=limit)
            rows = found["conversations"]
            glimpses = await views.glimpses(tx, [row["id"] for row in rows])
            hits = await views.matches(tx, [row["id"] for row in rows], search) if search else {}
            counts = await views.counts(tx, Filter(search=search, begun=True), person.id)
            waiting = (await views.counts(tx, Filter(begun=True)))["queued"] if search else counts["queued"]
            own = (await views.conversation_list(tx, mine))["conversations"]
            asking = await views.glimpses(tx, [row["id"] for row in own])
        return _page(
            show,
            "list.html",
            me=person,
            tab=tab,
            tabs=TABS,
            search=search,
            rows=rows,
            glimpses=glimpses,
            hits={key: _around(text, search) for key, text in hits.items()},
            counts=counts,
            waiting=waiting,
            asking=sorted(key for key, one in asking.items() if one.author == "customer"),
            more=min(limit + views.PAGE, MOST_ROWS) if found["next"] and limit < MOST_ROWS else None,
            zone=_zone(zone),
            today=clock_now().astimezone(_zone(zone)).date(),
        )

    @routes.get("/desk/conversations/{conversation_id}/pane")
    async def pane(
        request: Request,
        conversation_id: str,
        after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        zone: ZoneHeader = "UTC",
    ) -> HTMLResponse:
        person = await access.desk_person(database, request)
        now = clock_now()
        try:
            async with database.read() as tx:
                found = await access.conversation(tx, person, conversation_id)
                detail = await views.conversation_detail(tx, found, now)
                glimpse = (await views.glimpses(tx, [found.id]))[found.id]
                everyone = await people.everyone(tx)
        except NotFound:
            return _page(show, "missing.html", 404)
        colleagues = [one for one in everyone if one.role in access.DESK_ROLES and one.id != person.id]
        local = _zone(zone)
        today = now.astimezone(local).date()
        return _page(
            show,
            "conversation.html",
            me=person,
            conversation=detail,
            brief=detail["brief"],
            contact_name=glimpse.contact_name,
            lines=transcript.lines(detail["messages"], local, today, after),
            after=after,
            mine=detail["agent_id"] == person.id,
            colleagues=sorted(colleagues, key=lambda one: one.display_name),
            max_text=MAX_TEXT,
            zone=local,
            today=today,
        )

    @routes.get("/desk/static/{name}")
    async def static_file(name: str) -> FileResponse:
        path = static.get(name)
        if path is None:
            raise HTTPException(404)
        kind = mimetypes.guess_type(path.name)[0]
        # asked about each time, answered from the browser's cache by its ETag: no stale script after an update
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "no-cache"})

    async def _frame(request: Request, tab: str, search: str, conversation_id: str | None) -> HTMLResponse:
        try:
            session = await access.session(database, request)
        except access.NotSignedIn:
            return _page(show, "sign_in.html")
        person = session.person
        if person.role not in access.DESK_ROLES:
            return _page(show, "no_access.html", 403, me=person, csrf_token=session.csrf_token)
        return _page(
            show,
            "desk.html",
            me=person,
            csrf_token=session.csrf_token,
            tab=tab if tab in TABS else "queued",
            tabs=TABS,
            search=search.strip()[:MOST_SEARCHED],
            conversation_id=conversation_id,
            rows_shown=views.PAGE,
        )

    return routes


def _page(show: Environment, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    # customers' words: in no cache, not even the browser's own
    return HTMLResponse(show.get_template(template).render(values), status, headers={"Cache-Control": "no-store"})


def _templates() -> Environment:
    show = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    show.filters["words"] = _words
    show.filters["language_name"] = _language_name
    show.filters["visitor"] = _visitor
    show.filters["short_time"] = _short_time
    return show


def _static_files() -> Mapping[str, Path]:
    """Every file that may be fetched, by its name; htmx comes from the package that carries it."""
    own = {path.name: path for path in (HERE / "static").iterdir() if path.is_file()}
    htmx = resources.files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js"
    return {**own, "htmx.js": Path(str(htmx))}


def _zone(name: str) -> tzinfo:
    """The browser's time zone; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a zone's name, a folder of zones
        return UTC


def _words(name: str) -> str:
    """An intent's or a reason's name as words: `order_status` is Order status."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _language_name(code: str) -> str:
    """The language's English name, the code itself when it is unknown."""
    try:
        return babel.Locale.parse(code, sep="-").english_name or code
    except (ValueError, babel.UnknownLocaleError):
        return code


def _visitor(conversation_id: str) -> str:
    """What an unnamed customer is called at the desk, so that two of them can be told apart."""
    return f"Visitor {conversation_id[-4:].upper()}"


def _around(text: str, search: str) -> tuple[str, str, str]:
    """The found words, and what stands before and after them; all of it before when case folding moved them."""
    at = text.lower().find(search.lower())
    if at < 0:
        return text, "", ""
    begin = max(0, at - 24)
    end = at + len(search)
    return ("…" if begin else "") + text[begin:at], text[at:end], text[end : end + 120]


def _short_time(moment: str | datetime, zone: tzinfo, today: date) -> str:
    """The time on the same day, else the day."""
    at = (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(zone)
    if at.date() == today:
        return f"{at:%H:%M}"
    name = transcript.day_name(at.date(), today)
    return name if name == "Yesterday" else f"{at.day} {at:%b}" + (f" {at.year}" if at.year != today.year else "")
