"""Who is next, how urgent, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from handoff_testing import RAHIM, ask_for_person, state

from handoff import ownership, queue, store
from handoff.database import Transaction
from handoff.queue import QueueRules
from handoff.services import Services

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
RULES = """
default_priority: 1
priorities: {complaint: 3, bot_failed: 2}
deadline_minutes: {3: 5, 2: 10, 1: 0.5}
"""


def test_the_rules_give_each_reason_its_priority_and_each_priority_its_deadline(tmp_path: Path) -> None:
    (tmp_path / "handoff.yml").write_text(RULES, encoding="utf-8")
    rules = QueueRules.load(tmp_path / "handoff.yml")
    assert [rules.priority(reason) for reason in ("complaint", "bot_failed", "anything else")] == [3, 2, 1]
    assert rules.deadline(3, NOW) == NOW + timedelta(minutes=5)
    assert rules.deadline(1, NOW) == NOW + timedelta(seconds=30)


@pytest.mark.parametrize("without", ["3: 5, ", "1: 0.5"])
def test_a_priority_without_a_deadline_is_named_with_the_file(tmp_path: Path, without: str) -> None:
    (tmp_path / "handoff.yml").write_text(RULES.replace(without, ""), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"handoff\.yml: .* priority {without[0]}; add one"):
        QueueRules.load(tmp_path / "handoff.yml")


def test_the_shops_own_rules_can_be_used_and_put_damage_before_a_plain_wish(services: Services) -> None:
    rules = services.queue_rules
    assert rules.priority("damaged_item") > rules.priority("bot_failed") > rules.priority("human_agent")
    assert rules.deadline(rules.priority("damaged_item"), NOW) < rules.deadline(rules.priority("human_agent"), NOW)


async def places(tx: Transaction, services: Services, *ids: str) -> list[int]:
    found = [await store.get(tx, one) for one in ids]
    return [await queue.position(tx, one) for one in found if one is not None]


async def test_the_queue_goes_by_priority_then_by_age_then_by_id(services: Services) -> None:
    plain = await ask_for_person(services, "plain")
    urgent = await ask_for_person(services, "urgent", reason="complaint")
    later = await ask_for_person(services, "later")
    middle = await ask_for_person(services, "middle", reason="bot_failed")
    ids = (urgent.id, middle.id, plain.id, later.id)
    async with services.database.read() as tx:
        assert await places(tx, services, *ids) == [1, 2, 3, 4]

    same_age = [plain, later]
    async with services.database.write() as tx:
        for conversation in same_age:
            await store.save(tx, replace(conversation, waiting_since=NOW))
    async with services.database.read() as tx:
        assert await places(tx, services, *sorted(one.id for one in same_age)) == [3, 4]


async def test_who_leaves_the_queue_moves_the_others_up(services: Services) -> None:
    waiting = [await ask_for_person(services, f"v{number}") for number in range(3)]
    await ownership.claim(services, waiting[0].id, RAHIM)
    async with services.database.read() as tx:
        assert await places(tx, services, waiting[1].id, waiting[2].id) == [1, 2]
    # put back, it waits anew: behind those who came meanwhile
    await ownership.transfer(services, waiting[0].id, RAHIM, None)
    async with services.database.read() as tx:
        assert await places(tx, services, *(one.id for one in waiting)) == [3, 1, 2]


async def test_overdue_names_the_queued_whose_deadline_has_passed_the_longest_overdue_first(services: Services) -> None:
    urgent = await ask_for_person(services, "urgent", reason="complaint")
    plain = await ask_for_person(services, "plain")
    claimed = await ask_for_person(services, "claimed")
    await ownership.claim(services, claimed.id, RAHIM)
    deadlines = [one.deadline for one in (await state(services, urgent.id), await state(services, plain.id))]
    assert deadlines[0] is not None and deadlines[1] is not None and deadlines[0] < deadlines[1]
    async with services.database.read() as tx:
        assert await queue.overdue(tx, deadlines[0] - timedelta(microseconds=1)) == []
        assert await queue.overdue(tx, deadlines[0]) == [urgent.id]
        assert await queue.overdue(tx, deadlines[1] + timedelta(hours=1)) == [urgent.id, plain.id]
        assert await queue.overdue(tx, deadlines[1] + timedelta(hours=1), limit=1) == [urgent.id]
