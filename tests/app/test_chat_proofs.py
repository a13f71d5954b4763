"""What is proved to the bot joins contacts, and when it cannot, the customer's turn goes on."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from app import proofs
from app.proofs import ChatProofs
from handoff import inbox, joining
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.incoming import Incoming
from handoff.models import conversations
from handoff.services import Services


async def chat(services: Services, address: str) -> str:
    message, _ = await inbox.receive(services, Incoming("fake", new_id(), address, "hello"))
    return message.conversation_id


async def contacts(services: Services) -> set[str]:
    async with services.database.read() as tx:
        return {row["contact_id"] for row in await tx.rows(sa.select(conversations.c.contact_id))}


async def test_the_same_mail_read_in_two_chats_makes_one_contact(services: Services) -> None:
    told = ChatProofs(services.database)
    for address in ("Amina@example.com", "amina@example.com"):
        await told.reads_mail_of(await chat(services, address), address)
    assert len(await contacts(services)) == 1
    await told.reads_mail_of(new_id(), "amina@example.com")
    assert len(await contacts(services)) == 1


async def test_a_database_that_is_away_or_a_join_that_takes_too_long_fails_no_turn(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await chat(services, "one"), await chat(services, "other")
    away = Database("postgresql+asyncpg://postgres@127.0.0.1:1/nothing")
    await ChatProofs(away).reads_mail_of(first, "amina@example.com")
    await away.close()

    monkeypatch.setattr(proofs, "SECONDS", 0.1)
    async with services.database.write() as tx:
        await joining.hold(tx, first, [joining.email("amina@example.com")])
        await asyncio.wait_for(ChatProofs(services.database).reads_mail_of(second, "amina@example.com"), 5)
    async with services.database.write() as tx:
        for one in (first, second):
            await joining.prove(tx, one, [joining.email("amina@example.com")], now())
    assert len(await contacts(services)) == 1
