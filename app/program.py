"""The program's roles: web, worker, or both in one process, as tasks that end together."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
import uvicorn

from actions.codes import OneTimeCodes
from actions.services import Services as ActionServices
from actions.shop.policy import Policy
from actions.typed import parse_contact
from app import policies, schema, slack, slack_desk, telegram, training, web
from app.demo import load_demo
from app.order_panel import ShopOrders
from app.post import post
from app.proofs import ChatProofs
from app.readiness import Readiness
from app.settings import ROOT, Settings, kept_secret
from app.shop_traces import ShopTraces
from app.shops import open_shop, writing
from app.stored_data import ChatData
from bot.content.check import hours, queue_rules
from bot.content.errors import ContentError
from bot.content.live import LiveWords
from bot.forgetting import keep_forgetting
from connectors.base import Connector
from connectors.delivery import Delivery
from connectors.fake import Fake
from connectors.fetching import Fetching
from connectors.naming import Naming
from connectors.shown import Shown
from connectors.slack.connector import CHANNEL as SLACK
from connectors.slack.connector import Slack
from connectors.telegram.connector import Telegram
from connectors.website.connector import Website
from handoff import caretaker, due_erasures, erasure, housekeeping, turns
from handoff.database import Database, DatabaseAway
from handoff.hours import Hours
from handoff.postgres_signals import listen
from handoff.queue_rules import QueueRules
from handoff.relay_threads import Outside
from handoff.services import Services

log = structlog.get_logger(__name__)

DEADLINE_SECONDS = 2.0
CALM_SECONDS = 0.25
HOUSEKEEPING_SECONDS = 3600.0
ERASURE_SECONDS = 2.0
SHUTDOWN_SECONDS = 3


@dataclass(frozen=True)
class House:
    """Everything that both roles stand on, opened once for the process."""

    settings: Settings
    services: Services
    words: LiveWords
    website: Website
    secret: str
    connectors: dict[str, Connector]
    client: httpx.AsyncClient
    telegram: Telegram | None
    outside: Outside | None

    async def close(self) -> None:
        if self.telegram is not None:
            await self.telegram.close()
        await self.client.aclose()
        await self.services.database.close()


async def open_house(settings: Settings) -> House:
    """Opens the database, brings its schema up to date, reads the content, loads the demo when asked for.

    Raises:
        DatabaseAway: the database cannot be reached.
        ContentError: the content cannot be used.
        BadSettings: a setting does not fit the content.
    """
    words = LiveWords(settings.data_dir, settings.timezone)
    problems = [
        *queue_rules(settings.data_dir / "handoff.yml"),
        *hours(settings.data_dir / "hours.yml"),
        *policies.problems(settings.data_dir / "shop.yml"),
    ]
    if problems:
        raise ContentError(problems)
    rules = QueueRules.load(settings.data_dir / "handoff.yml")
    timetable = Hours.load(settings.data_dir / "hours.yml")
    policy = Policy.load(settings.data_dir / "shop.yml")
    secret = settings.secret_key or kept_secret("secret_key", 32)
    outside = slack_desk.outside(settings, secret, rules)
    database = Database(settings.database_url)
    await schema.upgrade(database)
    client = httpx.AsyncClient(timeout=10)
    website = Website(secret)
    connectors: dict[str, Connector] = {website.name: website}
    if settings.fake_secret:
        fake = Fake(settings.fake_secret, settings.fake_send_url, client)
        connectors[fake.name] = fake
    on_slack = slack.connector(settings, database, client)
    if on_slack is not None:
        connectors[on_slack.name] = on_slack
    on_telegram = telegram.open_telegram(settings, words)
    if on_telegram is not None:
        connectors[on_telegram.name] = on_telegram
    services = Services(
        database=database,
        phrases=words,
        queue_rules=rules,
        push_channels=frozenset(name for name, one in connectors.items() if one.capabilities.push),
        file_channels=frozenset(name for name, one in connectors.items() if one.capabilities.files_out),
        languages=tuple(words.current.library.languages),
        messages_per_minute=settings.messages_per_minute,
        # whoever tries the demo as it comes is at its desk at an hour of their own
        hours=timetable.day_and_night() if settings.demo and settings.project_dir == ROOT else timetable,
        find_contact=lambda text: _contact(text, words),
        orders=ShopOrders(open_shop(settings, database, policy, client), policy.goodwill, words, settings.timezone),
        shown=Shown(connectors),
    )
    await load_demo(settings, database)
    return House(settings, services, words, website, secret, connectors, client, on_telegram, outside)


def _contact(text: str, words: LiveWords) -> str | None:
    found = parse_contact(text, words.current.library.phone_regions)
    return found.text if found else None


def bind(settings: Settings) -> socket.socket:
    """The web server's socket.

    Raises:
        OSError: the port is taken or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # TCP by name: asyncio turns Nagle's delay off only for sockets that say so, and it costs 40 ms an answer
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


async def run(house: House, listener: socket.socket | None, work: bool) -> None:
    """Runs until interrupted or a task breaks.

    Args:
        listener: serve the web on it; None for a worker alone.
        work: run turns, deliveries and deadlines.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    database = house.services.database
    jobs: list[Callable[[], Coroutine[Any, Any, None]]] = [house.words.watch]
    if database.dialect == "postgresql":
        jobs.append(lambda: listen(database.url, database.signals))
    if listener is not None and work and database.dialect == "sqlite":
        await turns.take_over(house.services)
    if listener is not None:
        jobs.append(lambda: serve(house, listener))
    # in the web role too: when no worker is alive, somebody must tell the customers
    jobs.append(lambda: _deadlines(house.services))
    if work:
        jobs.append(lambda: _work(house))
        on_slack = house.connectors.get(SLACK)
        if isinstance(on_slack, Slack) and house.settings.slack_bot_token:
            jobs.append(slack_desk.removing(house.settings, house.services, on_slack).run)
        if isinstance(on_slack, Slack) and house.outside is not None:
            # not with the rest of the work, which waits for a model: agents are needed most when there is none
            jobs.append(slack_desk.posting(house.settings, house.services, on_slack, house.outside).run)
    if house.telegram is not None:
        serves = listener is not None
        jobs += telegram.jobs(house.settings, house.services, house.words, house.telegram, serves, work)
    tasks = [asyncio.create_task(job()) for job in jobs]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        for task in reversed(tasks):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await house.close()
    for result in results:
        if isinstance(result, Exception):
            raise result


async def serve(house: House, listener: socket.socket) -> None:
    """The web server, on a bound socket, until cancelled."""
    readiness = Readiness(house.services.database)
    hooks: list[Connector] = [connector for connector in house.connectors.values() if isinstance(connector, Fake)]
    if house.telegram is not None and house.settings.telegram_by_webhook:  # what has no secret has no address
        hooks.append(house.telegram)
    jobs = [readiness.watch()]
    routers = []
    on_slack = house.connectors.get(SLACK)
    if isinstance(on_slack, Slack):
        before = []
        if house.outside is not None:
            before.append(slack_desk.join(house.settings, house.services, on_slack, house.outside))
        takes = slack.listening(house.settings, house.services, on_slack, before)
        routers = [
            *slack.routers(house.settings, house.secret, on_slack, takes),
            slack_desk.router(house.services, house.secret),
        ]
        jobs.append(slack.run(house.settings, on_slack, takes))
    app = web.build(house.settings, house.services, house.words, readiness, house.website, hooks, routers)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            # Rasa keeps websockets at 10, which uvicorn cannot use; pages are updated by server-sent events
            ws="none",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    beside = [asyncio.create_task(job) for job in jobs]
    with contextlib.suppress(asyncio.CancelledError):
        serving = asyncio.create_task(server._serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside, timeout=SHUTDOWN_SECONDS)
            server.should_exit = True
            await serving


async def _work(house: House) -> None:
    # imported late: what understands takes seconds, and the web server is up meanwhile
    turn_loop, model = await asyncio.to_thread(_dialogue_parts, house)
    delivery = Delivery(house.services.database, house.connectors)
    async with asyncio.TaskGroup() as group:
        group.create_task(model.watch())
        group.create_task(turn_loop.run())
        group.create_task(delivery.run())
        group.create_task(Fetching(house.services, house.connectors).run())
        group.create_task(Naming(house.services.database, house.connectors).run())
        group.create_task(keep_forgetting(house.services.database, model))
        group.create_task(_housekeeping(house.services))
        group.create_task(_erasures(house.services))
        group.create_task(training.keep_fresh(house.settings))


def _dialogue_parts(house: House) -> tuple[Any, Any]:
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "3"
    )  # TensorFlow, where the pipeline uses it, is chatty on standard error
    policy = asyncio.get_event_loop_policy()
    from actions.registry import all_actions
    from bot.dialogue.swap import ModelInUse
    from bot.turns import TurnLoop

    # Rasa imports Sanic, which replaces the policy under our running loop; subprocesses then fail
    asyncio.set_event_loop_policy(policy)

    database = house.services.database
    letters = post(house.settings, database, house.words)

    def actions() -> list[Any]:
        library = house.words.current.library
        policy = Policy.load(house.settings.data_dir / "shop.yml")
        key = hashlib.sha256(f"one-time codes:{house.secret}".encode()).digest()
        codes = OneTimeCodes(writing(database), letters, key, policy.code_valid) if letters else None
        shop = open_shop(house.settings, database, policy, house.client)
        return all_actions(
            ActionServices(
                shop,
                library.phone_regions,
                tuple(library.languages),
                policy,
                codes,
                letters,
                stored=ChatData(database, house.words, letters),
                proofs=ChatProofs(database),
                news=bool(house.settings.shop_events_secret),
            )
        )

    model = ModelInUse(house.settings.models_dir, actions, house.words, house.services.database)
    return TurnLoop(house.services, model), model


async def _housekeeping(services: Services) -> None:
    while True:
        with contextlib.suppress(DatabaseAway):
            await housekeeping.clear(services.database)
        await asyncio.sleep(HOUSEKEEPING_SECONDS)


async def _erasures(services: Services) -> None:
    """Carries out what customers asked for in the chat; what could not be wiped at once is tried again."""
    traces = ShopTraces()
    unswept = False
    while True:
        with contextlib.suppress(DatabaseAway):
            done = await due_erasures.carry_out(services.database, traces)
            if done:
                log.info("erased", contacts=len(done))
            if unswept or any(erased.unswept for erased in done):
                unswept = await erasure.sweep(services.database, traces) is not None
                if unswept:
                    log.warning("erasure_not_swept")
        await asyncio.sleep(ERASURE_SECONDS)


async def _deadlines(services: Services) -> None:
    """Looks after all that must happen without anybody asking for it."""
    signals = services.database.signals.subscribe("queue")
    try:
        while True:
            try:
                await caretaker.look(services)
            except DatabaseAway as error:
                log.warning("database_away", error=str(error))
            except ExceptionGroup as group:  # what broke is tried again; the rest was seen to
                for cause in _causes(group):
                    where = traceback.extract_tb(cause.__traceback__)[-1]
                    at = f"{where.filename}:{where.lineno}"
                    log.error("caretaker_failed", error=type(cause).__name__, at=at)
            if await signals.wait(DEADLINE_SECONDS):
                await asyncio.sleep(CALM_SECONDS)  # many changes at once are one reason to look
    finally:
        signals.close()


def _causes(error: Exception) -> list[Exception]:
    if isinstance(error, ExceptionGroup):
        return [cause for part in error.exceptions for cause in _causes(part)]
    return [error]
