"""Rasa's trackers between turns: live, stored, rolled and recalled alike."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
    deserialise_events,
)

from bot.dialogue.trackers import LIVE_CONVERSATIONS, SESSION_EVENTS, TurnTrackers
from handoff.turn_store import StoredEvents

DOMAIN = Domain.load(str(Path(__file__).parents[3] / "domain.yml"))
SLOTS = ("order_number", "order_contact", "verified_order", "lookup_misses")

turns = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(SLOTS), st.one_of(st.none(), st.text(max_size=5)), st.just(None)), max_size=3
        ),
        st.integers(1, 12),  # what the bot says
    ),
    min_size=1,
    max_size=12,
)


def turn(slots: list, said: int) -> list[Event]:
    events: list[Event] = [UserUttered("হ্যালো", {"name": "greet", "confidence": 0.9})]
    events += [SlotSet(name, 1.0 if name == "lookup_misses" and value else value) for name, value, _ in slots]
    events += [BotUttered(f"said {number}") for number in range(said)]
    return [*events, ActionExecuted("action_listen")]


def fresh() -> TurnTrackers:
    trackers = TurnTrackers()
    trackers.domain = DOMAIN
    return trackers


async def run(trackers: TurnTrackers, events: list[Event], sender: str = "c") -> StoredEvents | None:
    """One turn as Rasa runs it: the tracker is got, changed and saved."""
    tracker = await trackers.retrieve(sender)
    assert tracker is not None
    for event in events:
        tracker.update(event)
    await trackers.save(tracker)
    return trackers.taken(sender)


def slots_of(tracker) -> dict:
    return {name: slot.value for name, slot in tracker.slots.items()}


@settings(deadline=None)
@given(turns)
async def test_what_is_recalled_equals_what_is_live_after_every_turn(conversation: list) -> None:
    live = fresh()
    live.load("c", [])
    rows: list[StoredEvents] = []
    for slots, said in conversation:
        stored = await run(live, turn(slots, said))
        assert stored is not None
        live.keep("c")
        rows = [*([] if stored.position == 0 else rows), stored]
        recalled = fresh()
        recalled.load("c", rows)
        one, other = await live.retrieve("c"), await recalled.retrieve("c")
        assert list(one.events) == list(other.events)
        assert slots_of(one) == slots_of(other)
        assert one.latest_message == other.latest_message
        assert recalled.holds("c", (stored.generation, stored.position))


@settings(deadline=None)
@given(turns)
async def test_rolling_changes_no_slot_and_keeps_a_session_short(conversation: list) -> None:
    rolling, whole = fresh(), {}
    rolling.load("c", [])
    for slots, said in conversation:
        await run(rolling, turn(slots, said))
        whole |= {name: 1.0 if name == "lookup_misses" and value else value for name, value, _ in slots}
        rolling.keep("c")
        tracker = await rolling.retrieve("c")
        assert {name: value for name, value in slots_of(tracker).items() if name in whole} == whole
        assert len(tracker.events) <= SESSION_EVENTS


async def test_a_row_holds_only_what_its_turn_added() -> None:
    trackers = fresh()
    trackers.load("c", [])
    first = await run(trackers, turn([], 1))
    trackers.keep("c")
    second = await run(trackers, turn([("order_number", "10001", None)], 1))
    assert first and second
    assert (first.generation, first.position, second.generation, second.position) == (0, 0, 0, 1)
    assert [event["event"] for event in json.loads(second.events)] == ["user", "slot", "bot", "action"]


async def test_a_rolled_session_begins_with_the_slots_and_the_last_exchange() -> None:
    trackers = fresh()
    trackers.load("c", [])
    await run(trackers, turn([("order_number", "10001", None), ("order_contact", None, None)], 1))
    trackers.keep("c")
    stored = await run(trackers, turn([], SESSION_EVENTS))
    assert stored is not None
    assert (stored.generation, stored.position) == (1, 0)
    events = deserialise_events(json.loads(stored.events))
    assert [type(event).__name__ for event in events[:5]] == [
        "ActionExecuted",
        "SessionStarted",
        "SlotSet",
        "ActionExecuted",
        "UserUttered",
    ]
    assert sum(isinstance(event, UserUttered) for event in events) == 1


async def test_inside_a_form_nothing_is_rolled() -> None:
    trackers = fresh()
    trackers.load("c", [])
    stored = await run(trackers, [ActiveLoop("order_status_form"), *turn([], SESSION_EVENTS)])
    trackers.keep("c")
    assert stored is not None
    assert stored.generation == 0
    ended = await run(trackers, [*turn([], 1), ActiveLoop(None)])
    assert ended is not None
    assert (ended.generation, ended.position) == (1, 0)


async def test_a_turn_that_added_nothing_stores_nothing() -> None:
    trackers = fresh()
    trackers.load("c", [])
    assert await run(trackers, []) is None


async def test_memory_is_as_new_as_the_newest_row_or_it_is_not_used() -> None:
    trackers = fresh()
    assert not trackers.holds("c", None)
    trackers.load("c", [])
    await run(trackers, turn([], 1))
    trackers.keep("c")
    assert trackers.holds("c", (0, 0))
    assert not trackers.holds("c", (0, 1))
    assert not trackers.holds("c", (1, 0))
    trackers.forget("c")
    assert not trackers.holds("c", (0, 0))
    with pytest.raises(LookupError):
        await trackers.retrieve("c")


async def test_only_so_many_conversations_are_held_and_the_oldest_go_first() -> None:
    trackers = fresh()
    for number in range(LIVE_CONVERSATIONS + 2):
        trackers.load(str(number), [])
    assert len(list(await trackers.keys())) == LIVE_CONVERSATIONS
    with pytest.raises(LookupError):
        await trackers.retrieve("1")
    assert await trackers.retrieve("2") is not None
