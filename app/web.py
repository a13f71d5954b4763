"""The web server's routes put together. It never imports Rasa."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST

from app import demo_sign_in, errors, files, mailbox, metrics, shop_events
from app.middleware import BodyLimit, PlainAddress, SecurityHeaders
from app.openapi import Described
from app.readiness import Readiness
from app.settings import Settings
from bot.content.live import LiveWords
from connectors import inbound
from connectors.base import Connector
from connectors.base import Request as ConnectorRequest
from connectors.slack import routes as slack_routes
from connectors.telegram.updates import LARGEST_UPDATE
from connectors.website import routes as website_routes
from connectors.website.connector import Website
from handoff.desk import pages as desk_pages
from handoff.desk import routes as desk_routes
from handoff.services import Services

DEMO_SHOP = Path(__file__).with_name("demo_shop")


def build(
    settings: Settings,
    services: Services,
    words: LiveWords,
    readiness: Readiness,
    website: Website,
    hooks: Sequence[Connector],
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application.

    Args:
        website: the widget's connector.
        hooks: connectors whose providers call `/hooks/<name>`.
        routers: of channels that have more addresses than one.
    """
    app = Described(title="Shohay", version="0.1.0", docs_url=None, redoc_url=None)
    errors.install(app)
    larger = {**dict.fromkeys(slack_routes.PATHS, slack_routes.MAX_BODY), "/hooks/telegram": LARGEST_UPDATE}
    streamed = {website_routes.UPLOADS, desk_routes.PICTURE, desk_routes.FILES}
    app.add_middleware(BodyLimit, larger=larger, streamed=streamed)
    app.add_middleware(PlainAddress)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-File-Name"],
        max_age=600,
    )
    app.add_middleware(SecurityHeaders)

    # the demo's shop vouches with a secret that nobody else can know
    identity_secret = settings.identity_secret or (secrets.token_hex(32) if settings.demo else "")
    app.include_router(
        website_routes.router(services, website, lambda: widget_labels(words), lambda: readiness.ready, identity_secret)
    )
    app.include_router(files.router(services.database, website))
    app.include_router(desk_routes.router(services, settings.secure_cookies))
    app.include_router(desk_pages.router(services))
    for connector in hooks:
        _add_hook(app, services, connector)
    for router in routers:
        app.include_router(router)
    if settings.shop_events_secret:
        app.include_router(shop_events.router(services, settings.shop_events_secret))

    @app.get("/healthz", tags=["health"])
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"])
    async def readyz() -> JSONResponse:
        await readiness.look()
        if readiness.ready:
            return JSONResponse({"status": "ready"})
        return errors.answer(503, "not_ready", readiness.reason)

    @app.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    async def show_metrics() -> Response:
        return Response(await metrics.collect(services.database), media_type=CONTENT_TYPE_LATEST)

    if settings.demo:
        app.include_router(mailbox.router(services.database))
        app.include_router(demo_sign_in.router(services.database, identity_secret))
        app.mount("/demo", StaticFiles(directory=DEMO_SHOP), name="demo")

        @app.get("/", include_in_schema=False)
        async def shop() -> FileResponse:
            return FileResponse(DEMO_SHOP / "index.html")

    return app


def widget_labels(words: LiveWords) -> dict[str, Any]:
    """What the widget says, in every language that we answer in; its braces are filled in the browser."""
    library = words.current.library
    return {
        "languages": [{"code": one.code, "name": one.name} for one in library.languages.values()],
        "labels": {code: words.current.labels("widget_", code) for code in library.languages},
    }


def _add_hook(app: FastAPI, services: Services, connector: Connector) -> None:
    @app.post(f"/hooks/{connector.name}", tags=["hooks"], name=f"hook_{connector.name}")
    async def hook(request: Request) -> dict[str, list[str]]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        called = ConnectorRequest(await request.body(), headers)
        received = await inbound.take_from_provider(services, connector, called)
        return {"messages": [one.message.id for one in received]}
