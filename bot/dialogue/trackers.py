"""Rasa's trackers, kept alive between turns and written only by the turn's own transaction."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

from handoff.turn_store import StoredEvents

LIVE_CONVERSATIONS = 500
SESSION_EVENTS = 60


@dataclass(frozen=True)
class _Live:
    tracker: DialogueStateTracker
    generation: int
    position: int
    stored: int  # how many of the tracker's events are in the database


class TurnTrackers(TrackerStore):
    """Gives Rasa the conversation's tracker and keeps what a turn adds until the turn's transaction takes it.

    `save` writes nothing: `taken` hands over the new events, and `keep` or `forget` says what became of the
    transaction. A session of more than `SESSION_EVENTS` events is rolled, outside forms: the current slots and the
    last exchange go into a new generation, so a long conversation stays as quick as a new one.
    """

    def __init__(self) -> None:
        self._live: OrderedDict[str, _Live] = OrderedDict()
        super().__init__(Domain.empty())

    def holds(self, sender_id: str, newest: tuple[int, int] | None) -> bool:
        """Whether memory is as new as the database's newest row: another worker may have gone on since."""
        live = self._live.get(sender_id)
        return live is not None and newest == (live.generation, live.position - 1)

    def load(self, sender_id: str, rows: Iterable[StoredEvents]) -> None:
        """Takes the stored events of a conversation that is not held."""
        rows = list(rows)
        events = deserialise_events([event for row in rows for event in json.loads(row.events)])
        generation, position = (rows[-1].generation, rows[-1].position + 1) if rows else (0, 0)
        self._hold(sender_id, _Live(self._tracker(sender_id, events), generation, position, len(events)))

    def taken(self, sender_id: str) -> StoredEvents | None:
        """The events that the last turn added, as a row to be stored; None when there are none."""
        live = self._live[sender_id]
        events = list(live.tracker.events)
        if len(events) == live.stored:
            return None
        if len(events) > SESSION_EVENTS and live.tracker.active_loop is None:
            events = _rolled(live.tracker)
            live = _Live(self._tracker(sender_id, events), live.generation + 1, 0, 0)
            self._hold(sender_id, live)
        return StoredEvents(live.generation, live.position, _as_json(events[live.stored :]))

    def keep(self, sender_id: str) -> None:
        """The transaction stood: what was taken is stored."""
        live = self._live.get(sender_id)
        if live is not None:
            self._hold(sender_id, replace(live, position=live.position + 1, stored=len(live.tracker.events)))

    def forget(self, sender_id: str) -> None:
        """The transaction did not stand, or another worker may have gone on: the next turn reads the database."""
        self._live.pop(sender_id, None)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The live tracker.

        Raises:
            LookupError: it was not loaded; Rasa would answer from an empty memory instead.
        """
        if sender_id not in self._live:
            raise LookupError(f"conversation {sender_id} was not loaded")
        return self._live[sender_id].tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        live = self._live[tracker.sender_id]
        self._hold(tracker.sender_id, replace(live, tracker=tracker))

    def held(self) -> list[str]:
        """The conversations in memory."""
        return list(self._live)

    async def keys(self) -> Iterable[str]:
        return self.held()

    def _tracker(self, sender_id: str, events: list[Event]) -> DialogueStateTracker:
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots, domain=self.domain)

    def _hold(self, sender_id: str, live: _Live) -> None:
        self._live[sender_id] = live
        self._live.move_to_end(sender_id)
        while len(self._live) > LIVE_CONVERSATIONS:
            self._live.popitem(last=False)


def _rolled(tracker: DialogueStateTracker) -> list[Event]:
    """A short session that goes on where the long one is: its slots and its last exchange."""
    events = list(tracker.events)
    last = max(place for place, event in enumerate(events) if isinstance(event, UserUttered))
    slots = [SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.value != slot.initial_value]
    start = [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted(), *slots, ActionExecuted(ACTION_LISTEN_NAME)]
    return [*start, *events[last:]]


def _as_json(events: list[Event]) -> str:
    return json.dumps([event.as_dict() for event in events], ensure_ascii=False, separators=(",", ":"))
