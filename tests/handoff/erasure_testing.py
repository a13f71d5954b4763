"""A contact's whole life with the shop, marked in every word of it, and the places where a mark may be found."""

from __future__ import annotations

import json
from pathlib import Path

from file_samples import pdf
from handoff_testing import SADIA, answer, dump, tracked, write

from handoff import absence, erasure, news, outbox, ownership, ratings, uploads
from handoff.clock import now
from handoff.conversations import Conversation
from handoff.database import Database
from handoff.following import Wish, hashed
from handoff.incoming import Offered
from handoff.messages import Button, Said
from handoff.news import News
from handoff.people import Person
from handoff.services import Services


async def live(services: Services, agent: Person, mark: str) -> str:
    """Everything that a contact can leave behind, at the address `mark`; the conversation's id."""
    payload = f"/ask{json.dumps({'word': mark})}"
    there = Offered(f"https://files.example/{mark}", f"{mark}.jpg")
    message = await write(services, f"{mark} asks", mark, name=f"{mark} K", files=(there,))
    conversation_id = message.conversation_id
    here = await uploads.take(services, "fake", mark, f"{mark}.pdf", pdf(mark))
    await uploads.take(services, "fake", mark, f"{mark} of no message.pdf", pdf(mark))
    offer = Said(f"{mark}, do you mean this?", (Button(mark, payload),))
    await answer(services, said=[offer], intent="order_status", confidence=0.9, events=tracked(0, 0, slots(mark)))
    await write(services, address=mark, payload=payload, uploads=(here.id,))
    await answer(services, events=tracked(0, 1, slots(mark)), handoff_reason="human_agent", known={"order": mark})
    await ownership.claim(services, conversation_id, agent)
    await ownership.reply(services, conversation_id, agent, f"I know, {mark}", private=False, key=mark)
    await ownership.reply(services, conversation_id, agent, f"{mark} is rude", private=True)
    await ownership.transfer(services, conversation_id, agent, SADIA, note=f"yours: {mark}")
    await ownership.resolve(services, conversation_id, SADIA)
    await write(services, address=mark, payload=f"{ratings.PREFIX}2")
    await write(services, address=mark, payload=ratings.COMMENT)
    await write(services, f"too slow, {mark}", mark)
    await write(services, "tell me when it comes, and then erase it all", mark)
    wish = Wish("yes", {mark: hashed(f"{mark}@example.com")})
    await answer(services, f"I will, {mark}", news=wish, erase=True)
    piece = {"carrier": mark, "tracking_number": mark}
    await news.take_in(services, News(mark, "shipped", mark, f"{mark}@example.com", now(), None, piece))
    await write(services, "a person again", mark)
    await answer(services, handoff_reason="complaint", known={"item": {"name": mark}})
    await news.tell_due(services)
    await write(services, address=mark, payload=absence.CONTACT)
    await write(services, f"{mark}@example.com", mark)
    (due,) = (await outbox.take_due(services.database, "fake")).due
    await outbox.settle(services.database, due, "failed", f"no {mark}")
    return conversation_id


MARKED = ("contacts", "identities", "messages", "deliveries", "handoffs", "ratings", "tracker_events")
MARKED += ("followed_orders", "order_news", "files")


def slots(mark: str) -> str:
    """One turn's events as Rasa writes them."""
    return json.dumps(
        [
            {"event": "user", "timestamp": 1.0, "text": mark, "parse_data": {"text": mark, "entities": [mark]}},
            {"event": "slot", "timestamp": 1764000000.5, "name": "order_contact", "value": mark},
            {"event": "bot", "timestamp": 2.0, "text": mark},
        ],
        ensure_ascii=False,
    )


async def found(database: Database, mark: str) -> int:
    """How often a mark is found: in any row of any table, and on SQLite in the bytes of the database's files."""
    count = (await dump(database)).count(mark)
    if database.dialect == "sqlite":
        forms = (mark.encode(), json.dumps(mark)[1:-1].encode())
        for path in files(database):
            count += sum(path.read_bytes().count(form) for form in forms)
    return count


def files(database: Database) -> list[Path]:
    """What SQLite keeps of this database."""
    assert database.url.database
    own = Path(database.url.database)
    return [path for path in own.parent.iterdir() if path.name.startswith(own.name)]


def ids(conversation: Conversation) -> set[str]:
    return {conversation.id, conversation.contact_id, conversation.identity_id}


async def erase(services: Services, who: str) -> erasure.Erased:
    """Erases whoever `who` names."""
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, who)
    assert contact_id is not None
    return await erasure.erase(services.database, contact_id)
