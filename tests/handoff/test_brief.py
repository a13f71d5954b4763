"""What an agent is told before reading on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from handoff_testing import (
    RAHIM,
    answer,
    arrive,
    ask_for_person,
    press,
    state,
    ticket,
    update,
    write,
)

from handoff import absence, brief, ownership, ratings, store
from handoff.clock import iso, now
from handoff.conversations import Conversation
from handoff.services import Services

KNOWN = {"order_number": "10001", "order_contact": "amina@example.com"}


async def of(services: Services, conversation: Conversation) -> dict[str, Any]:
    conversation = await state(services, conversation.id)
    async with services.database.read() as tx:
        said = await store.transcript(tx, conversation.id, private=True)
        return await brief.brief(tx, conversation, said, now())


async def test_it_says_why_in_which_language_and_what_was_collected(services: Services) -> None:
    conversation = await ask_for_person(services, reason="complaint", language="bn", known=KNOWN)
    found = await of(services, conversation)
    assert (found["reason"], found["language"], found["known"]) == ("complaint", "bn", KNOWN)
    assert (found["contact"], found["earlier"], found["messages"]) == (None, [], 2)
    assert found["since"] == iso(conversation.created_at)


@pytest.mark.parametrize(
    ("known", "level"), [({}, "none"), (KNOWN, "none"), ({**KNOWN, "verified_order": "10001"}, "matched")]
)
async def test_it_says_how_surely_the_customer_is_known(services: Services, known: dict[str, str], level: str) -> None:
    found = await of(services, await ask_for_person(services, known=known))
    assert found["verification"] == level
    assert "verified_order" not in found["known"]


async def test_it_shows_the_last_things_that_the_bot_understood(services: Services) -> None:
    for number in range(6):
        await write(services, f"question {number}")
        await answer(services, "…", intent=f"intent_{number}", confidence=0.5 + number / 20)
    conversation = await ask_for_person(services, intent="human_agent", confidence=0.9)
    found = (await of(services, conversation))["understood"]
    assert [one["intent"] for one in found] == ["intent_2", "intent_3", "intent_4", "intent_5", "human_agent"]
    assert found[0] == {"text": "question 2", "intent": "intent_2", "confidence": 0.6}


async def test_the_wait_is_counted_until_somebody_comes_and_then_stands(services: Services) -> None:
    conversation = await ask_for_person(services)
    since = now() - timedelta(minutes=10)
    await update(services.database, "conversations", conversation.id, waiting_since=since)
    assert (await of(services, conversation))["waited_seconds"] in range(600, 640)
    await ownership.claim(services, conversation.id, RAHIM)
    request = await ticket(services, conversation.id)
    await update(services.database, "handoffs", request["id"], claimed_at=since + timedelta(minutes=4))
    assert (await of(services, conversation))["waited_seconds"] == 240
    await ownership.return_to_bot(services, conversation.id, RAHIM)
    assert (await of(services, conversation))["waited_seconds"] is None


async def test_the_address_that_the_customer_left_stands_there_while_the_request_is_open(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, absence.CONTACT)
    await write(services, "amina@example.com")
    assert (await of(services, conversation))["contact"] == "amina@example.com"
    await ownership.claim(services, conversation.id, RAHIM)
    assert (await of(services, conversation))["contact"] == "amina@example.com"
    await ownership.resolve(services, conversation.id, RAHIM)
    assert (await of(services, conversation))["contact"] is None


async def test_earlier_requests_of_this_customer_come_with_how_they_ended_and_how_it_was(services: Services) -> None:
    await arrive(services.database, RAHIM)
    first = await ask_for_person(services, reason="complaint")
    await ownership.claim(services, first.id, RAHIM)
    await ownership.resolve(services, first.id, RAHIM)
    await press(services, "rating:2")
    await press(services, ratings.COMMENT)
    await write(services, "slow")
    await ask_for_person(services, reason="double_charged")
    stranger = await ask_for_person(services, "jonas")

    found = await of(services, first)
    assert found["reason"] == "double_charged"
    assert [(one["reason"], one["agent"], one["outcome"], one["rating"]) for one in found["earlier"]] == [
        ("complaint", "Rahim", "resolved", {"score": 2, "comment": "slow"})
    ]
    assert found["earlier"][0]["conversation_id"] == first.id
    assert (await of(services, stranger))["earlier"] == []


async def test_of_many_earlier_requests_the_newest_ten_are_shown(services: Services) -> None:
    for _ in range(12):
        conversation = await ask_for_person(services)
        await ownership.claim(services, conversation.id, RAHIM)
        await ownership.resolve(services, conversation.id, RAHIM)
    conversation = await ask_for_person(services)
    found = (await of(services, conversation))["earlier"]
    assert len(found) == brief.EARLIER
    times = [one["requested_at"] for one in found]
    assert times == sorted(times, reverse=True)


class Orders:
    def __init__(self, found: Any) -> None:
        self.found = found
        self.asked: list[str] = []

    async def glimpse(self, number: str) -> Any:
        self.asked.append(number)
        if isinstance(self.found, Exception):
            raise self.found
        if self.found == "slow":
            await asyncio.sleep(60)
        return self.found


async def test_the_order_that_was_named_is_looked_up(services: Services) -> None:
    orders = Orders({"state": "shipped"})
    asking = replace(services, orders=orders)
    assert await brief.order(asking, KNOWN) == {"state": "shipped"}
    assert await brief.order(asking, {}) is None
    assert await brief.order(services, KNOWN) is None  # a house without a shop
    assert orders.asked == ["10001"]
    assert await brief.order(replace(services, orders=Orders(None)), KNOWN) is None


@pytest.mark.parametrize("trouble", [ConnectionError("the shop's password is …"), "slow"])
async def test_a_shop_that_is_away_or_slow_costs_the_agent_a_sentence_and_not_the_conversation(
    services: Services, trouble: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brief, "ORDER_SECONDS", 0.05)
    found = await brief.order(replace(services, orders=Orders(trouble)), KNOWN)
    assert found is not None
    assert "does not answer" in found["error"] and "password" not in found["error"]
