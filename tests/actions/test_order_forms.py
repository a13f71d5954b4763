"""The forms' questions: any way of answering is taken, the wrong thing is told kindly, other wishes go first."""

import pytest
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import RunAction, Said, user

FORMS = [
    f"validate_{intent}_form"
    for intent in ("order_status", "return_status", "invoice_request", "order_delayed", "tracking_not_updating")
]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def reply(act: RunAction, form: str, asked: str, text: str, intent: str | None = None, **filled: str) -> Said:
    """What the form makes of a reply to its question; `filled` is what entities had filled from the same message."""
    loop = form.removeprefix("validate_")
    events = [
        {"event": "active_loop", "name": loop},
        user(text, intent),
        {"event": "slot", "name": "requested_slot", "value": asked},
        {"event": "action", "name": loop},
        *({"event": "slot", "name": name, "value": value} for name, value in filled.items()),
    ]
    return await act(form, {"requested_slot": asked, **filled}, events)


@pytest.mark.parametrize("text", ["10001", "#10001", "order no 10001", "১০০০১", "অর্ডার নং ১০০০১", "१०००१"])
async def test_an_order_number_is_kept_as_plain_digits(act: RunAction, form: str, text: str) -> None:
    said = await reply(act, form, "order_number", text, "nlu_fallback")
    assert said.slots == {"order_number": "10001"}
    assert said.keys == []


UNCLEAR = [None, "nlu_fallback", "nlu_choice", "foreign_language"]


@pytest.mark.parametrize("intent", UNCLEAR)
async def test_a_value_is_taken_from_a_message_that_was_not_clear(act: RunAction, form: str, intent: str) -> None:
    said = await reply(act, form, "order_number", "é a 10001, obrigado", intent)
    assert (said.slots, said.keys) == ({"order_number": "10001"}, [])
    said = await reply(act, form, "order_contact", "amina@example.com, obrigado", intent)
    assert (said.slots, said.keys) == ({"order_contact": "amina@example.com"}, [])


@pytest.mark.parametrize("intent", UNCLEAR)
async def test_a_reply_that_was_not_clear_and_holds_no_value_is_asked_again(
    act: RunAction, form: str, intent: str
) -> None:
    said = await reply(act, form, "order_number", "não sei o número", intent)
    assert (said.slots, said.keys) == ({"order_number": None}, ["order_number_invalid"])


@pytest.mark.parametrize("text", ["asdf", "আমি জানি না", "12", "০১", "no idea", "10001 or 10002"])
async def test_what_is_no_order_number_is_told_and_asked_again(act: RunAction, form: str, text: str) -> None:
    said = await reply(act, form, "order_number", text, "nlu_fallback")
    assert said.slots == {"order_number": None}
    assert said.keys == ["order_number_invalid"]


async def test_a_contact_instead_of_the_order_number_is_kept_for_later(act: RunAction, form: str) -> None:
    for text, kept in [("Amina@Example.com", "amina@example.com"), ("০১৭১২৩৪৫৬৭৮", "01712345678")]:
        said = await reply(act, form, "order_number", text, "nlu_fallback")
        assert said.slots == {"order_number": None, "order_contact": kept}
        assert said.keys == ["order_number_is_contact"]


async def test_both_answers_in_one_message_are_taken(act: RunAction, form: str) -> None:
    said = await reply(act, form, "order_number", "১০০০১, amina@example.com")
    assert said.slots == {"order_number": "10001", "order_contact": "amina@example.com"}
    assert said.keys == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("AMINA@example.com", "amina@example.com"),
        ("my mail: amina@example.com.", "amina@example.com"),
        ("+880 1712-345678", "+8801712345678"),
        ("০১৭১২৩৪৫৬৭৮", "01712345678"),
    ],
)
async def test_a_contact_is_kept_clean(act: RunAction, form: str, text: str, kept: str) -> None:
    said = await reply(act, form, "order_contact", text, "nlu_fallback")
    assert said.slots == {"order_contact": kept}
    assert said.keys == []


async def test_an_incomplete_contact_is_told_and_asked_again(act: RunAction, form: str) -> None:
    for text in ("amina@", "amina@example", "১২৩", "আমার ইমেইল"):
        said = await reply(act, form, "order_contact", text, "nlu_fallback")
        assert said.slots == {"order_contact": None}
        assert said.keys == ["order_contact_invalid"]


async def test_an_order_number_instead_of_the_contact_is_told(act: RunAction, form: str) -> None:
    said = await reply(act, form, "order_contact", "10002", "nlu_fallback", order_number="10002")
    assert said.slots == {"order_contact": None, "order_number": "10002"}
    assert said.keys == ["order_contact_is_number"]


async def test_an_entity_goes_before_the_text_around_it(act: RunAction, form: str) -> None:
    said = await reply(act, form, "order_number", "the one of 2025, #১০০০১", order_number="#১০০০১")
    assert said.slots == {"order_number": "10001"}


async def test_another_question_is_no_answer_so_it_gets_its_own(act: RunAction, form: str) -> None:
    for asked in ("order_number", "order_contact"):
        said = await reply(act, form, asked, "can I send it back within 30 days?", "return_policy")
        assert (said.slots, said.keys) == ({}, [])


async def test_a_bare_number_is_an_answer_whatever_it_is_taken_for(act: RunAction, form: str) -> None:
    for intent in ("greet", "return_policy", "human_agent", "complaint"):
        said = await reply(act, form, "order_number", "১০০০১", intent)
        assert said.slots == {"order_number": "10001"}


async def test_who_wants_a_person_gets_one_even_when_naming_the_order(act: RunAction, form: str) -> None:
    for intent in ("human_agent", "complaint"):
        for text in ("let me talk to a person", "a person please, about 10001"):
            with pytest.raises(ActionExecutionRejection) as rejected:
                await reply(act, form, "order_number", text, intent)
            assert rejected.value.action_name == form.removeprefix("validate_")


async def test_the_message_that_begins_a_form_is_no_answer_to_it(act: RunAction, form: str) -> None:
    loop = form.removeprefix("validate_")
    events = [
        {"event": "active_loop", "name": "another_form"},
        user("where is it?", loop.removesuffix("_form")),
        {"event": "active_loop", "name": loop},
        {"event": "action", "name": loop},
    ]
    said = await act(form, {"requested_slot": "order_number"}, events)
    assert (said.slots, said.keys) == ({}, [])


async def test_slots_filled_before_are_checked_and_kept(act: RunAction, form: str) -> None:
    said = await reply(act, form, "", "hi", order_number="10001", order_contact="amina@example.com")
    assert said.slots == {"order_number": "10001", "order_contact": "amina@example.com"}
    assert said.keys == []
