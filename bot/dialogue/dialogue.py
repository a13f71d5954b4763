"""Rasa's Agent embedded: one customer message in, replies and events out."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.log_utils import configure_structlog
from rasa_sdk import Action

from bot.dialogue import failures, speed
from bot.dialogue.answers import Answers, as_said, language_of
from bot.dialogue.local_actions import LocalActions
from bot.dialogue.trackers import TurnTrackers
from bot.nlu.intent import CLOSE, FOREIGN
from handoff.following import Wish
from handoff.messages import Message, Phrases, Said
from handoff.turn_store import StoredEvents
from handoff.turns import Outcome

HANDOFF_REASON = "handoff_reason"
CHOSEN_LANGUAGE = "chosen_language"
ERASURE = "erasure"
# what is agreed on about news of orders: asked, yes or no; and of which orders, each with its contact
NEWS = "news"
NEWS_ORDERS = "news_orders"
FORM = "_form"  # a form is named after the intent that starts it
# slots of the machinery, of no use to an agent
_UNTOLD = {
    HANDOFF_REASON,
    CHOSEN_LANGUAGE,
    ERASURE,
    NEWS,
    NEWS_ORDERS,
    REQUESTED_SLOT,
    "session_started_metadata",
    "lookup_misses",
    "missed_at",
    "one_time_code",
    "confirmation",
    "approved_order",
    "details",
}

# what the pipeline makes of a message that is not clear, and the action that says so
_UNCLEAR = {
    DEFAULT_NLU_FALLBACK_INTENT_NAME: "action_fallback",
    CLOSE: "action_offer_two",
    FOREIGN: "action_foreign_language",
}

# with every kind of space, since Rasa strips those and looks for a slash after that
_SLASHES = re.compile(r"^[/\s]+")


@dataclass(frozen=True)
class Parsed:
    """What the pipeline makes of one text."""

    language: str
    intent: str | None
    confidence: float
    alternatives: Sequence[dict[str, Any]]
    decision: str
    entities: Sequence[dict[str, Any]]


class _Collector(OutputChannel):
    """Rasa's way out: keeps what would be sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "shohay"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(message)


class Dialogue:
    """A loaded model with its own tracker store, so that two can live side by side while one replaces the other."""

    def __init__(self, agent: Agent, trackers: TurnTrackers, model: str) -> None:
        self._agent = agent
        self._trackers = trackers
        self.model = model

    @classmethod
    def load(cls, model: Path, actions: Iterable[Action], words: Phrases) -> Dialogue:
        """Loads a model archive; takes seconds, so run it in a thread.

        Raises:
            rasa.exceptions.ModelNotFound: no model there, or not one that can be read.
        """
        os.environ["RASA_TELEMETRY_ENABLED"] = "false"  # Rasa would report to its makers
        if not structlog.is_configured():
            # Without this, Rasa prints customers' messages to stdout; app.logs configures it for the whole program.
            configure_structlog(logging.WARNING)
        speed.install()
        trackers = TurnTrackers()
        endpoint = LocalActions(list(actions))
        agent = Agent.load(
            model,
            generator=Answers(words=words),
            tracker_store=trackers,
            lock_store=speed.ConversationLocks(),
            action_endpoint=endpoint,
        )
        speed.one_thread()
        trackers.domain = agent.domain
        endpoint.domain = agent.domain.as_dict()
        return cls(agent, trackers, model.name)

    def holds(self, conversation_id: str, newest: tuple[int, int] | None) -> bool:
        """Whether the conversation's tracker is in memory and as new as the stored events."""
        return self._trackers.holds(conversation_id, newest)

    def held(self) -> list[str]:
        """The conversations whose trackers are in memory."""
        return self._trackers.held()

    def recall(self, conversation_id: str, rows: Iterable[StoredEvents]) -> None:
        """Takes the conversation's stored events into memory."""
        self._trackers.load(conversation_id, rows)

    def keep(self, conversation_id: str) -> None:
        """What the last turn added is stored."""
        self._trackers.keep(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """Memory no longer holds for this conversation."""
        self._trackers.forget(conversation_id)

    async def asks(self, conversation_id: str) -> str | None:
        """The intent whose form waits for the customer's answer, None when no form does; the conversation is recalled.

        Raises:
            LookupError: it is not.
        """
        tracker = await self._trackers.retrieve(conversation_id)
        form = tracker.active_loop_name if tracker is not None else None
        return form.removesuffix(FORM) if form else None

    async def leave_form(self, conversation_id: str) -> None:
        """No form waits for the customer's answer any more; what it has learned stays. The conversation is recalled.

        Raises:
            LookupError: it is not.
        """
        tracker = await self._trackers.retrieve(conversation_id)
        if tracker is not None and tracker.active_loop_name:
            tracker.update(ActiveLoop(None))
            tracker.update(SlotSet(REQUESTED_SLOT, None))

    async def handle(
        self,
        message: Message,
        language: str,
        language_chosen: bool,
        customer: Mapping[str, str] | None = None,
        today: date | None = None,
        message_ids: Sequence[str] = (),
    ) -> tuple[Outcome, StoredEvents | None]:
        """Runs one turn on a recalled conversation.

        Args:
            language: the conversation's so far; a message that says nothing about its language keeps it.
            language_chosen: the customer picked it, so it stays.
            customer: the shop's customer, by `id`, `email` or both, where the shop has vouched for them.
            today: the day where the shop is, by default where UTC is: "tomorrow" is seen from it.
            message_ids: of all messages that are answered at once, by default of this one alone.

        Raises:
            Exception: whatever broke in an action, in the words or in Rasa; nothing was stored.
        """
        began = time.perf_counter()
        collector = _Collector()
        incoming = UserMessage(
            message.payload or _typed(message.text),
            collector,
            message.conversation_id,
            input_channel="shohay",
            message_id=message.id,
            metadata={
                "language": language,
                "language_chosen": language_chosen,
                "message_id": message.id,
                "message_ids": list(message_ids or [message.id]),
                "asked": await self.asks(message.conversation_id),
                **({"customer": dict(customer)} if customer else {}),
                **({"today": today.isoformat()} if today else {}),
            },
        )
        with failures.collected():
            await self._agent.handle_message(incoming)
        tracker = await self._trackers.retrieve(message.conversation_id)
        assert tracker is not None
        outcome = self._outcome(tracker, [as_said(one) for one in collector.messages], began)
        return outcome, self._trackers.taken(message.conversation_id)

    async def parse(self, text: str) -> Parsed:
        """Understands one text, outside any conversation."""
        assert self._agent.processor is not None
        data = await self._agent.processor.parse_message(UserMessage(_typed(text)))
        return Parsed(
            language=(data.get("language") or {}).get("name", ""),
            intent=data["intent"]["name"],
            confidence=data["intent"]["confidence"],
            alternatives=data.get("intent_ranking", []),
            decision=data.get("decision", "answer"),
            entities=data["entities"],
        )

    def _outcome(self, tracker: DialogueStateTracker, replies: Sequence[Said], began: float) -> Outcome:
        reason = tracker.get_slot(HANDOFF_REASON)
        chosen = tracker.get_slot(CHOSEN_LANGUAGE)
        erasure = tracker.get_slot(ERASURE)
        for slot, value in ((HANDOFF_REASON, reason), (CHOSEN_LANGUAGE, chosen), (ERASURE, erasure)):
            if value is not None:
                tracker.update(SlotSet(slot, None))
        intent, confidence = _understood(tracker)
        known = {
            name: slot.value for name, slot in tracker.slots.items() if slot.value is not None and name not in _UNTOLD
        }
        return Outcome(
            replies=[said for said in replies if said.text],
            language=chosen or language_of(tracker),
            language_chosen=chosen is not None,
            intent=intent,
            confidence=confidence,
            handoff_reason=reason,
            known=known,
            milliseconds=(time.perf_counter() - began) * 1000,
            news=_agreed(tracker),
            erase=bool(erasure),
        )


def _typed(text: str) -> str:
    """What may reach Rasa of a typed text: only our own buttons' payloads name an intent, by a leading slash."""
    return _SLASHES.sub("", text)


def _agreed(tracker: DialogueStateTracker) -> Wish | None:
    """What the last message has brought about concerning news of orders; None when it was about something else."""
    since = takewhile(lambda event: not isinstance(event, UserUttered), reversed(tracker.events))
    if not any(isinstance(event, SlotSet) and event.key == NEWS for event in since):
        return None
    return Wish(tracker.get_slot(NEWS), dict(tracker.get_slot(NEWS_ORDERS) or {}))


def _understood(tracker: DialogueStateTracker) -> tuple[str | None, float | None]:
    """Intent and confidence of the last message; what a form took as the answer to its question is `inform`."""
    latest = tracker.latest_message
    if latest is None:
        return None, None
    name, confidence = latest.intent.get("name"), latest.intent.get("confidence")
    if name in _UNCLEAR:
        since = takewhile(lambda event: not isinstance(event, UserUttered), reversed(tracker.events))
        done = {event.action_name for event in since if isinstance(event, ActionExecuted)}
        if _UNCLEAR[name] not in done:
            return "inform", 1.0
    return name, confidence
