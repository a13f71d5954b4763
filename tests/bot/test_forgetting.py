"""An erased conversation leaves the memory of the workers too, at rest or in the middle of a turn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from bot import forgetting
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.trackers import TurnTrackers
from bot.turns import TurnLoop
from handoff import erasure, inbox
from handoff.incoming import Incoming
from handoff.schema import metadata
from handoff.services import Services
from handoff.turn_store import StoredEvents

SECRET = "zq-paper-moon"


@dataclass
class InUse:
    """The model in use, as the loop sees it."""

    current: Any


async def write(services: Services, address: str) -> str:
    """A message with the secret in it; its conversation's id."""
    message, _ = await inbox.receive(services, Incoming("website", address, address, f"hello {SECRET}"))
    return message.conversation_id


async def erase(services: Services, conversation_id: str) -> None:
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)


async def test_what_was_erased_is_forgotten_and_the_rest_is_kept(services: Services) -> None:
    dialogue = Dialogue(None, TurnTrackers(), "a model that nobody asks")  # type: ignore[arg-type]
    erased, kept = [await write(services, address) for address in ("amina", "jonas")]
    for conversation_id in (erased, kept):
        events = json.dumps([{"event": "user", "timestamp": 1.0, "text": SECRET, "parse_data": {}}])
        dialogue.recall(conversation_id, [StoredEvents(0, 0, events)])
    await forgetting.forget_erased(services.database, InUse(dialogue))
    assert set(dialogue.held()) == {erased, kept}
    await erase(services, erased)
    await forgetting.forget_erased(services.database, InUse(dialogue))
    assert dialogue.held() == [kept]
    await forgetting.forget_erased(services.database, InUse(None))


@pytest.mark.model
async def test_erased_in_the_middle_of_its_turn_nothing_is_stored_or_kept_in_memory(
    services: Services, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await write(services, "amina")
    answers = dialogue.handle

    async def handle(*arguments: Any) -> Any:
        answer = await answers(*arguments)
        assert conversation_id in dialogue.held()
        await erase(services, conversation_id)
        return answer

    monkeypatch.setattr(dialogue, "handle", handle)
    loop = TurnLoop(services, InUse(dialogue))
    assert await loop.step()
    assert conversation_id not in dialogue.held()
    async with services.database.read() as tx:
        for table in metadata.sorted_tables:
            assert SECRET not in str(await tx.rows(table.select())), table.name
    assert not await loop.step()
