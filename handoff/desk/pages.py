"""The desk's pages: signing in, the queue and a conversation, and the team.

A page is a frame that htmx fills with fragments: the list and the open conversation, or the board of the team; each is
fetched anew when the event stream names a change. Whatever an agent does goes through the JSON API.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import UTC, tzinfo
from importlib import resources
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from handoff import access, brief, ownership, people, pictures, presence, store
from handoff.clock import now as clock_now
from handoff.database import Transaction
from handoff.desk import board, stand, tabs, templating, transcript, views
from handoff.desk.tabs import TABS, WARNINGS, Tab
from handoff.inbox import MAX_TEXT
from handoff.ownership import NotFound
from handoff.people import Person
from handoff.services import Services

STATIC = Path(__file__).parent / "static"
MOST_ROWS = 500
MOST_SEARCHED = 200
MOST_TEAM = 40

TabQuery = Annotated[Tab, Query()]
SearchQuery = Annotated[str, Query(max_length=MOST_SEARCHED)]
TeamQuery = Annotated[str, Query(max_length=MOST_TEAM)]
ZoneHeader = Annotated[str, Header(alias="x-time-zone", max_length=60)]


def router(services: Services) -> APIRouter:
    """The pages, over these services."""
    routes = APIRouter(include_in_schema=False)
    database = services.database
    show = templating.environment()
    static = _static_files()
    teams = services.queue_rules.teams

    def page(template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        html = show.get_template(template).render(values, tabs=TABS, warnings=WARNINGS, teams=teams)
        # customers' words: in no cache, not even the browser's own
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    async def side(tx: Transaction, person: Person, team: str = "", search: str = "") -> dict[str, Any]:
        """What the side of every page shows, and what this agent is to be told of."""
        agent = await presence.agent(tx, person.id, clock_now())
        assert agent is not None  # a desk role, or access had refused
        return {
            "me": person,
            "agent": agent,
            "most_counted": views.MOST_COUNTED,
            "counts": await views.counts(tx, tabs.everything(person.id, team, search)),
            "stand": await stand.stand(tx, agent),
        }

    @routes.get("/desk")
    async def desk(request: Request, tab: str = "", q: str = "", team: str = "") -> HTMLResponse:
        return await _frame(request, "desk.html", tab if tab in TABS else "queued", q, team)

    @routes.get("/desk/team")
    async def team_page(request: Request) -> HTMLResponse:
        return await _frame(request, "team.html")

    @routes.get("/desk/conversations/{conversation_id}")
    async def conversation_page(
        request: Request, conversation_id: str, tab: str = "", q: str = "", team: str = ""
    ) -> HTMLResponse:
        return await _frame(request, "desk.html", tab if tab in TABS else "queued", q, team, conversation_id)

    @routes.get("/desk/list")
    async def conversation_list(
        request: Request,
        tab: TabQuery = "queued",
        q: SearchQuery = "",
        team: TeamQuery = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = views.PAGE,
        zone: ZoneHeader = "UTC",
    ) -> HTMLResponse:
        person = await access.desk_person(database, request)
        search = q.strip()
        team = team if team in teams else ""
        local = _zone(zone)
        wanted = tabs.wanted(tab, person.id, team, search)
        async with database.read() as tx:
            found = await views.conversation_list(tx, wanted, limit=limit)
            rows = found["conversations"]
            ids = [row["id"] for row in rows]
            glimpses = await views.glimpses(tx, ids)
            undelivered = await views.with_undelivered(tx, ids)
            hits = await views.matches(tx, ids, search) if search else {}
            beside = await side(tx, person, team, search)
        return page(
            "list.html",
            **beside,
            tab=tab,
            team=team,
            search=search,
            rows=rows,
            glimpses=glimpses,
            undelivered=undelivered,
            hits={key: _around(text, search) for key, text in hits.items()},
            more=min(limit + views.PAGE, MOST_ROWS) if found["next"] and limit < MOST_ROWS else None,
            zone=local,
            today=clock_now().astimezone(local).date(),
        )

    @routes.get("/desk/team/board")
    async def team_board(request: Request, zone: ZoneHeader = "UTC") -> HTMLResponse:
        person = await access.desk_person(database, request)
        now = clock_now()
        local = _zone(zone)
        async with database.read() as tx:
            found = await views.teams(tx, services, now)
            everyone = await presence.agents(tx, now)
            beside = await side(tx, person)
        return page(
            "board.html",
            **beside,
            tab="",
            team="",
            queues=found,
            people=board.seats(everyone),
            zone=local,
            today=now.astimezone(local).date(),
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
                mine = found.agent_id == person.id
                # whom it can be passed to, asked only where it can be passed on
                everyone = await presence.agents(tx, now) if mine else []
                queues = await views.teams(tx, services, now) if mine else []
        except NotFound:
            return page("missing.html", 404)
        local = _zone(zone)
        today = now.astimezone(local).date()
        return page(
            "conversation.html",
            me=person,
            conversation=detail,
            brief=detail["brief"],
            contact_name=glimpse.contact_name,
            lines=transcript.lines(detail["messages"], local, today, after, detail["customer_seen"]),
            after=after,
            mine=mine,
            no_files=ownership.no_files(services, found),
            # nobody's, or theirs: what a colleague has in hand is the colleague's to send
            may_resend=mine or found.status != "assigned" or person.role in people.SUPERVISORS,
            may_take_over=person.role in people.SUPERVISORS and not mine and found.status in ("bot", "assigned"),
            shop=services.orders is not None,
            colleagues=board.seats([one for one in everyone if one.person.id != person.id]),
            queues=queues,
            max_text=MAX_TEXT,
            zone=local,
            today=today,
        )

    @routes.get("/desk/conversations/{conversation_id}/order")
    async def order_panel(request: Request, conversation_id: str) -> HTMLResponse:
        # a fragment of its own: a slow shop keeps nobody from reading on
        person = await access.desk_person(database, request)
        try:
            async with database.read() as tx:
                found = await access.conversation(tx, person, conversation_id)
                known = (await store.brief(tx, found.id) or {}).get("known", {})
        except NotFound:
            return HTMLResponse("", 404)
        return page("order.html", number=known.get(brief.ORDER), order=await brief.order(services, known))

    @routes.get("/desk/static/{name}")
    async def static_file(name: str) -> FileResponse:
        path = static.get(name)
        if path is None:
            raise HTTPException(404)
        kind = mimetypes.guess_type(path.name)[0]
        # asked about each time, answered from the browser's cache by its ETag: no stale script after an update
        return FileResponse(path, media_type=kind, headers={"Cache-Control": "no-cache"})

    async def _frame(
        request: Request, template: str, tab: str = "", search: str = "", team: str = "", open_one: str | None = None
    ) -> HTMLResponse:
        try:
            session = await access.session(database, request)
        except access.NotSignedIn:
            return page("sign_in.html")
        person = session.person
        if person.role not in people.DESK_ROLES:
            return page("no_access.html", 403, me=person, csrf_token=session.csrf_token)
        async with database.read() as tx:
            beside = await side(tx, person)
            picture = (await pictures.paths(tx, [person.id])).get(person.id)
        return page(
            template,
            **beside,
            picture=picture,
            csrf_token=session.csrf_token,
            tab=tab,
            team=team if team in teams else "",
            search=search.strip()[:MOST_SEARCHED],
            conversation_id=open_one,
            rows_shown=views.PAGE,
        )

    return routes


def _static_files() -> Mapping[str, Path]:
    """Every file that may be fetched, by its name; htmx comes from the package that carries it."""
    own = {path.name: path for path in STATIC.iterdir() if path.is_file()}
    htmx = resources.files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js"
    return {**own, "htmx.js": Path(str(htmx))}


def _zone(name: str) -> tzinfo:
    """The browser's time zone; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a zone's name, a folder of zones
        return UTC


def _around(text: str, search: str) -> tuple[str, str, str]:
    """The found words, and what stands before and after them; all of it before when case folding moved them."""
    at = text.lower().find(search.lower())
    if at < 0:
        return text, "", ""
    begin = max(0, at - 24)
    end = at + len(search)
    return ("…" if begin else "") + text[begin:at], text[at:end], text[end : end + 120]
