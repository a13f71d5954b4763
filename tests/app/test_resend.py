"""Sending a message again from the desk, by its API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from error_testing import told

from handoff import inbox, outbox, people, turns
from handoff.clock import new_id
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.services import Services
from handoff.turns import Outcome


async def sign_in(client: httpx.AsyncClient, services: Services, role: str = "agent") -> dict[str, str]:
    await people.add(services.database, role, role.title(), role, "a long password")
    answer = await client.post("/api/desk/login", json={"name": role, "password": "a long password"})
    client.cookies.clear()
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def lost_message(services: Services) -> tuple[str, str]:
    """A conversation and the bot's message in it that did not arrive."""
    await inbox.receive(services, Incoming("fake", new_id(), "amina", "hello"))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    assert await turns.finish(services, turn, Outcome([Said("one")], "en"), "w", None)
    (due,) = (await outbox.take_due(services.database, "fake")).due
    await outbox.settle(services.database, due, "failed", "HTTP 403")
    return turn.conversation.id, due.message.id


async def shown(client: httpx.AsyncClient, headers: dict[str, str], conversation_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/desk/conversations/{conversation_id}", headers=headers)
    return list(answer.json()["messages"])


@pytest.mark.parametrize("role", ["agent", "supervisor", "admin"])
async def test_everybody_at_the_desk_sees_why_it_failed_and_sends_it_again(
    client: httpx.AsyncClient, services: Services, role: str
) -> None:
    headers = await sign_in(client, services, role)
    conversation_id, message_id = await lost_message(services)
    before = await shown(client, headers, conversation_id)
    assert [(one["delivery"], one["delivery_error"]) for one in before] == [("sent", None), ("failed", "HTTP 403")]
    path = f"/api/desk/conversations/{conversation_id}/messages/{message_id}/resend"
    answer = await client.post(path, headers=headers)
    assert answer.status_code == 200
    after = await shown(client, headers, conversation_id)
    assert answer.json() == after[1] == {**before[1], "delivery": "pending", "delivery_error": None}
    told(await client.post(path, headers=headers), 409, "not_undelivered")


async def test_others_cannot_and_what_is_not_there_is_not_found(client: httpx.AsyncClient, services: Services) -> None:
    conversation_id, message_id = await lost_message(services)
    path = f"/api/desk/conversations/{conversation_id}/messages/"
    told(await client.post(path + message_id + "/resend"), 401, "not_signed_in")
    editor = await sign_in(client, services, "editor")
    told(await client.post(path + message_id + "/resend", headers=editor), 403, "forbidden")
    agent = await sign_in(client, services)
    told(await client.post(path + new_id() + "/resend", headers=agent), 404, "not_found")
    elsewhere = f"/api/desk/conversations/{new_id()}/messages/{message_id}/resend"
    told(await client.post(elsewhere, headers=agent), 404, "not_found")
