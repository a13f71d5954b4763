"""When a person is asked for, and why."""

from typing import Any

import pytest
from shop_testing import RunAction, user

LEAVES_FORM = [("active_loop", None)]


def ran(name: str) -> dict[str, Any]:
    return {"event": "action", "name": name}


LISTEN = ran("action_listen")


@pytest.mark.parametrize("intent", ["human_agent", "complaint", "package_lost"])
async def test_the_reason_is_the_customers_intent_and_nothing_is_said(act: RunAction, intent: str) -> None:
    said = await act("action_request_person", {}, [user("…", intent)])
    assert said.keys == []
    assert said.slots == {"handoff_reason": intent, "requested_slot": None}
    assert said.other_events == LEAVES_FORM


async def test_without_an_intent_the_reason_is_a_person_wanted(act: RunAction) -> None:
    assert (await act("action_request_person", {}, [user("…")])).slots["handoff_reason"] == "human_agent"
    assert (await act("action_request_person")).slots["handoff_reason"] == "human_agent"


async def test_the_first_message_not_understood_is_asked_again(act: RunAction) -> None:
    said = await act("action_fallback", {}, [user("blah", "nlu_fallback")])
    assert said.keys == ["not_understood"]
    assert said.slots == {}
    assert said.other_events == [("followup", "action_listen")]


async def test_the_second_in_a_row_goes_to_a_person_and_says_nothing(act: RunAction) -> None:
    for first in ([user("blah", "nlu_fallback")], [user("blah", "nlu_fallback"), ran("action_fallback"), LISTEN]):
        said = await act("action_fallback", {}, [LISTEN, *first, user("blub", "nlu_fallback")])
        assert said.keys == []
        assert said.slots["handoff_reason"] == "not_understood"


async def test_an_answer_in_between_begins_the_count_anew(act: RunAction) -> None:
    between = [user("returns?", "return_policy"), ran("utter_return_policy"), LISTEN]
    events = [user("blah", "nlu_fallback"), ran("action_fallback"), LISTEN, *between, user("blub", "nlu_fallback")]
    assert (await act("action_fallback", {}, events)).keys == ["not_understood"]


async def test_an_answer_that_a_form_took_does_not_count(act: RunAction) -> None:
    taken = [user("10001", "nlu_fallback"), ran("order_status_form"), LISTEN]
    taken += [user("a@example.com", "nlu_fallback"), ran("order_status_form"), ran("action_order_status"), LISTEN]
    assert (await act("action_fallback", {}, [*taken, user("blah", "nlu_fallback")])).keys == ["not_understood"]


async def test_what_no_rule_fits_counts_like_what_was_not_understood(act: RunAction) -> None:
    first = [user("no", "deny")]
    assert (await act("action_fallback", {}, first)).keys == ["not_understood"]
    said = await act("action_fallback", {}, [*first, ran("action_fallback"), LISTEN, user("no", "deny")])
    assert said.slots["handoff_reason"] == "not_understood"
