"""A channel's rate, whoever asks and whenever: never more than it says within any second, nor less than it may."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from handoff_testing import answer, rows, write
from hypothesis import given
from hypothesis import strategies as st

from handoff import outbox, pace
from handoff.clock import now as clock_now
from handoff.outbox import Due
from handoff.pace import Rate
from handoff.services import Services

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
rates = st.builds(Rate, per_second=st.integers(1, 100), burst=st.integers(1, 20))
# milliseconds between two askings, and how many each wants
askings = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 30)), min_size=1, max_size=60)


def given_away(rate: Rate, asked: list[tuple[int, int]]) -> list[datetime]:
    """The slots that a channel gives to those who ask, in the order of asking."""
    expected = now = START
    found: list[datetime] = []
    for milliseconds, wanted in asked:
        now += timedelta(milliseconds=milliseconds)
        times, expected = pace.slots(rate, expected, now, wanted)
        assert all(now <= at <= now + pace.AHEAD for at in times)
        found += times
    return found


@given(rates, askings)
def test_within_any_second_there_are_never_more_than_the_rate_allows(rate: Rate, asked: list[tuple[int, int]]) -> None:
    times = given_away(rate, asked)
    assert times == sorted(times)
    for place, at in enumerate(times):
        assert sum(at <= other < at + SECOND for other in times[place:]) <= rate.per_second + rate.burst - 1


@given(rates)
def test_who_always_asks_gets_the_whole_rate(rate: Rate) -> None:
    times = given_away(rate, [(100, 50)] * 100)
    assert len(times) >= 0.99 * rate.per_second * 9.9


def test_after_a_rest_a_burst_goes_at_once_and_then_one_after_the_other() -> None:
    times, expected = pace.slots(Rate(per_second=10, burst=3), START - timedelta(hours=1), START, 4)
    assert times == [START, START, START, START + timedelta(milliseconds=100)]
    assert pace.slots(Rate(per_second=10, burst=3), expected, START, 9)[0] == []
    assert pace.opens(Rate(per_second=10, burst=3), expected) == START + timedelta(milliseconds=200) - pace.AHEAD


async def taken(services: Services, rate: Rate | None, limit: int = 100) -> list[Due]:
    return list((await outbox.take_due(services.database, "fake", limit, rate)).due)


class Clock:
    """The outbox's clock, standing at a moment of our choice since this one was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began = self.moment = clock_now()
        monkeypatch.setattr(outbox, "clock_now", lambda: self.moment)

    def stand(self, seconds: float) -> None:
        self.moment = self.began + timedelta(seconds=seconds)


async def speak(services: Services, address: str, *replies: str) -> None:
    await write(services, "hello", address)
    await answer(services, *replies)


async def test_workers_that_ask_at_the_same_moment_share_one_rate(services: Services) -> None:
    rate = Rate(per_second=20, burst=1)
    for number in range(12):
        await speak(services, f"v{number}", str(number))
    found = await asyncio.gather(*(taken(services, rate) for _ in range(6)))
    times = sorted(due.send_at for some in found for due in some)
    assert len(times) > 1
    assert all(late - early >= timedelta(milliseconds=50) for early, late in pairwise(times))


async def test_a_channel_without_a_rate_keeps_no_row(services: Services) -> None:
    for number in range(12):
        await speak(services, f"v{number}", str(number))
    assert len(await taken(services, None)) == 12
    assert await rows(services.database, "channel_pace") == []


async def test_a_chat_rests_after_each_message_whatever_became_of_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Rate(per_second=1000, burst=1000, seconds_between=60)
    await speak(services, "amina", "one", "two", "three")
    clock = Clock(monkeypatch)
    for number, status in enumerate(("sent", "failed", "unknown")):
        clock.stand(number * 60)
        (due,) = await taken(services, rate)
        await outbox.settle(services.database, due, status, None, rate)
        clock.stand(number * 60 + 59.9)
        assert await taken(services, rate) == []


async def test_what_is_said_while_the_chat_rests_waits_too(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    rate = Rate(per_second=1000, burst=1000, seconds_between=600)
    await speak(services, "amina", "one")
    clock = Clock(monkeypatch)
    (due,) = await taken(services, rate)
    await outbox.settle(services.database, due, "sent", None, rate)
    await speak(services, "amina", "two", "three")
    await speak(services, "jonas", "another chat")
    clock.stand(599)
    assert [due.message.text for due in await taken(services, rate)] == ["another chat"]
    clock.stand(600)
    assert [due.message.text for due in await taken(services, rate)] == ["two"]


async def test_a_group_gets_no_more_than_its_number_within_any_minute(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = Rate(per_second=1000, burst=1000, per_minute=3, is_group=lambda address: address.startswith("-"))
    for address in ("-group", "person"):
        await speak(services, address, *(f"{number}" for number in range(8)))
    clock = Clock(monkeypatch)
    sent: dict[str, list[int]] = {"-group": [], "person": []}
    for second in range(0, 150, 10):
        clock.stand(second)
        for due in await taken(services, rate):
            sent[due.address].append(second)
            await outbox.settle(services.database, due, "sent", None, rate)
    assert sent["-group"] == [0, 10, 20, 60, 70, 80, 120, 130]
    assert sent["person"] == [0, 10, 20, 30, 40, 50, 60, 70]


@pytest.mark.parametrize("rate", [None, Rate(per_second=10, burst=5)], ids=["unpaced", "paced"])
async def test_a_paused_channel_gives_nothing_until_the_longest_pause_is_over(
    services: Services, monkeypatch: pytest.MonkeyPatch, rate: Rate | None
) -> None:
    await speak(services, "amina", "one")
    clock = Clock(monkeypatch)
    for seconds in (30, 10):
        await outbox.pause(services.database, "fake", clock.began + timedelta(seconds=seconds), rate)
    clock.stand(29.8)
    assert await taken(services, rate) == []
    clock.stand(30)
    assert len(await taken(services, rate)) == 1
