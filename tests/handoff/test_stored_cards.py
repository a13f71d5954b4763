"""10,000 card numbers and their codes, typed wherever somebody may type, and none of them is stored (promise 24)."""

from __future__ import annotations

import json
import re
import unicodedata

from card_testing import Deck
from handoff_testing import RAHIM, SADIA, WORKER, dump, hire, lease, rows, tracked, write

from handoff import absence, ownership, ratings, turns
from handoff.messages import Said
from handoff.services import Services
from handoff.turns import Outcome

CARDS = 10_000
AT_ONCE = 44  # numbers in a message, which may have 4,000 characters
CODE = re.compile(r"(cvv|cvc|security code|সিভিভি|सीवीवी)[ :]*(is|নম্বর|है)?[ :]*\d", re.IGNORECASE)


async def turn(services: Services, handoff_reason: str | None = None) -> None:
    """A turn of the bot, which keeps the words that it was given: in the tracker, its answer, and the brief."""
    leased = await lease(services)
    words = leased.message.text
    place = (leased.events_at[1] + 1) if leased.events_at else 0
    events = tracked(0, place, json.dumps([{"event": "user", "text": words}], ensure_ascii=False))
    outcome = Outcome([Said(words)], "en", handoff_reason=handoff_reason, known={"said": words})
    assert await turns.finish(services, leased, outcome, WORKER, events)


async def talk(services: Services, deck: Deck, address: str) -> None:
    """A conversation with card numbers in everything that anybody may type."""
    first = await write(services, deck.text(AT_ONCE), address, name=f"{deck.card()} K")
    await turn(services)
    await write(services, deck.text(AT_ONCE), address)
    await turn(services, "human_agent")
    for contact in (f"{deck.card()}@example.com", f"{deck.text(2)} or amina@example.com"):
        await write(services, address=address, payload=absence.CONTACT)
        await write(services, contact, address)
    await ownership.claim(services, first.conversation_id, RAHIM)
    await write(services, deck.text(AT_ONCE), address)
    for private in (False, True):
        await ownership.reply(services, first.conversation_id, RAHIM, deck.text(AT_ONCE), private=private)
    await ownership.transfer(services, first.conversation_id, RAHIM, SADIA, note=deck.text(AT_ONCE))
    await ownership.resolve(services, first.conversation_id, SADIA)
    await write(services, address=address, payload=f"{ratings.PREFIX}1")
    await write(services, address=address, payload=ratings.COMMENT)
    await write(services, deck.text(AT_ONCE), address)


def plain(text: str) -> str:
    """With digits of any script as 0 to 9, and nothing left of what may stand between them."""
    digits = "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in text)
    return re.sub(r"[\s.\-–−\u00ad\u200b]|\\\\(xa0|u2009|u3000|u200b|xad)", "", digits)


async def test_of_ten_thousand_cards_typed_anywhere_none_is_stored_and_references_stay(services: Services) -> None:
    for person in (RAHIM, SADIA):
        await hire(services.database, person)
    deck = Deck(20261122)
    while len(deck.cards) < CARDS:
        await talk(services, deck, f"customer-{len(deck.cards)}")

    stored = await dump(services.database)
    assert CODE.search(stored) is None
    numbers = "|".join(re.findall(r"\d{13,}", plain(stored)))
    assert not [one for one in deck.cards if one in numbers]
    assert not [one for one in deck.references if one not in stored]
    handoffs = await rows(services.database, "handoffs")
    assert {row["contact"] for row in handoffs} == {"amina@example.com"}
    assert all(row["comment"] for row in await rows(services.database, "ratings"))
