"""A conversation with a form, message by message: slots are kept and filled as Rasa does it by the domain."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from shop_testing import POLICY, ROOT, OwnShop, Said, run_action, user

from actions.codes import OneTimeCodes
from actions.post import Post
from actions.shop.backend import ShopBackend
from actions.shop.policy import Policy

PHRASES = {
    key
    for path in (ROOT / "data" / "phrases").glob("*.yml")
    for key in yaml.safe_load(path.read_text(encoding="utf-8"))
}
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def filled_by(entities: dict[str, str], loop: str | None, asked: str | None) -> dict[str, str]:
    """The slots that the domain lets these entities fill while `loop` is on and `asked` is its question."""
    found = {}
    for slot, described in DOMAIN["slots"].items():
        for mapping in described["mappings"]:
            if mapping["type"] != "from_entity" or mapping["entity"] not in entities:
                continue
            holds = [
                one.get("active_loop") == loop and one.get("requested_slot", asked) == asked
                for one in mapping.get("conditions", [])
            ]
            if any(holds) or not holds:
                found[slot] = entities[mapping["entity"]]
    return found


@dataclass
class Talk:
    """One customer's conversation with a form and the action behind it."""

    shop: ShopBackend
    codes: OneTimeCodes | None
    form: str = "cancel_order_form"
    action: str = "action_cancel_order"
    sender: str = "v"
    policy: Policy = POLICY
    post: Post | None = None
    customer: dict[str, str] | None = None
    around: dict[str, Any] = field(default_factory=dict)
    slots: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    on: bool = False
    messages: int = 0
    at_once: int = 1
    _before: tuple[Any, ...] = ()
    _last: tuple[Any, ...] = ()

    async def says(self, text: str, intent: str | None = "nlu_fallback", **entities: str) -> list[str]:
        """What is said and asked in reply, by key. A message while the form is off begins it."""
        return await self.says_at_once([text], intent, **entities)

    async def says_at_once(self, texts: Sequence[str], intent: str | None, **entities: str) -> list[str]:
        """Messages of one burst, which are answered together; each has an id of its own."""
        self.messages, self.at_once = self.messages + len(texts), len(texts)
        self._before = copy.deepcopy((self.slots, self.events, self.on))
        self._last = ("\n".join(texts), intent, entities)
        return await self._answer()

    async def again(self) -> list[str]:
        """The last message is answered once more, as after a crash: nothing of its first answer was kept."""
        self._forget()
        return await self._answer()

    def comes_apart(self) -> None:
        """The same, but for what was answered at once: its messages are said again one by one."""
        self._forget()
        self.messages -= self.at_once

    def _forget(self) -> None:
        self.slots, self.events, self.on = copy.deepcopy(self._before)

    async def returns(self) -> list[str]:
        """The form has stepped aside for the last message, which was answered elsewhere; now it goes on."""
        self.events.append({"event": "action_execution_rejected", "name": self.form})
        self.events.append({"event": "action", "name": "utter_something"})
        return await self._validate({})

    async def _answer(self) -> list[str]:
        text, intent, entities = self._last
        loop = self.form if self.on else None
        heard = user(text, intent, [{"entity": name, "value": value} for name, value in entities.items()])
        ids = [f"{self.sender} {self.messages - back}" for back in reversed(range(self.at_once))]
        heard["parse_data"]["metadata"] = {"language": "de", "message_id": ids[0], "message_ids": ids}
        if self.customer:
            heard["parse_data"]["metadata"]["customer"] = self.customer
        self.events.append(heard)
        new = filled_by(entities, loop, self.slots.get("requested_slot"))
        self.slots |= new
        if not self.on:
            self.on = True
            self.events.append({"event": "active_loop", "name": self.form})
            required = DOMAIN["forms"][self.form]["required_slots"]
            new = {name: self.slots[name] for name in required if self.slots.get(name) is not None}
        return await self._validate(new)

    async def _validate(self, new: dict[str, str]) -> list[str]:
        candidates = [{"event": "slot", "name": name, "value": value} for name, value in new.items()]
        self.events += [{"event": "action", "name": self.form}, *candidates]
        said = await self._run(f"validate_{self.form}")
        # Rasa asks by the first and ends by the last; without one it would choose a question by itself
        assert [event.get("name") for event in said.events].count("requested_slot") == 1
        asked = said.slots["requested_slot"]
        if asked is not None:
            self.events.append({"event": "action", "name": "action_listen"})
            # Rasa asks by the action or the phrase of this name where there is one; else the form itself has asked
            asking = f"action_ask_{asked}"
            if asking in DOMAIN["actions"]:
                return [*said.keys, *(await self._run(asking)).keys]
            return [*said.keys, *([f"ask_{asked}"] if f"ask_{asked}" in PHRASES else [])]
        self.on = False
        self.events.append({"event": "active_loop", "name": None})
        return [*said.keys, *(await self._run(self.action)).keys]

    async def _run(self, name: str) -> Said:
        said = await run_action(
            self.shop, name, self.slots, self.events, self.codes, self.policy, self.sender, self.post, **self.around
        )
        self.slots |= said.slots
        self.said.append(said)
        return said

    def params(self, key: str) -> dict[str, Any]:
        """What the text was last filled with."""
        return next(
            response
            for said in reversed(self.said)
            for response in said.responses
            if response["response"] == f"utter_{key}"
        )


def talk(own: OwnShop, sender: str = "v", intent: str = "cancel_order") -> Talk:
    """A talk with the form of this intent and the action behind it."""
    form, action = f"{intent}_form", f"action_{intent}"
    return Talk(own.shop, own.codes, form, action, sender, own.policy, own.letters)
