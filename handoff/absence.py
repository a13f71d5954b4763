"""When nobody is there: the customer hears when people are back, and chooses how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff import conversations, presence, queue, saying, tickets
from handoff.clock import now as clock_now
from handoff.conversations import Conversation, Refused
from handoff.database import Transaction
from handoff.models import conversations as table
from handoff.services import Services
from handoff.walking import AT_ONCE, each

WAIT, CONTACT, BOT = "handoff:wait", "handoff:contact", "handoff:bot"
CHOICES: tuple[dict[str, Any], ...] = (
    {"phrase": "choice_wait", "payload": WAIT},
    {"phrase": "choice_contact", "payload": CONTACT},
    {"phrase": "choice_bot", "payload": BOT},
)
# whoever is asked how to go on has at least this long to say so before the bot is back
TO_CHOOSE = timedelta(minutes=2)


@dataclass(frozen=True)
class Presence:
    """Whether a team is there now: within its hours, and somebody at the desk.

    Attributes:
        opens: when its hours begin again, now when they run; None when they never do.
    """

    agents: int
    open: bool
    opens: datetime | None

    @property
    def there(self) -> bool:
        return self.open and self.agents > 0


async def look(tx: Transaction, services: Services, team: str, now: datetime) -> Presence:
    """Who of the team is there."""
    here = presence.of_team(await presence.agents(tx, now), team)
    return Presence(len(here), services.hours.is_open(team, now), services.hours.opens(team, now))


async def there(tx: Transaction, services: Services, teams: Sequence[str], now: datetime) -> list[str]:
    """Those of the teams that are there now."""
    return [team for team in teams if (await look(tx, services, team, now)).there]


def moment(services: Services, team: str, at: datetime) -> dict[str, str]:
    """A time as the words say it: on the team's clock."""
    return {"moment": at.isoformat(), "zone": services.hours.zone(team).key}


def choices(conversation: Conversation, *payloads: str) -> list[dict[str, Any]]:
    """The buttons for these choices. The bot is no choice for whom no bot answers."""
    open_to_them = set(payloads) - ({BOT} if conversation.reason == tickets.BOT_AWAY else set())
    return [choice for choice in CHOICES if choice["payload"] in open_to_them]


def answer_by(services: Services, conversation: Conversation, found: Presence, now: datetime) -> datetime:
    """By when somebody must have answered who waits for people to be back."""
    return (found.opens or now) + services.queue_rules.target(conversation.priority).first_response


async def welcome(
    tx: Transaction, services: Services, conversation: Conversation, now: datetime, key: str = "queue"
) -> Conversation:
    """Tells a customer who is now in the queue their place, and how long it will take; or that nobody is there, when
    people are back, and what they can do meanwhile. The caller saves the returned conversation."""
    found = await look(tx, services, conversation.team, now)
    if found.there:
        return await _place(tx, services, conversation, now, key)
    return await _tell(tx, services, conversation, now, found, "queue" if key == "queue" else "left")


async def tell_left_alone(services: Services) -> int:
    """Tells every waiting customer whose team is gone meanwhile, once; returns how many."""
    ids = await _knowing(services, told=False, of_teams_there=False)

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        found = await look(tx, services, conversation.team, now)
        if conversation.status != "queued" or conversation.absence_told or found.there:
            raise Refused("not_alone", "Somebody is there, or the customer knows.")
        conversation = await _tell(tx, services, conversation, now, found, "left")
        by = conversation.deadline or now
        if conversation.choice is not None:
            by = max(by, answer_by(services, conversation, found, now))
        elif conversation.deadline_state == "breached":
            by = min(by, now + services.queue_rules.target(conversation.priority).first_response)
        return conversations.look_again_at(conversation, max(by, now + TO_CHOOSE))

    return await each(services, ids, step)


async def tell_back(services: Services) -> int:
    """Tells every waiting customer who knows that nobody is there as soon as somebody is; returns how many."""
    ids = await _knowing(services, told=True, of_teams_there=True)

    async def step(tx: Transaction, conversation: Conversation, now: datetime) -> Conversation:
        found = await look(tx, services, conversation.team, now)
        if conversation.status != "queued" or not conversation.absence_told or not found.there:
            raise Refused("not_back", "Nobody is there, or the customer knows.")
        conversation = await _place(tx, services, replace(conversation, absence_told=False), now, "called_back")
        by = min(conversation.deadline or now, answer_by(services, conversation, found, now))
        return conversations.look_again_at(conversation, max(by, now + TO_CHOOSE))

    return await each(services, ids, step)


async def _knowing(services: Services, told: bool, of_teams_there: bool) -> list[str]:
    """Some of the queue who know, or do not, that nobody is there, in teams that are there, or are not."""
    c = table.c
    teams = list(services.queue_rules.teams)
    async with services.database.read() as tx:
        back = await there(tx, services, teams, clock_now())
        wanted = [team for team in teams if (team in back) == of_teams_there]
        queued = sa.and_(c.rank.is_not(None), c.absence_told.is_(told), c.team.in_(wanted))
        query = sa.select(c.id).where(queued).limit(AT_ONCE)
        return [row["id"] for row in await tx.rows(query)] if wanted else []


async def _place(
    tx: Transaction, services: Services, conversation: Conversation, now: datetime, key: str
) -> Conversation:
    place = await queue.position(tx, conversation)
    wait = {"minutes": await queue.expected_wait(tx, conversation, place, now)}
    name = f"{key}_first" if place == 1 else f"{key}_position"
    return await saying.notice(tx, services, conversation, name, now, position=place, wait=wait)


async def _tell(
    tx: Transaction, services: Services, conversation: Conversation, now: datetime, found: Presence, key: str
) -> Conversation:
    buttons = choices(conversation, WAIT, CONTACT, BOT)
    values: dict[str, Any] = {"position": await queue.position(tx, conversation), "buttons": buttons}
    name = f"{key}_nobody"
    if not found.open and found.opens is not None:
        name = f"{key}_closed"
        values["opens"] = moment(services, conversation.team, found.opens)
    conversation = await saying.notice(tx, services, conversation, name, now, **values)
    return replace(conversation, absence_told=True)
