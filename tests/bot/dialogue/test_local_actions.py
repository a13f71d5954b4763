"""Actions run in this process answer Rasa as its action server would, and nothing that breaks is lost."""

import asyncio
import json
from typing import Any

import pytest
from rasa.utils.endpoints import ClientResponseError
from rasa_sdk import Action
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.dialogue import failures, local_actions
from bot.dialogue.local_actions import ActionTooSlow, LocalActions

TRACKER: dict[str, Any] = {"sender_id": "c", "slots": {}, "latest_message": {}, "events": []}


class Does(Action):
    """An action that does what a test wants of it."""

    def __init__(self, does: Any) -> None:
        self._does = does

    def name(self) -> str:
        return "action_test"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        return await self._does(dispatcher, domain)


def call(endpoint: LocalActions, name: str = "action_test") -> Any:
    return endpoint.request(json={"next_action": name, "sender_id": "c", "tracker": TRACKER}, method="post")


async def test_an_action_answers_with_its_events_and_responses() -> None:
    async def does(dispatcher: Any, domain: Any) -> list[Any]:
        dispatcher.utter_message(response="utter_hello", number={"id": "1"})
        return [{"event": "slot", "timestamp": None, "name": "a", "value": domain["value"]}]

    endpoint = LocalActions([Does(does)])
    endpoint.domain = {"value": 7}
    result = await call(endpoint)
    assert result["events"] == [{"event": "slot", "timestamp": None, "name": "a", "value": 7}]
    assert (result["responses"][0]["response"], result["responses"][0]["number"]) == ("utter_hello", {"id": "1"})
    assert endpoint.names == ["action_test"]


async def test_a_rejection_is_the_action_servers_400_and_no_failure() -> None:
    async def does(*_: Any) -> list[Any]:
        raise ActionExecutionRejection("action_test", "not now")

    with failures.collected(), pytest.raises(ClientResponseError) as raised:
        await call(LocalActions([Does(does)]))
    assert raised.value.status == 400
    assert json.loads(raised.value.text) == {"error": "not now", "action_name": "action_test"}


async def test_what_an_action_raises_is_noted_though_its_caller_swallows_it() -> None:
    async def does(*_: Any) -> list[Any]:
        raise KeyError("mistake")

    with pytest.raises(KeyError, match="mistake"), failures.collected(), pytest.raises(KeyError):
        await call(LocalActions([Does(does)]))


async def test_an_unknown_action_is_noted() -> None:
    unknown = pytest.raises(Exception, match="action_unknown")
    swallowed = pytest.raises(Exception, match="action_unknown")
    with unknown, failures.collected(), swallowed:
        await call(LocalActions([]), "action_unknown")


async def test_an_action_that_takes_too_long_is_given_up_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def does(*_: Any) -> list[Any]:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return []

    monkeypatch.setattr(local_actions, "ACTION_SECONDS", 0.01)
    with pytest.raises(ActionTooSlow, match="action_test"), failures.collected(), pytest.raises(ActionTooSlow):
        await call(LocalActions([Does(does)]))
    assert ended.is_set()


async def test_failures_of_turns_side_by_side_stay_apart() -> None:
    async def turn(error: Exception | None) -> None:
        with failures.collected():
            await asyncio.sleep(0)
            if error is not None:
                failures.note(error)
            await asyncio.sleep(0)

    results = await asyncio.gather(
        turn(ValueError("one")), turn(None), turn(KeyError("two")), turn(None), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError, type(None), KeyError, type(None)]


def test_the_first_failure_is_the_one_that_is_told() -> None:
    with pytest.raises(ValueError, match="first"), failures.collected():
        failures.note(ValueError("first"))
        failures.note(ValueError("second"))


def test_outside_a_turn_a_failure_is_nobodys() -> None:
    failures.note(ValueError("nobody listens"))
    with failures.collected():
        pass
