"""Tickets shown where agents work outside the desk's pages: what happens is followed, and each post is sent in turn."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

import structlog

from connectors.base import Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.lane import kind_and_place
from handoff import relay_feed, relay_outbox, relay_view
from handoff.clock import now as clock_now
from handoff.database import DatabaseAway
from handoff.relay_outbox import Post
from handoff.relay_threads import TOPIC, Outside
from handoff.relay_view import Shown
from handoff.services import Services

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 8
SEND_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 1.0


class Poster(Protocol):
    """A channel in which tickets are posted, each with a thread of its own."""

    async def post(self, place: str, thread: str | None, key: str, shown: Shown) -> SendResult:
        """Hands it to the provider once.

        Args:
            thread: none for a ticket's first post.
            key: what `find` finds it by.
        """
        ...

    async def rewrite(self, place: str, post: str, shown: Shown) -> SendResult:
        """Writes it over an earlier post; the same again changes nothing."""
        ...

    async def find(self, place: str, thread: str | None, key: str, since: datetime) -> SendResult:
        """Whether the post with this key was taken: `Sent` when it is, `RetryAfter` when it is not, `Unknown` when
        nobody answers now, `Rejected` when it cannot be looked for."""
        ...


class Relay:
    """Works beside others of its kind: each event is followed, and each post sent, by one of them."""

    def __init__(self, services: Services, outside: Outside, poster: Poster) -> None:
        self._services = services
        self._database = services.database
        self._outside = outside
        self._poster = poster

    async def run(self) -> None:
        """Works until cancelled. A post that is being sent then may be there, and is looked for the next time."""
        signals = self._database.signals.subscribe("events", TOPIC)
        try:
            while True:
                try:
                    while await self.step():
                        pass
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                except Exception as error:  # agents have the desk; customers must not be without a bot for it
                    log.error("relay_broke", error=kind_and_place(error))
                await signals.wait(LOOK_AGAIN_SECONDS)
        finally:
            signals.close()

    async def step(self) -> bool:
        """Follows what has happened and sends what is due, one post of each thread; False when there was nothing."""
        followed = await relay_feed.follow(self._services, self._outside)
        posts = await relay_outbox.take(self._database, self._outside.channel, SIDE_BY_SIDE)
        ended = await asyncio.gather(*(self._see_to(one) for one in posts), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return bool(followed or posts)

    async def _see_to(self, post: Post) -> None:
        result = await self._attempt(post)
        log.info("desk_post", post=post.key, kind=post.kind, result=type(result).__name__)
        if isinstance(result, Sent):
            await relay_outbox.sent(self._database, post, result.provider_id)
        elif isinstance(result, RetryAfter):
            await relay_outbox.not_taken(self._database, post, result.seconds, "not taken")
        elif isinstance(result, Rejected):
            log.warning("desk_post_refused", place=post.place, why=result.why)
            await relay_outbox.failed(self._database, post, result.why)
        else:
            await relay_outbox.unknown(self._database, post, result.why, look=post.kind != "refresh")

    async def _attempt(self, post: Post) -> SendResult:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if post.tried_at is not None and post.kind != "refresh":
                    return await self._look_for(post, post.tried_at)
                shown = await relay_view.shown(self._services, self._outside, post)
                if shown is None:
                    return Sent()  # nothing is left to be said
                if post.kind == "refresh":
                    return await self._rewrite(post, shown)
                return await self._poster.post(post.place, post.thread, post.key, shown)
        except DatabaseAway:
            raise
        except TimeoutError:
            return Unknown(f"no answer within {SEND_SECONDS:g} seconds")
        except Exception as error:
            # neither its words nor its traceback: they may quote the message
            log.error("desk_post_broke", post=post.key, error=kind_and_place(error))
            return Unknown(type(error).__name__)

    async def _rewrite(self, post: Post, shown: Shown) -> SendResult:
        if post.thread is None:
            return Rejected("its thread was never begun")
        result = await self._poster.rewrite(post.place, post.thread, shown)
        # to write the same twice does no harm
        return RetryAfter(1.0) if isinstance(result, Unknown) else result

    async def _look_for(self, post: Post, tried_at: datetime) -> SendResult:
        found = await self._poster.find(post.place, post.thread, post.key, tried_at)
        if isinstance(found, RetryAfter) and clock_now() - tried_at < relay_outbox.SETTLES:
            return Unknown("not there yet")
        if isinstance(found, Rejected):
            await relay_outbox.unknown(self._database, post, found.why, look=False)
        return found
