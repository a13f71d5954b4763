"""Agents at the desk: many who claim at once, one who has it, and the customer who writes on meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from backlog import Backlog, Standing
from customers import Chat
from ledger import Acknowledged
from line import Answer, Line
from running import PASSWORD
from stored import Stored

WISH = "I want to talk to a person"
NAMES = ("agent", "agent2", "supervisor")


@dataclass(frozen=True)
class Agent:
    """Somebody signed in at the desk."""

    id: str
    name: str
    line: Line
    headers: dict[str, str]

    @classmethod
    async def sign_in(cls, line: Line, name: str) -> Agent:
        body = {"name": name, "password": PASSWORD}
        signed_in = await line.until_answered(lambda: line.send("POST", "/api/desk/login", body, {}))
        headers = {"Authorization": f"Bearer {signed_in.body['token']}"}
        me = await line.until_answered(lambda: line.send("GET", "/api/desk/me", None, headers))
        return cls(me.body["id"], name, line, headers)

    async def post(
        self, conversation_id: str, step: str, body: dict[str, str] | None = None, key: str = ""
    ) -> Answer | None:
        """One step; 409 is an answer."""
        path = f"/api/desk/conversations/{conversation_id}/{step}"
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return await self.line.send("POST", path, body, headers, conflict=True)

    async def shown(self, conversation_id: str) -> list[tuple[str, str, str | None]]:
        """All messages of the conversation as the desk shows them: id, text, intent."""
        path = f"/api/desk/conversations/{conversation_id}"
        answer = await self.line.until_answered(lambda: self.line.send("GET", path, None, self.headers))
        return [(one["id"], one["text"], one["intent"]) for one in answer.body["messages"]]


@dataclass
class Handover:
    """One customer who wants a person again and again. `claims` is how many agents try at once."""

    chat: Chat
    agents: list[Agent]
    backlog: Backlog
    claims: int
    done: int = 0

    async def cycles(self, count: int) -> None:
        """One after the other, `count` of them, or fewer when time is up, but one at least."""
        while self.done < count and not (self.done and self.backlog.closing):
            await self._cycle()
            self.done += 1

    async def _cycle(self) -> None:
        """Asked for, claimed by one, answered, handed back, and the bot goes on; the customer never stops writing."""
        await self.chat.say(WISH)
        writing = asyncio.create_task(self.chat.talk(4, self.backlog, window=99, pause=0.2))
        standing = await self._until("queued")
        owner = await self._claimed(standing.id)
        await self._speaks(owner, standing.id)
        await writing
        await self._returned(owner, standing.id)
        await self.chat.say()

    async def _claimed(self, conversation_id: str) -> Agent:
        while True:
            line = self.agents[0].line
            trying = [line.chance.choice(self.agents) for _ in range(self.claims)]
            answers = await asyncio.gather(*(agent.post(conversation_id, "claim") for agent in trying))
            won = [agent for agent, answer in zip(trying, answers, strict=True) if answer and answer.status == 200]
            if len(won) > 1:
                line.ledger.wrong.append(f"{conversation_id} was claimed {len(won)} times")
            if any(answer is not None for answer in answers):
                # the winner's own answer may have been cut off, so the tables say who it was
                standing = await self._until("assigned")
                owner = next(agent for agent in self.agents if agent.id == standing.agent_id)
                if won and won[0] is not owner:
                    line.ledger.wrong.append(f"{conversation_id} was claimed by {won[0].name} and is {owner.name}'s")
                return owner

    async def _speaks(self, owner: Agent, conversation_id: str) -> None:
        line = owner.line
        other = next(agent for agent in self.agents if agent is not owner)
        stranger = await line.until_answered(lambda: other.post(conversation_id, "messages", {"text": "Me too"}))
        if stranger.status != 409:
            line.ledger.wrong.append(f"{other.name} spoke in {owner.name}'s {conversation_id}")
        key = f"{self.chat.customer.name}-reply-{self.done}"
        text = f"I am here [{key}]"
        answer = await line.until_answered(lambda: owner.post(conversation_id, "messages", {"text": text}, key))
        if answer.status == 409:
            line.ledger.wrong.append(f"{owner.name} may not speak in a conversation of theirs: {answer.body}")
        else:
            line.ledger.acknowledge(Acknowledged("desk", key, owner.name, text, answer.body["id"], answer.body["seq"]))

    async def _returned(self, owner: Agent, conversation_id: str) -> None:
        # 409 when an earlier try went through and only its answer was lost
        await owner.line.until_answered(lambda: owner.post(conversation_id, "return"))
        await self._until("bot")

    async def _until(self, status: str) -> Standing:
        name = self.chat.customer.seen_as

        def found() -> bool:
            standing = self.backlog.of(name)
            return standing is not None and standing.status == status

        await self.backlog.until(found, 120, f"{name} is {status}")
        standing = self.backlog.of(name)
        assert standing is not None
        return standing


async def unseen(agent: Agent, stored: Stored) -> list[str]:
    """Promise 16: what the desk does not show of any conversation, in words."""
    missing = []
    for conversation_id, said in stored.said.items():
        wanted = [(row["id"], row["text"], row["intent"]) for row in said]
        if await agent.shown(conversation_id) != wanted:
            missing.append(f"the desk does not show all of {conversation_id}")
    return missing
