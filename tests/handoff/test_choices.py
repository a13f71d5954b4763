"""How a customer goes on when nobody is there: wait, leave an address, or go on with the bot."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    RAHIM,
    arrive,
    ask_for_person,
    closed,
    dump,
    notices,
    offered,
    phrase,
    press,
    rows,
    said,
    state,
    ticket,
    update,
    write,
)

from handoff import absence, comebacks, deadlines, inbox, ownership
from handoff.absence import BOT, CONTACT, WAIT
from handoff.clock import now
from handoff.conversations import Refused
from handoff.incoming import Incoming
from handoff.services import Services

LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])


async def last(services: Services, conversation_id: str) -> str:
    return (await notices(services, conversation_id))[-1]


async def nothing_for_the_bot(services: Services) -> bool:
    return all(row["status"] == "done" for row in await rows(services.database, "turns"))


@LANGUAGES
async def test_who_chooses_to_wait_keeps_their_place_and_is_on_time_again(services: Services, language: str) -> None:
    conversation = await ask_for_person(services, language=language)
    await press(services, WAIT)
    after = await state(services, conversation.id)
    assert (after.status, after.rank, after.epoch, after.choice) == (
        "queued",
        conversation.rank,
        conversation.epoch,
        "wait",
    )
    assert await last(services, conversation.id) == phrase(services, "waiting", language)
    assert after.deadline is not None and after.deadline > now() + timedelta(minutes=14)


@LANGUAGES
async def test_who_waits_over_night_has_until_after_the_opening(services: Services, language: str) -> None:
    night = closed(services, timedelta(hours=10))
    opens = night.hours.opens("support", now())
    assert opens is not None
    conversation = await ask_for_person(night, language=language)
    await press(night, WAIT)
    after = await state(night, conversation.id)
    assert after.deadline == opens + night.queue_rules.target(1).first_response
    told = phrase(night, "waiting_until", language, opens=absence.moment(night, "support", opens))
    assert await last(night, conversation.id) == told


@LANGUAGES
async def test_an_address_is_asked_for_kept_and_said_back(services: Services, language: str) -> None:
    conversation = await ask_for_person(services, language=language)
    await press(services, CONTACT)
    assert await last(services, conversation.id) == phrase(services, "contact_ask", language)
    await write(services, "amina@example.com, please")
    after = await state(services, conversation.id)
    assert (after.status, after.choice, after.expects) == ("queued", "contact", None)
    assert (await ticket(services, conversation.id))["contact"] == "amina@example.com"
    told = phrase(services, "contact_kept", language, contact={"text": "amina@example.com"})
    assert await last(services, conversation.id) == told
    assert await offered(services, conversation.id) == [BOT]
    assert await nothing_for_the_bot(services)


async def test_a_phone_number_in_bengali_digits_is_an_address(services: Services) -> None:
    conversation = await ask_for_person(services, language="bn")
    await press(services, CONTACT)
    await write(services, "০১৭১২৩৪৫৬৭৮ এ কল দিয়েন")
    assert (await ticket(services, conversation.id))["contact"] == "01712345678"


@LANGUAGES
async def test_words_that_are_no_address_are_asked_about_once_and_then_left_for_whoever_comes(
    services: Services, language: str
) -> None:
    conversation = await ask_for_person(services, language=language)
    await press(services, CONTACT)
    await write(services, "why?")
    assert await last(services, conversation.id) == phrase(services, "contact_unclear", language)
    assert await offered(services, conversation.id) == [WAIT, BOT]
    await write(services, "it is about a lamp")
    assert await last(services, conversation.id) == phrase(services, "contact_left", language)
    assert await offered(services, conversation.id) == [WAIT, CONTACT, BOT]
    told = len(await notices(services, conversation.id))
    await write(services, "it came broken")
    assert len(await notices(services, conversation.id)) == told  # a word to whoever comes
    assert (await state(services, conversation.id)).status == "queued"
    assert await nothing_for_the_bot(services)


async def test_an_address_at_the_second_try_is_taken(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await write(services, "my mail")
    await write(services, "amina@example.com")
    assert (await ticket(services, conversation.id))["contact"] == "amina@example.com"


@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "3782 822463 10005", "৩৭৮২ ৮২২৪৬৩ ১০০০৫", "4222222222222"])
async def test_a_card_number_is_no_address_and_is_kept_nowhere(services: Services, card: str) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await write(services, card)
    assert (await ticket(services, conversation.id))["contact"] is None
    digits = [one for one in ("4111111111111111", "378282246310005", "৩৭৮২৮২২৪৬৩১০০০৫", "4222222222222")]
    stored = (await dump(services.database)).replace(" ", "")
    assert not [one for one in digits if one in stored]


async def test_an_address_longer_than_can_be_kept_is_none(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await write(services, f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example")
    assert (await ticket(services, conversation.id))["contact"] is None
    assert await last(services, conversation.id) == phrase(services, "contact_unclear")


async def test_an_address_typed_when_somebody_has_come_is_a_word_to_them(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await ownership.claim(services, conversation.id, RAHIM)
    await write(services, "amina@example.com")
    assert (await said(services, conversation.id))[-1] == ("customer", "amina@example.com")
    assert (await ticket(services, conversation.id))["contact"] is None
    assert (await state(services, conversation.id)).deadline is not None


async def test_an_address_and_a_claim_at_once_leave_nobody_unheard(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await asyncio.gather(write(services, "amina@example.com"), ownership.claim(services, conversation.id, RAHIM))
    after = await state(services, conversation.id)
    assert (after.status, after.agent_id, after.expects) == ("assigned", RAHIM.id, None)
    assert after.deadline is not None
    kept = (await ticket(services, conversation.id))["contact"]
    told = phrase(services, "contact_kept", contact={"text": "amina@example.com"}) in await notices(services, after.id)
    assert (kept is not None) == told


async def test_nobody_goes_back_to_the_bot_while_they_type_their_address(services: Services) -> None:
    conversation = await ask_for_person(services)
    await update(services.database, "conversations", conversation.id, deadline=now() + timedelta(seconds=1))
    await press(services, CONTACT)
    deadline = (await state(services, conversation.id)).deadline
    assert deadline is not None and deadline > now() + timedelta(minutes=4)


@LANGUAGES
async def test_on_with_the_bot_the_request_is_closed(services: Services, language: str) -> None:
    conversation = await ask_for_person(services, language=language)
    await press(services, BOT)
    after = await state(services, conversation.id)
    assert (after.status, after.reason, after.deadline, after.rank) == ("bot", None, None, None)
    assert after.epoch == conversation.epoch + 1
    assert await last(services, conversation.id) == phrase(services, "with_bot_again", language)
    assert (await ticket(services, conversation.id))["outcome"] == "chose_bot"
    await write(services, "where is my order")
    assert [row["status"] for row in await rows(services.database, "turns", "seq")] == ["done", "waiting"]


@LANGUAGES
async def test_on_with_the_bot_after_leaving_an_address_the_request_stays_open(
    services: Services, language: str
) -> None:
    conversation = await ask_for_person(services, language=language)
    await press(services, CONTACT)
    await write(services, "amina@example.com")
    await press(services, BOT)
    assert (await state(services, conversation.id)).status == "bot"
    assert await last(services, conversation.id) == phrase(services, "with_bot_meanwhile", language)
    parked = await ticket(services, conversation.id)
    assert (parked["closed_at"], parked["contact"]) == (None, "amina@example.com")
    assert parked["parked_at"] is not None
    await arrive(services.database, RAHIM)
    assert await comebacks.call_back(services) == 1
    assert (await state(services, conversation.id)).waiting_since == conversation.waiting_since


async def test_an_address_left_once_is_not_lost_by_a_later_choice(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, CONTACT)
    await write(services, "amina@example.com")
    await press(services, WAIT)
    await press(services, BOT)
    assert (await ticket(services, conversation.id))["closed_at"] is None


@pytest.mark.parametrize("payload", [WAIT, CONTACT, BOT])
@pytest.mark.parametrize("where", ["assigned", "bot", "resolved", "parked"])
async def test_a_choice_pressed_late_changes_nothing_and_says_so(services: Services, payload: str, where: str) -> None:
    conversation = await ask_for_person(services, language="bn")
    if where == "parked":
        await update(services.database, "conversations", conversation.id, deadline=now())
        await deadlines.deal_with_passed(services)
    else:
        await ownership.claim(services, conversation.id, RAHIM)
        if where == "bot":
            await ownership.return_to_bot(services, conversation.id, RAHIM)
        if where == "resolved":
            await ownership.resolve(services, conversation.id, RAHIM)
    before = await state(services, conversation.id)
    request = await ticket(services, conversation.id)
    await press(services, payload)
    after = await state(services, conversation.id)
    assert (after.status, after.epoch, after.deadline) == (before.status, before.epoch, before.deadline)
    assert await ticket(services, conversation.id) == request
    assert await last(services, conversation.id) == phrase(services, "choice_passed", "bn")
    assert await nothing_for_the_bot(services)


async def test_a_choice_that_was_never_offered_is_refused(services: Services) -> None:
    await arrive(services.database, RAHIM)
    await ask_for_person(services)
    for payload in (WAIT, "handoff:now", "rating:5"):
        with pytest.raises(Refused) as refused:
            await inbox.receive(services, Incoming("fake", payload, "amina", payload=payload))
        assert refused.value.code == "unknown_button"


@pytest.mark.parametrize("payload", [WAIT, BOT])
async def test_a_choice_and_a_claim_at_once_have_one_outcome(services: Services, payload: str) -> None:
    conversation = await ask_for_person(services)
    results = await asyncio.gather(
        press(services, payload), ownership.claim(services, conversation.id, RAHIM), return_exceptions=True
    )
    after = await state(services, conversation.id)
    request = await ticket(services, conversation.id)
    if isinstance(results[1], Refused):
        assert (payload, after.status, request["outcome"]) == (BOT, "bot", "chose_bot")
    else:
        assert (after.status, request["closed_at"], request["agent_id"]) == ("assigned", None, RAHIM.id)
        assert after.deadline is not None


async def test_what_is_typed_while_waiting_goes_to_whoever_comes_and_not_to_the_bot(services: Services) -> None:
    conversation = await ask_for_person(services)
    await press(services, WAIT)
    told = len(await notices(services, conversation.id))
    await write(services, "my number is 01712345678")
    assert (await ticket(services, conversation.id))["contact"] is None  # nobody asked for it
    assert len(await notices(services, conversation.id)) == told
    assert await nothing_for_the_bot(services)


async def test_a_change_of_language_changes_what_is_said_next(services: Services) -> None:
    conversation = await ask_for_person(services, language="en")
    await press(services, CONTACT)
    await inbox.choose_language(services, "fake", "amina", "bn")
    await write(services, "amina@example.com")
    told = phrase(services, "contact_kept", "bn", contact={"text": "amina@example.com"})
    assert await last(services, conversation.id) == told
