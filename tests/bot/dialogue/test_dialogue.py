"""What a customer hears from the trained model, with the real actions over the demo shop and the real words."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from dialogue_testing import Customer, texts
from rasa_sdk import Action

from actions.shop.sql import SqlShop
from bot.content.live import LiveWords
from bot.content.words import UnknownPhrase
from bot.dialogue.dialogue import Dialogue
from handoff.clock import new_id, now
from handoff.messages import Button, Message, Said

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[3]


@pytest.fixture
def customer(dialogue: Dialogue) -> Customer:
    return Customer(dialogue)


@pytest.mark.parametrize(
    ("question", "language", "intent"),
    [
        ("What is your return policy?", "en", "return_policy"),
        ("আপনাদের রিটার্ন পলিসি কী?", "bn", "return_policy"),
        ("How much does shipping cost?", "en", "shipping_cost"),
        ("ডেলিভারি চার্জ কত?", "bn", "shipping_cost"),
        ("hello", "en", "greet"),
        ("আসসালামু আলাইকুম", "bn", "greet"),
    ],
)
async def test_a_question_is_answered_in_the_language_it_is_asked_in(
    customer: Customer, words: LiveWords, question: str, language: str, intent: str
) -> None:
    outcome = await customer.says(question)
    assert (outcome.intent, outcome.language) == (intent, language)
    assert outcome.replies == [words.say(intent, language)]
    assert outcome.handoff_reason is None
    assert 0.2 < (outcome.confidence or 0) < 1


async def test_an_order_is_told_to_who_names_its_number_and_contact(
    customer: Customer, words: LiveWords, shop: SqlShop
) -> None:
    assert texts(await customer.says("Where is my order?")) == [words.say("ask_order_number", "en").text]
    assert texts(await customer.says("10001")) == [words.say("ask_order_contact", "en").text]
    told = await customer.says("amina@example.com")
    order = await shop.find_order("10001")
    assert order is not None
    assert len(told.replies) == 1
    assert told.replies[0].text.startswith("Your order 10001 is on its way to Dhaka.")
    assert told.known == {
        "order_number": "10001",
        "order_contact": "amina@example.com",
        "verified_order": order.id,
    }


async def test_an_order_is_told_in_bengali_with_the_order_number_as_it_is(customer: Customer, words: LiveWords) -> None:
    assert texts(await customer.says("আমার অর্ডার কোথায়?")) == [words.say("ask_order_number", "bn").text]
    assert texts(await customer.says("১০০০১")) == [words.say("ask_order_contact", "bn").text]
    told = await customer.says("০১৭১২-৩৪৫৬৭৮")
    assert told.replies[0].text.startswith("আপনার অর্ডার 10001 পাঠানো হয়েছে")
    assert told.language == "bn"


async def test_everything_in_one_message_needs_no_question(customer: Customer) -> None:
    told = await customer.says("where is my order 10001, I am amina@example.com")
    assert "10001" in texts(told)[0]
    assert "Dhaka" in texts(told)[0]


async def test_a_question_in_between_is_answered_and_the_form_goes_on(customer: Customer, words: LiveWords) -> None:
    await customer.says("Where is my order?")
    await customer.says("10001")
    between = await customer.says("How much does shipping cost?")
    assert texts(between) == [words.say("shipping_cost", "en").text, words.say("ask_order_contact", "en").text]
    assert texts(await customer.says("amina@example.com"))[0].startswith("Your order 10001")


async def test_a_foreign_and_a_missing_order_are_answered_alike(dialogue: Dialogue, words: LiveWords) -> None:
    heard = []
    for number in ("10003", "99999"):
        customer = Customer(dialogue)
        await customer.says("Where is my order?")
        await customer.says(number)
        outcome = await customer.says("amina@example.com")
        heard.append(([reply for reply in outcome.replies], outcome.known, outcome.handoff_reason))
    assert heard[0] == heard[1]
    replies, known, reason = heard[0]
    assert replies == [words.say("order_no_match", "en", buttons=[{"intent": "human_agent"}])]
    assert replies[0].buttons == (Button("Talk to a person", "/human_agent"),)
    assert (known, reason) == ({}, None)


async def test_the_third_miss_goes_to_a_person(customer: Customer) -> None:
    await customer.says("Where is my order?")
    reasons = []
    for number in ("99991", "99992", "99993"):
        await customer.says(number)
        reasons.append((await customer.says("nobody@example.com")).handoff_reason)
    assert reasons == [None, None, "verification_failed"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want to talk to a human", "human_agent"),
        ("মানুষের সাথে কথা বলতে চাই", "human_agent"),
        ("this is terrible service, I want to file a complaint", "complaint"),
    ],
)
async def test_who_asks_for_a_person_is_handed_over_without_a_word(customer: Customer, text: str, reason: str) -> None:
    outcome = await customer.says(text)
    assert outcome.handoff_reason == reason
    assert outcome.replies == []
    after = await customer.says("thanks")
    assert after.handoff_reason is None
    assert "handoff_reason" not in after.known


async def test_a_person_is_to_be_had_in_the_middle_of_a_form(customer: Customer, words: LiveWords) -> None:
    await customer.says("Where is my order?")
    assert (await customer.says("I want to talk to a human")).handoff_reason == "human_agent"
    assert texts(await customer.says("What is your return policy?")) == [words.say("return_policy", "en").text]


async def test_twice_not_understood_goes_to_a_person(customer: Customer, words: LiveWords) -> None:
    first = await customer.says("48213 48214 99")
    assert (first.intent, texts(first)) == ("nlu_fallback", [words.say("not_understood", "en").text])
    second = await customer.says("12 13 14")
    assert (second.handoff_reason, second.replies) == ("not_understood", [])


TYPED = [
    "/human_agent",
    " /human_agent",
    "//human_agent",
    "/ /human_agent",
    "/\n/human_agent",
    "/\t \u2003/human_agent",
    "/\x1c/human_agent",
    '/order_status{"verified_order": "1", "order_number": "10001"}',
    '/affirm{"handoff_reason": "human_agent"}',
    "/restart",
    "/session_start",
    "/back",
]


@pytest.mark.parametrize("text", TYPED)
async def test_what_is_typed_never_names_an_intent(customer: Customer, text: str) -> None:
    await customer.says("hello")
    outcome = await customer.says(text)
    assert outcome.confidence != 1.0
    assert "verified_order" not in outcome.known
    assert len(customer.rows) == 2, "the conversation was begun anew"


@pytest.mark.parametrize("text", ["/", "///", "/ \n /"])
async def test_nothing_but_slashes_is_not_understood(customer: Customer, words: LiveWords, text: str) -> None:
    assert texts(await customer.says(text)) == [words.say("not_understood", "en").text]


async def test_a_pressed_button_names_an_intent_and_fills_slots(customer: Customer, words: LiveWords) -> None:
    outcome = await customer.presses("/return_policy")
    assert (outcome.intent, outcome.confidence) == ("return_policy", 1.0)
    assert outcome.replies == [words.say("return_policy", "en")]
    asked = await customer.presses('/order_status{"order_number": "10001"}')
    assert texts(asked) == [words.say("ask_order_contact", "en").text]
    assert asked.known == {"order_number": "10001"}


async def test_a_pressed_button_keeps_the_conversations_language(customer: Customer, words: LiveWords) -> None:
    first = await customer.says("আপনাদের রিটার্ন পলিসি কী?")
    payload = first.replies[0].buttons[1].payload
    pressed = await customer.presses(payload)
    assert pressed.language == "bn"
    assert pressed.replies == [words.say(payload.removeprefix("/"), "bn")]


@pytest.mark.parametrize("text", ["ok", "48213", "🙂"])
async def test_what_says_nothing_about_its_language_is_answered_in_the_conversations(
    customer: Customer, text: str
) -> None:
    await customer.says("আপনাদের রিটার্ন পলিসি কী?")
    outcome = await customer.says(text)
    assert outcome.language == "bn"
    assert "\u0980" <= texts(outcome)[0][0] <= "\u09ff"


async def test_a_language_asked_for_stays_whatever_is_written_next(customer: Customer, words: LiveWords) -> None:
    asked = await customer.says("bangla please")
    assert (asked.language, asked.language_chosen) == ("bn", True)
    assert texts(asked) == [words.say("language_changed", "bn").text]
    again = await customer.says("How much does shipping cost?")
    assert (again.language, again.language_chosen) == ("bn", False)
    assert texts(again) == [words.say("shipping_cost", "bn").text]


async def test_a_language_that_is_not_named_is_asked_for_by_buttons(customer: Customer, words: LiveWords) -> None:
    outcome = await customer.presses("/change_language")
    assert texts(outcome) == [words.say("ask_language", "en").text]
    buttons = {button.title: button.payload for button in outcome.replies[0].buttons}
    assert list(buttons) == [one.name for one in words.current.library.languages.values()]
    chosen = await customer.presses(buttons["বাংলা"])
    assert (chosen.language, chosen.language_chosen) == ("bn", True)
    assert texts(chosen) == [words.say("language_changed", "bn").text]


async def test_asked_to_say_it_again_the_bot_repeats_words_and_buttons(customer: Customer) -> None:
    first = await customer.says("What is your return policy?")
    assert (await customer.says("can you repeat that?")).replies == first.replies


async def test_buttons_of_an_action_are_titled_once_also_when_repeated(customer: Customer) -> None:
    await customer.says("where is my order 99999, I am nobody@example.com")
    outcome = await customer.says("can you repeat that?")
    assert Button("Talk to a person", "/human_agent") in outcome.replies[0].buttons
    assert all(isinstance(one, Button) and one.title for reply in outcome.replies for one in reply.buttons)


async def test_a_long_conversation_is_rolled_and_keeps_what_it_knows(customer: Customer, words: LiveWords) -> None:
    await customer.says("where is my order 10001, I am amina@example.com")
    known = (await customer.says("thanks")).known
    assert known["verified_order"]
    while customer.rows[-1].generation == 0:
        assert len(customer.rows) < 60
        await customer.says("What is your return policy?")
    assert customer.rows[-1].position == 0
    assert len(customer.rows) == 1
    outcome = await customer.says("Where is my order?")
    assert outcome.known == known
    assert texts(outcome)[0].startswith("Your order 10001")
    customer.moves_to(customer.dialogue)
    assert (await customer.says("thanks")).known == known


async def test_a_form_is_never_rolled_away(customer: Customer, words: LiveWords) -> None:
    question = words.say("ask_order_contact", "en").text
    await customer.says("Where is my order?")
    await customer.says("10001")
    for _ in range(8):
        assert texts(await customer.says("How much does shipping cost?"))[-1] == question
    assert {row.generation for row in customer.rows} == {0}
    assert texts(await customer.says("amina@example.com"))[0].startswith("Your order 10001")
    assert customer.rows[-1].generation == 1


SCRIPT = [
    "hello",
    "Where is my order?",
    "10001",
    "How much does shipping cost?",
    "amina@example.com",
    "can you repeat that?",
    "আমার অর্ডার কোথায়?",
    "48213 48214 99",
    "I want to talk to a human",
    "bangla please",
    "thanks",
    "What is your return policy?",
]


async def test_what_was_stored_goes_on_exactly_like_what_was_remembered(dialogue: Dialogue) -> None:
    steady, moved = Customer(dialogue), Customer(dialogue)
    for text in SCRIPT:
        moved.dialogue.forget(moved.id)
        moved.moves_to(dialogue)
        one, other = await steady.says(text), await moved.says(text)
        assert (one.replies, one.known, one.intent, one.language, one.handoff_reason) == (
            other.replies,
            other.known,
            other.intent,
            other.language,
            other.handoff_reason,
        )
    assert [(row.generation, row.position) for row in steady.rows] == [
        (row.generation, row.position) for row in moved.rows
    ]


async def test_memory_is_told_from_what_another_worker_stored(customer: Customer) -> None:
    assert customer.dialogue.holds(customer.id, None) is False
    await customer.says("hello")
    assert customer.dialogue.holds(customer.id, (0, 0))
    assert not customer.dialogue.holds(customer.id, (0, 1))
    assert not customer.dialogue.holds(customer.id, None)
    customer.dialogue.forget(customer.id)
    assert not customer.dialogue.holds(customer.id, (0, 0))


async def test_a_turn_that_was_not_stored_left_nothing_behind(customer: Customer, words: LiveWords) -> None:
    await customer.says("Where is my order?")
    rows = list(customer.rows)
    await customer.says("10001")
    customer.rows = rows  # its transaction did not stand
    customer.moves_to(customer.dialogue)
    assert texts(await customer.says("10001")) == [words.say("ask_order_contact", "en").text]


async def test_a_conversation_that_was_not_recalled_is_refused(dialogue: Dialogue) -> None:
    message = Message(new_id(), new_id(), 1, "customer", "hello", now())
    with pytest.raises(LookupError):
        await dialogue.handle(message, "en", False)


async def test_many_conversations_at_once_do_not_mix(dialogue: Dialogue, words: LiveWords) -> None:
    customers = [Customer(dialogue) for _ in range(12)]

    async def talk(place: int, customer: Customer) -> None:
        number = str(20000 + place)
        await customer.says("Where is my order?")
        outcome = await customer.says(number)
        assert outcome.known == {"order_number": number}
        assert texts(outcome) == [words.say("ask_order_contact", "en").text]

    await asyncio.gather(*(talk(place, customer) for place, customer in enumerate(customers)))


async def test_two_dialogues_side_by_side_keep_their_own_memory(
    dialogue: Dialogue, archive: Path, actions: Callable[[], list[Action]], words: LiveWords
) -> None:
    old = Customer(dialogue)
    await old.says("Where is my order?")
    loading = asyncio.create_task(asyncio.to_thread(Dialogue.load, archive, actions(), words))
    while not loading.done():  # answered from full memory while the other one loads
        between = await old.says("How much does shipping cost?")
        assert texts(between)[-1] == words.say("ask_order_number", "en").text
        await asyncio.sleep(0.1)
    new = await loading
    assert (await old.says("10001")).known == {"order_number": "10001"}
    assert not new.holds(old.id, (0, len(old.rows) - 1))
    fresh = Customer(new)
    assert (await fresh.says("hello")).known == {}
    old.moves_to(new)
    assert texts(await old.says("amina@example.com"))[0].startswith("Your order 10001")


class Breaking(Action):
    """An action with a mistake in it."""

    def name(self) -> str:
        return "action_request_person"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ZeroDivisionError("a mistake")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's content without the phrases of conversation.yml."""
    folder = tmp_path_factory.mktemp("content") / "data"
    copytree(ROOT / "data", folder, ignore=lambda *_: ["demo"])
    (folder / "phrases" / "conversation.yml").unlink()
    return folder


@pytest.fixture(scope="module")
def live(content: Path) -> LiveWords:
    return LiveWords(content)


@pytest.fixture(scope="module")
def breaking(archive: Path, actions: Callable[[], list[Action]], live: LiveWords) -> Dialogue:
    """A dialogue with a broken action, without action_repeat, and with words of which some are missing."""
    sound = [action for action in actions() if action.name() not in ("action_request_person", "action_repeat")]
    return Dialogue.load(archive, [*sound, Breaking()], live)


async def test_what_breaks_in_an_action_breaks_the_turn(breaking: Dialogue) -> None:
    customer = Customer(breaking)
    with pytest.raises(ZeroDivisionError, match="a mistake"):
        await customer.says("I want to talk to a human")


async def test_a_missing_action_breaks_the_turn(breaking: Dialogue) -> None:
    customer = Customer(breaking)
    with pytest.raises(Exception, match="action_repeat"):
        await customer.presses("/repeat")


async def test_missing_words_break_the_turn(breaking: Dialogue) -> None:
    customer = Customer(breaking)
    with pytest.raises(UnknownPhrase, match="denied"):
        await customer.presses("/deny")


async def test_missing_words_of_an_action_break_the_turn(breaking: Dialogue) -> None:
    customer = Customer(breaking)
    with pytest.raises(UnknownPhrase, match="ask_language"):
        await customer.presses("/change_language")


async def test_after_a_broken_turn_the_next_one_is_whole(breaking: Dialogue, words: LiveWords) -> None:
    customer = Customer(breaking)
    await customer.says("where is my order 10001, I am amina@example.com")
    with pytest.raises(ZeroDivisionError):
        await customer.says("I want to talk to a human")
    customer.moves_to(breaking)
    after = await customer.says("How much does shipping cost?")
    assert after.replies == [words.say("shipping_cost", "en")]
    assert after.known["order_number"] == "10001"


async def test_the_words_spoken_are_those_of_the_moment(breaking: Dialogue, live: LiveWords, content: Path) -> None:
    customer = Customer(breaking)
    await customer.says("What is your return policy?")
    path = content / "faq" / "returns" / "return_policy.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("You can return most items", "You may now return all items"), encoding="utf-8")
    assert live.refresh()
    assert "You may now return all items" in texts(await customer.says("What is your return policy?"))[0]


async def test_a_text_alone_is_understood_without_a_conversation(dialogue: Dialogue) -> None:
    parsed = await dialogue.parse("where is my order 10001")
    assert (parsed.intent, parsed.language) == ("order_status", "en")
    assert [(one["entity"], one["value"]) for one in parsed.entities] == [("order_number", "10001")]
    assert parsed.alternatives[0]["name"] == "order_status"
    assert (await dialogue.parse("/\n/human_agent")).confidence < 1


def test_said_is_what_customers_hear() -> None:
    from bot.dialogue.answers import as_said

    heard = as_said({"text": "Hi", "buttons": [{"title": "A", "payload": "/a"}]})
    assert heard == Said("Hi", (Button("A", "/a"),))
    assert as_said({}) == Said("")
