"""How it was: asked once for each time that a person helped, answered once, and never a reason to reopen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from handoff_testing import (
    RAHIM,
    SADIA,
    answer,
    ask_for_person,
    change,
    dump,
    hire,
    lease,
    notices,
    offered,
    phrase,
    press,
    rows,
    state,
    write,
)

from handoff import ownership, ratings
from handoff.choices import COMMENT_WITHIN
from handoff.clock import now
from handoff.conversations import Conversation
from handoff.messages import Button, Said
from handoff.services import Services

LANGUAGES = pytest.mark.parametrize("language", ["en", "bn"])
SCORES = [f"rating:{score}" for score in (5, 4, 3, 2, 1)]


async def helped(services: Services, language: str = "en", address: str = "amina") -> Conversation:
    conversation = await ask_for_person(services, address, language=language)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.reply(services, conversation.id, RAHIM, "It is on its way.", private=False)
    return await ownership.resolve(services, conversation.id, RAHIM)


async def rated(services: Services) -> list[tuple[int | None, str | None]]:
    return [(row["score"], row["comment"]) for row in await rows(services.database, "ratings", "asked_at")]


@LANGUAGES
async def test_who_was_helped_is_asked_once_in_their_language(services: Services, language: str) -> None:
    conversation = await helped(services, language)
    assert (await notices(services, conversation.id))[-1] == phrase(services, "rating_ask", language)
    assert await offered(services, conversation.id) == SCORES
    row = (await rows(services.database, "ratings"))[0]
    assert (row["agent_id"], row["score"], row["rated_at"]) == (RAHIM.id, None, None)


@LANGUAGES
async def test_a_score_and_a_comment_are_kept_and_leave_the_conversation_resolved(
    services: Services, language: str
) -> None:
    conversation = await helped(services, language)
    await press(services, "rating:4")
    assert (await notices(services, conversation.id))[-1] == phrase(services, "rating_thanks", language)
    assert await offered(services, conversation.id) == [ratings.COMMENT]
    await press(services, ratings.COMMENT)
    assert (await notices(services, conversation.id))[-1] == phrase(services, "comment_ask", language)
    await write(services, "রহিম ভাই খুব ভালো")
    assert (await notices(services, conversation.id))[-1] == phrase(services, "comment_thanks", language)
    assert await rated(services) == [(4, "রহিম ভাই খুব ভালো")]
    after = await state(services, conversation.id)
    assert (after.status, after.epoch, after.expects) == ("resolved", conversation.epoch, None)
    assert [row["status"] for row in await rows(services.database, "turns")] == ["done"]

    message = await write(services, "one more thing")
    assert (await state(services, conversation.id)).status == "bot"
    assert (await lease(services)).message.id == message.id


@pytest.mark.parametrize("second", ["rating:5", "rating:1"])
async def test_a_rating_pressed_twice_counts_once(services: Services, second: str) -> None:
    conversation = await helped(services, "bn")
    await asyncio.gather(press(services, "rating:5"), press(services, second))
    first = (await rated(services))[0][0]
    assert first in (5, int(second[-1]))
    told = await notices(services, conversation.id)
    assert told.count(phrase(services, "rating_thanks", "bn")) == 1
    assert told.count(phrase(services, "rating_known", "bn")) == 1


async def test_a_second_comment_is_not_asked_for(services: Services) -> None:
    conversation = await helped(services)
    await press(services, "rating:5")
    await press(services, ratings.COMMENT)
    await write(services, "good")
    await press(services, ratings.COMMENT)
    assert (await notices(services, conversation.id))[-1] == phrase(services, "choice_passed")
    assert await rated(services) == [(5, "good")]


async def test_of_two_messages_at_once_after_the_question_one_is_the_comment_and_the_other_is_answered(
    services: Services,
) -> None:
    conversation = await helped(services)
    await press(services, "rating:5")
    await press(services, ratings.COMMENT)
    await asyncio.gather(write(services, "one"), write(services, "two"))
    comment = (await rated(services))[0][1]
    assert comment in ("one", "two")
    assert (await state(services, conversation.id)).status == "bot"
    assert (await lease(services)).message.text == {"one": "two", "two": "one"}[comment]


async def test_words_long_after_the_question_are_a_new_question_and_not_the_comment(services: Services) -> None:
    conversation = await helped(services)
    await press(services, "rating:5")
    await press(services, ratings.COMMENT)
    await change(services.database, "conversations", updated_at=now() - COMMENT_WITHIN - timedelta(seconds=1))
    message = await write(services, "where is my order 10001")
    assert await rated(services) == [(5, None)]
    assert (await state(services, conversation.id)).status == "bot"
    assert (await lease(services)).message.id == message.id


async def test_a_button_of_the_bot_pressed_instead_of_a_comment_is_for_the_bot(services: Services) -> None:
    await write(services)
    await answer(services, said=[Said("Hello!", (Button("Delivery", "/delivery_time"),))])
    conversation = await helped(services)
    await press(services, "rating:5")
    await press(services, ratings.COMMENT)
    message = await press(services, "/delivery_time")
    assert (await lease(services)).message.id == message.id
    assert (await state(services, conversation.id)).expects is None


async def test_a_score_given_after_a_new_question_counts_and_disturbs_nothing(services: Services) -> None:
    conversation = await helped(services)
    message = await write(services, "and the lamp?")
    await press(services, "rating:2")
    assert await rated(services) == [(2, None)]
    assert await offered(services, conversation.id) == []  # no comment: the next words are for the bot
    assert (await state(services, conversation.id)).status == "bot"
    assert (await answer(services, "It is here.")).message.id == message.id
    assert [row["status"] for row in await rows(services.database, "turns", "seq")] == ["done", "done"]


async def test_each_time_that_somebody_helped_is_rated_by_itself(services: Services) -> None:
    conversation = await helped(services)
    await press(services, "rating:5")
    again = await helped(services)
    assert again.id == conversation.id
    await press(services, "rating:1")
    assert await rated(services) == [(5, None), (1, None)]
    async with services.database.read() as tx:
        found = await ratings.of_conversation(tx, conversation.id)
    assert sorted((one["score"], one["comment"]) for one in found.values()) == [(1, None), (5, None)]


async def test_a_card_number_in_a_comment_is_kept_nowhere(services: Services) -> None:
    await helped(services)
    await press(services, "rating:1")
    await press(services, ratings.COMMENT)
    await write(services, "you charged 4111 1111 1111 1111 twice")
    assert (await rated(services))[0][1] == "you charged [•••• card number removed] twice"
    assert "1111 1111" not in await dump(services.database)


async def test_who_is_handed_back_to_the_bot_is_not_asked(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, await hire(services.database, RAHIM))
    await ownership.return_to_bot(services, conversation.id, RAHIM)
    assert await rated(services) == []


async def test_the_rating_is_of_whoever_had_it_last(services: Services) -> None:
    conversation = await ask_for_person(services)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.transfer(services, conversation.id, RAHIM, SADIA)
    await ownership.resolve(services, conversation.id, SADIA)
    assert (await rows(services.database, "ratings"))[0]["agent_id"] == SADIA.id
