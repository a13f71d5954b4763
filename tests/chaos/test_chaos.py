"""Real processes on a real PostgreSQL server, under load and under every fault we can make; the ledger is the judge.

The short version runs with the suite, the long one by `make chaos` (docs/chaos.md). SHOHAY_CHAOS_SEED repeats a run's
chances; what the operating system makes of them differs all the same. SHOHAY_CHAOS_SECONDS ends the load earlier.
"""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from ordeal import BUSY, BUSY_SECONDS, DROP, LATE, POISON, Judged, Plan, run
from server import own_server

SERVING_SECONDS = 10
RESUMED_SECONDS = 60

SHORT = Plan(
    webs=2,
    workers=2,
    chatters=5,
    visitors=2,
    messages=14,
    window=3,
    pause=0.3,
    cycles=1,
    claims=12,
    deeds=("lose_worker", "kill_web", "restart_database", "kill_web", "provider_gone", "kill_web"),
    every=0.7,
    seconds=25,
    patient=False,
)
# a worker costs eleven seconds of a core to start, a web two
SIXTEEN_KILLS = ("kill_web",) * 15 + ("kill_worker",)
RESTARTED_AMONG_THEM = (*SIXTEEN_KILLS[:8], "restart_database", *SIXTEEN_KILLS[8:])
LONG = Plan(
    webs=3,
    workers=4,
    chatters=20,
    visitors=5,
    messages=1000,
    window=5,
    pause=0.5,
    cycles=5,
    claims=100,
    deeds=(
        *(*RESTARTED_AMONG_THEM, "provider_gone", *RESTARTED_AMONG_THEM, "freeze_worker") * 6,
        *SIXTEEN_KILLS[8:],
    ),
    every=4.0,
    seconds=1080,
    patient=True,
)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SHORT, id="short", marks=[pytest.mark.postgres, pytest.mark.timeout(300)]),
        pytest.param(LONG, id="long", marks=[pytest.mark.postgres, pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Judged:
    """One whole run, which all tests here look at."""
    seed = int(os.environ.get("SHOHAY_CHAOS_SEED") or random.SystemRandom().randrange(2**32))
    plan: Plan = request.param
    plan = replace(plan, seconds=min(plan.seconds, float(os.environ.get("SHOHAY_CHAOS_SECONDS") or plan.seconds)))
    print(f"SHOHAY_CHAOS_SEED={seed}")
    with own_server() as server:
        result = asyncio.run(run(plan, seed, server, tmp_path_factory.mktemp("chaos"), models_dir))
    again = ", ".join(f"{one.stored_after:.1f}/{result.answered_after(one):.1f}" for one in result.restarts)
    print(f"{result.summary}\nrestarts of the database, s until stored/answered again: {again}")
    return result


def test_every_acknowledged_message_is_stored_once_whatever_was_killed(judged: Judged) -> None:
    assert judged.violations["kept"] == []


def test_no_web_answers_anything_but_2xx_or_503_and_copies_get_the_same_answer(judged: Judged) -> None:
    assert judged.violations["wrong"] == []


def test_messages_stand_in_the_order_in_which_they_were_written(judged: Judged) -> None:
    assert judged.violations["ordered"] == []
    assert judged.violations["numbered"] == []


def test_every_message_is_answered_once_and_in_order(judged: Judged) -> None:
    assert judged.violations["answered"] == []


def test_each_chat_gets_each_message_at_most_once_in_order_and_the_status_is_the_truth(judged: Judged) -> None:
    assert judged.violations["sent"] == []


def test_of_many_claims_one_wins_and_after_it_no_bot_speaks(judged: Judged) -> None:
    assert judged.handovers > 0
    assert judged.violations["one_voice"] == []


def test_the_desk_shows_every_message_of_every_conversation(judged: Judged) -> None:
    assert judged.violations["unseen"] == []


def test_no_process_ends_by_itself_and_the_database_sees_no_deadlock(judged: Judged) -> None:
    assert judged.violations["processes"] == []
    assert judged.violations["server"] == []


def test_a_message_refused_for_want_of_a_database_is_stored_once_when_it_comes_again(judged: Judged) -> None:
    said = judged.conversation(LATE)
    assert [row["author"] for row in said] == ["customer", "bot"]


def test_what_the_provider_took_before_it_hung_up_is_unknown_and_not_sent_again(judged: Judged) -> None:
    first = next(row for row in judged.conversation(DROP) if row["author"] != "customer")
    assert judged.stored.deliveries[first["id"]]["status"] == "unknown"
    assert [one.message_id for one in judged.provider.taken(DROP)].count(first["id"]) == 1


def test_a_chat_that_is_told_to_wait_delays_no_other(judged: Judged) -> None:
    attempts = [one for one in judged.provider.attempts if one.chat == BUSY]
    told = attempts[0]
    taken = next(one for one in attempts if one.taken)
    assert taken.at - told.at >= BUSY_SECONDS - 1
    assert [one for one in judged.provider.taken() if told.at < one.at < taken.at]


def test_a_conversation_that_breaks_every_turn_goes_to_a_person_after_five_tries(judged: Judged) -> None:
    said = judged.conversation(POISON)
    turn = judged.stored.turns[said[0]["id"]]
    assert (turn["status"], turn["attempts"]) == ("failed", 5)
    conversation = judged.stored.conversations[turn["conversation_id"]]
    assert (conversation["status"], conversation["reason"]) == ("queued", "bot_failed")


def test_the_database_is_restarted_under_load_and_the_house_serves_again_within_ten_seconds(judged: Judged) -> None:
    assert judged.restarts
    assert max(restart.stored_after for restart in judged.restarts) <= SERVING_SECONDS
    assert max(map(judged.answered_after, judged.restarts)) <= SERVING_SECONDS


def test_a_killed_workers_work_is_taken_up_and_done_within_a_minute(judged: Judged) -> None:
    if not judged.plan.patient:
        pytest.skip("the short run moves the time of dead workers on")
    assert max(judged.resumed["worker killed"]) <= RESUMED_SECONDS
