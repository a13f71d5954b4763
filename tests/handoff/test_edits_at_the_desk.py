"""A message that its customer changed or took back: the desk sees it, with what it said before; so does who asks for
what is stored about them."""

from __future__ import annotations

import httpx
import pytest
from erasure_testing import erase, found
from handoff_testing import RAHIM, ask_for_person, hire, write
from test_desk_pages import at_the_desk

from connectors.website.routes import message_json
from handoff import changes, erasure, ownership, signs, store
from handoff.clock import now
from handoff.desk import views
from handoff.incoming import Changed
from handoff.services import Services


async def change(services: Services, text: str | None, provider_id: str = "m1") -> None:
    assert await changes.take(services, Changed("fake", "amina", provider_id, text))


@pytest.fixture
async def conversation_id(services: Services) -> str:
    """A conversation with a message that was changed twice, and one that was changed and taken back."""
    conversation = await ask_for_person(services)
    await write(services, "red, size M", provider_id="m1")
    await write(services, "my neighbour is called Karim", provider_id="m2")
    await change(services, "red, size L")
    await change(services, "blue, size L")
    await change(services, "my neighbour is called Rahman", "m2")
    await change(services, None, "m2")
    return conversation.id


async def pane(client: httpx.AsyncClient, conversation_id: str) -> str:
    page = await client.get(f"/desk/conversations/{conversation_id}/pane")
    assert page.status_code == 200
    return page.text


async def test_the_desk_sees_what_is_said_now_and_what_was_said_before(
    services: Services, conversation_id: str
) -> None:
    async with services.database.read() as tx:
        conversation = await store.get(tx, conversation_id)
        assert conversation is not None
        detail = await views.conversation_detail(tx, conversation, now())
    changed, gone = detail["messages"][-2:]
    assert (changed["text"], changed["deleted"]) == ("blue, size L", False)
    assert [one["text"] for one in changed["edits"]] == ["red, size M", "red, size L"]
    assert [changed["created_at"]] == [one["since"] for one in changed["edits"][:1]]
    assert changed["created_at"] < changed["edits"][1]["since"] <= changed["edited_at"]
    assert (gone["text"], gone["deleted"], gone["edits"]) == ("", True, [])
    assert all(not one["edits"] and one["edited_at"] is None for one in detail["messages"][:-2])


async def test_the_transcript_folds_earlier_words_away_and_shows_what_was_taken_back(
    services: Services, conversation_id: str
) -> None:
    await hire(services.database, RAHIM)
    async with at_the_desk(services, RAHIM) as client:
        text = await pane(client, conversation_id)
        assert text.count('data-testid="edited"') == 1
        assert text.count('data-testid="deleted"') == 1
        earlier = text[text.index('data-testid="edited"') :]
        assert earlier.index("red, size M") < earlier.index("red, size L")
        assert "Karim" not in text
        assert "Rahman" not in text


async def test_the_transcript_shows_typing_and_the_newest_message_that_the_customer_has_read(
    services: Services, conversation_id: str
) -> None:
    await hire(services.database, RAHIM)
    await ownership.claim(services, conversation_id, RAHIM)
    first, _ = await ownership.reply(services, conversation_id, RAHIM, "hello", private=False)
    second, _ = await ownership.reply(services, conversation_id, RAHIM, "I look it up", private=False)
    async with at_the_desk(services, RAHIM) as client:
        assert 'data-testid="seen"' not in await pane(client, conversation_id)
        for message in (first, second):
            await signs.seen(services.database, conversation_id, "customer", message.seq)
            text = await pane(client, conversation_id)
            assert text.count('data-testid="seen"') == 1
            line = text[text.index(f'id="message-{message.id}"') :]
            assert 'data-testid="seen"' in line[: line.index("</li>")]
        assert "Customer is typing" not in text
        await signs.typing(services.database, conversation_id, "customer")
        assert "Customer is typing" in await pane(client, conversation_id)


async def test_the_customers_own_pages_are_told_what_a_message_says_now(
    services: Services, conversation_id: str
) -> None:
    async with services.database.read() as tx:
        told = [message_json(one, {}) for one in await store.transcript(tx, conversation_id)][-2:]
    assert [(one["text"], one["deleted"], one["edited_at"] is not None) for one in told] == [
        ("blue, size L", False, True),
        ("", True, True),
    ]


async def test_earlier_words_are_given_out_with_the_rest_and_erased_with_it(
    services: Services, conversation_id: str
) -> None:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    exported = await erasure.export(services.database, contact_id)
    assert exported is not None
    edits = [one["edits"] for one in exported["conversations"][0]["messages"] if one["edits"]]
    assert [[one["text"] for one in each] for each in edits] == [["red, size M", "red, size L"]]
    await erase(services, "fake:amina")
    for word in ("size M", "size L", "Karim"):
        assert await found(services.database, word) == 0
