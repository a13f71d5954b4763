"""One channel's way out: what is due is sent side by side, and each result decides the message's fate."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog

from connectors.backoff import pause
from connectors.base import Connector, OutboundFile, OutboundMessage, Rejected, RetryAfter, SendResult, Sent, Unknown
from handoff import files, outbox
from handoff.clock import now as clock_now
from handoff.database import Database, DatabaseAway
from handoff.dead_letters import STOPPED
from handoff.outbox import Due
from handoff.turnstile import TOPIC

log = structlog.get_logger(__name__)

SIDE_BY_SIDE = 8
SEND_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 1.0
# nothing was taken although something is due: another worker has its rows in hand
CALM_SECONDS = 0.05
# what is on its way when the program stops may still arrive
GRACE_SECONDS = 3.0
LONGEST_ASKED_SECONDS = 86_400.0


class Lane:
    """Sends on one channel; however slow its provider is, other channels have lanes of their own."""

    def __init__(self, database: Database, connector: Connector) -> None:
        self._database = database
        self._connector = connector
        self._rate = connector.capabilities.rate
        # each send with its attempt, which alone is cut off when the program stops
        self._sends: dict[asyncio.Task[None], asyncio.Task[SendResult]] = {}
        self._broken: BaseException | None = None
        self._stopping = False

    async def run(self) -> None:
        """Works until cancelled. What was taken by then is sent to its end, or is `unknown` if that takes too long."""
        working = asyncio.create_task(self._work())
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            self._stopping = True
            self._database.signals.notify(TOPIC)
            await working
            raise

    async def take(self) -> float:
        """Begins to send what is due, as far as there is room; returns the seconds until there may be more."""
        room = SIDE_BY_SIDE - len(self._sends)
        if room == 0:
            return LOOK_AGAIN_SECONDS
        taken = await outbox.take_due(self._database, self._connector.name, room, self._rate)
        for due in taken.due:
            attempt = asyncio.create_task(self._attempt(due))
            send = asyncio.create_task(self._send(due, attempt))
            self._sends[send] = attempt
            send.add_done_callback(self._done)
        if taken.look_at is None:
            return LOOK_AGAIN_SECONDS
        soonest = 0.0 if taken.due else CALM_SECONDS
        return min(max((taken.look_at - clock_now()).total_seconds(), soonest), LOOK_AGAIN_SECONDS)

    async def settled(self) -> int:
        """Waits for all that is being sent; returns how many there were."""
        sends = list(self._sends)
        await asyncio.gather(*sends)
        return len(sends)

    async def _work(self) -> None:
        signals = self._database.signals.subscribe(TOPIC)
        try:
            while not self._stopping:
                try:
                    seconds = await self.take()
                except DatabaseAway as error:
                    log.warning("database_away", error=str(error))
                    seconds = LOOK_AGAIN_SECONDS
                await signals.wait(seconds)
                if self._broken is not None:
                    raise self._broken
        finally:
            signals.close()
            await self._stop()

    async def _stop(self) -> None:
        if self._sends:
            await asyncio.wait(self._sends, timeout=GRACE_SECONDS)
        for attempt in self._sends.values():
            attempt.cancel()
        if self._sends:
            await asyncio.wait(self._sends, timeout=GRACE_SECONDS)
        for send in self._sends:
            send.cancel()

    def _done(self, send: asyncio.Task[None]) -> None:
        del self._sends[send]
        if not send.cancelled():
            self._broken = self._broken or send.exception()
        self._database.signals.notify(TOPIC)  # there is room again

    async def _send(self, due: Due, attempt: asyncio.Task[SendResult]) -> None:
        await asyncio.wait({attempt})
        result = Unknown(STOPPED) if attempt.cancelled() else attempt.result()
        while True:
            try:
                await self._settle(due, result)
                break
            except DatabaseAway as error:
                log.warning("database_away", error=str(error))
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        log.info("delivery", message=due.message.id, channel=due.channel, result=type(result).__name__)

    async def _attempt(self, due: Due) -> SendResult:
        try:
            kept = await files.of_message(self._database, due.message)
        except DatabaseAway:
            return RetryAfter(LOOK_AGAIN_SECONDS)
        if len(kept) < len(due.message.files):
            return Rejected("its file is no longer here")
        if kept and not self._connector.capabilities.files_out:
            return Rejected("this channel takes no files")
        message = OutboundMessage(
            id=due.message.id,
            conversation_id=due.message.conversation_id,
            address=due.address,
            seq=due.message.seq,
            author=due.message.author,
            author_name=due.message.author_name,
            text=due.message.text,
            buttons=due.message.buttons,
            card=due.message.card,
            language=due.message.language,
            parts=due.parts,
            files=[OutboundFile(one.file.name, one.file.type, one.content) for one in kept],
        )
        await asyncio.sleep((due.send_at - clock_now()).total_seconds())
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._connector.send(message)
        except TimeoutError:
            return Unknown(f"no answer within {SEND_SECONDS:g} seconds")
        except DatabaseAway:  # asked by a connector that keeps its keys there, before anything was sent
            return RetryAfter(LOOK_AGAIN_SECONDS)
        except Exception as error:
            # neither its words nor its traceback: they may quote the message
            log.error("send_broke", message=message.id, channel=due.channel, error=kind_and_place(error))
            return Unknown(type(error).__name__)

    async def _settle(self, due: Due, result: SendResult) -> None:
        if isinstance(result, RetryAfter):
            if result.everyone:
                until = clock_now() + timedelta(seconds=_asked(result.seconds))
                await outbox.pause(self._database, due.channel, until, self._rate)
            if due.attempts < outbox.MAX_ATTEMPTS:
                at = clock_now() + pause(due.attempts, _asked(result.seconds))
                await outbox.retry(self._database, due, at, max(due.parts, result.parts))
                return
            result = Rejected("not taken after many tries", parts=result.parts)
        status = "sent" if isinstance(result, Sent) else "failed" if isinstance(result, Rejected) else "unknown"
        why = None if isinstance(result, Sent) else result.why
        parts = 0 if isinstance(result, Sent) else result.parts
        await outbox.settle(self._database, due, status, why, self._rate, parts)
        if isinstance(result, Rejected) and result.gone:
            await outbox.give_up_chat(self._database, due.message.conversation_id, result.why)


def _asked(seconds: float) -> float:
    """What the provider asked for, within reason: an error of its own must not stop us for ever."""
    return min(max(0.0, seconds), LONGEST_ASKED_SECONDS)


def kind_and_place(error: Exception) -> str:
    """What broke and where, and nothing that it was about."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
    return f"{type(error).__name__}{where}"
