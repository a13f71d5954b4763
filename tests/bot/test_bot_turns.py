"""From a stored message to a stored answer: the turn loop with the real model on both databases."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dialogue_testing import running, until
from rasa_sdk import Action

from bot import turns as turn_loop
from bot.content.live import LiveWords
from bot.dialogue.dialogue import Dialogue
from bot.turns import TurnLoop
from handoff import inbox, ownership, people, store, turn_store
from handoff import turns as turns_service
from handoff.clock import now
from handoff.incoming import Incoming
from handoff.messages import Message
from handoff.models import conversations, handoffs, messages, tracker_events, turns
from handoff.services import Services

pytestmark = pytest.mark.model

# for what does not hang on the engine
one_engine = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class InUse:
    """The model in use, as the loop sees it."""

    current: Dialogue | None


@pytest.fixture
def loop(services: Services, dialogue: Dialogue) -> TurnLoop:
    return TurnLoop(services, InUse(dialogue))


class Visitor:
    """A customer on the website; looks at what is stored."""

    def __init__(self, services: Services, name: str = "amina") -> None:
        self._services = services
        self._name = name
        self._sent = 0
        self._seen = 0
        self.conversation_id = ""

    async def says(self, text: str = "", payload: str | None = None) -> Message:
        self._sent += 1
        incoming = Incoming("website", f"{self._name}:{self._sent}", self._name, text=text, payload=payload)
        message, _ = await inbox.receive(self._services, incoming)
        self.conversation_id = message.conversation_id
        return message

    async def says_in_a_burst(self, *texts: str, apart: float = 0.5) -> list[Message]:
        """Messages that come `apart` seconds after each other, however slow the machine is."""
        said = [await self.says(text) for text in texts]
        async with self._services.database.write() as tx:
            for number, message in enumerate(said):
                at = said[0].created_at + timedelta(seconds=number * apart)
                await tx.execute(sa.update(messages).where(messages.c.id == message.id).values(created_at=at))
        return said

    async def hears(self) -> list[tuple[str, str]]:
        """Author and text of everything said since the last time, the customer's own words left out."""
        async with self._services.database.read() as tx:
            said = await store.transcript(tx, self.conversation_id, after=self._seen)
        self._seen = said[-1].seq if said else self._seen
        return [(message.author, message.text) for message in said if message.author != "customer"]

    async def transcript(self) -> list[Message]:
        async with self._services.database.read() as tx:
            return await store.transcript(tx, self.conversation_id)

    async def conversation(self):
        async with self._services.database.read() as tx:
            return await store.get(tx, self.conversation_id)


async def work(loop: TurnLoop) -> int:
    """Runs every turn that waits; returns how many."""
    count = 0
    while await loop.step():
        count += 1
    return count


async def rows(services: Services, query: sa.Select) -> list[dict]:
    async with services.database.read() as tx:
        return [dict(row) for row in await tx.rows(query)]


async def test_a_message_is_answered_with_what_was_understood_noted_on_it(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says("আপনাদের রিটার্ন পলিসি কী?")
    assert await work(loop) == 1
    asked, answered = await visitor.transcript()
    said = words.say("return_policy", "bn")
    assert (answered.author, answered.text, answered.buttons) == ("bot", said.text, said.buttons)
    assert (answered.author_name, answered.language) == (words.say("bot_name", "bn").text, "bn")
    assert (asked.intent, asked.language, answered.intent) == ("return_policy", "bn", "return_policy")
    assert asked.confidence == pytest.approx(answered.confidence)
    conversation = await visitor.conversation()
    assert (conversation.language, conversation.lease_owner, conversation.turn_waiting_since) == ("bn", None, None)
    (turn,) = await rows(services, sa.select(turns))
    assert (turn["status"], turn["attempts"], turn["error"]) == ("done", 1, None)
    stored = await rows(services, sa.select(tracker_events.c.generation, tracker_events.c.position))
    assert stored == [{"generation": 0, "position": 0}]


@one_engine
async def test_nothing_waits_nothing_is_done(loop: TurnLoop) -> None:
    assert not await loop.step()


async def test_messages_are_answered_one_by_one_in_their_order(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says_in_a_burst("Where is my order?", "10001", "amina@example.com", apart=3)
    assert await work(loop) == 3
    heard = [text for _, text in await visitor.hears()]
    assert heard[:2] == [words.say("ask_order_number", "en").text, words.say("ask_order_contact", "en").text]
    assert heard[2].startswith("Your order 10001")


@pytest.mark.parametrize(
    ("pieces", "language", "contact", "told"),
    [
        (("my order", "10001", "where is it"), "en", "amina@example.com", "Your order 10001"),
        (("আমার অর্ডার", "কোথায়", "১০০০১"), "bn", "০১৭১২-৩৪৫৬৭৮", "আপনার অর্ডার 10001"),
    ],
)
async def test_a_question_in_three_pieces_gets_one_answer_and_the_right_one(
    services: Services,
    loop: TurnLoop,
    words: LiveWords,
    pieces: tuple[str, ...],
    language: str,
    contact: str,
    told: str,
) -> None:
    visitor = Visitor(services)
    said = await visitor.says_in_a_burst(*pieces)
    assert await work(loop) == 1
    assert await visitor.hears() == [("bot", words.say("ask_order_contact", language).text)]
    asked = (await visitor.transcript())[:3]
    assert [(one.text, one.intent, one.language) for one in asked] == [
        (text, "order_status", language) for text in pieces
    ]
    assert [one["status"] for one in await rows(services, sa.select(turns))] == ["done"] * 3
    async with services.database.read() as tx:
        (stored,) = await turn_store.load_events(tx, visitor.conversation_id)
    heard = [event for event in json.loads(stored.events) if event["event"] == "user"]
    assert [(event["text"], event["message_id"]) for event in heard] == [("\n".join(pieces), said[0].id)]
    assert heard[0]["metadata"]["message_ids"] == [one.id for one in said]
    await visitor.says(contact)
    assert await work(loop) == 1
    ((_, text),) = await visitor.hears()
    assert text.startswith(told)


@pytest.mark.parametrize(
    ("questions", "language", "intents"),
    [
        (
            ("What is your return policy?", "How much does shipping cost?", "Can I pay with bKash?"),
            "en",
            ["return_policy", "shipping_cost", "mobile_wallet"],
        ),
        (
            ("আপনাদের রিটার্ন পলিসি কী?", "ডেলিভারি চার্জ কত?", "বিকাশে পেমেন্ট করা যাবে?"),
            "bn",
            ["return_policy", "shipping_cost", "mobile_wallet"],
        ),
        (
            ("hi", "how much is delivery", "and can I pay with bkash"),
            "en",
            ["greet", "shipping_cost", "mobile_wallet"],
        ),
    ],
)
async def test_three_questions_at_once_get_three_answers_in_their_order(
    services: Services,
    loop: TurnLoop,
    words: LiveWords,
    questions: tuple[str, ...],
    language: str,
    intents: list[str],
) -> None:
    visitor = Visitor(services)
    await visitor.says_in_a_burst(*questions)
    assert await work(loop) == 3
    assert await visitor.hears() == [("bot", words.say(intent, language).text) for intent in intents]
    assert [one.intent for one in (await visitor.transcript())[:3]] == intents
    assert [one["attempts"] for one in await rows(services, sa.select(turns.c.attempts))] == [1, 1, 1]


@pytest.mark.parametrize(("question", "language"), [("How much is delivery?", "en"), ("ডেলিভারি চার্জ কত?", "bn")])
async def test_the_same_question_three_times_at_once_gets_one_answer(
    services: Services, loop: TurnLoop, words: LiveWords, question: str, language: str
) -> None:
    visitor = Visitor(services)
    await visitor.says_in_a_burst(question, question, question)
    assert await work(loop) == 1
    assert await visitor.hears() == [("bot", words.say("shipping_cost", language).text)]
    assert [one.intent for one in (await visitor.transcript())[:3]] == ["shipping_cost"] * 3


@one_engine
@pytest.mark.parametrize("please", ["please", "প্লিজ!!"])
async def test_a_question_and_a_plea_get_one_answer(
    services: Services, loop: TurnLoop, words: LiveWords, please: str
) -> None:
    question, language = ("How much is delivery?", "en") if please.isascii() else ("ডেলিভারি চার্জ কত?", "bn")
    visitor = Visitor(services)
    await visitor.says_in_a_burst(question, please)
    assert await work(loop) == 1
    assert await visitor.hears() == [("bot", words.say("shipping_cost", language).text)]


@one_engine
async def test_what_a_form_waits_for_may_come_in_pieces_and_a_question_among_them_is_answered(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says("Where is my order?")
    await work(loop)
    await visitor.hears()
    await visitor.says_in_a_burst("How much is delivery?", "10001", "amina@example.com")
    assert await work(loop) == 2
    heard = [text for _, text in await visitor.hears()]
    assert heard[:2] == [words.say("shipping_cost", "en").text, words.say("ask_order_number", "en").text]
    assert len(heard) == 3
    assert heard[2].startswith("Your order 10001")


@one_engine
async def test_joined_lines_name_no_intent_either(services: Services, loop: TurnLoop) -> None:
    visitor = Visitor(services)
    await visitor.says_in_a_burst("///", "/complaint")
    await work(loop)
    assert all((one.confidence or 0) < 1 for one in await visitor.transcript())


class Listening:
    """The real dialogue; counts what it is asked to understand beside the turns."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self.parsed: list[str] = []

    def __getattr__(self, name: str):
        return getattr(self._dialogue, name)

    async def parse(self, text: str):
        self.parsed.append(text)
        return await self._dialogue.parse(text)


@one_engine
async def test_a_message_alone_is_understood_once(services: Services, dialogue: Dialogue) -> None:
    listening = Listening(dialogue)
    visitor = Visitor(services)
    await visitor.says_in_a_burst("Where is my order?", "10001", "amina@example.com", apart=3)
    assert await work(TurnLoop(services, InUse(listening))) == 3  # type: ignore[arg-type]
    assert listening.parsed == []


def test_a_turn_is_ended_long_before_its_lease() -> None:
    assert timedelta(seconds=turn_loop.TURN_SECONDS) <= turns_service.LEASE / 2


@one_engine
async def test_an_offered_button_is_a_turn_in_the_conversations_language(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says("আসসালামু আলাইকুম")
    await work(loop)
    greeting = (await visitor.transcript())[-1]
    pressed = await visitor.says(payload=greeting.buttons[0].payload)
    assert pressed.text == greeting.buttons[0].title
    await visitor.hears()
    await work(loop)
    assert await visitor.hears() == [("bot", words.say("ask_order_number", "bn").text)]


@one_engine
async def test_without_a_model_a_message_waits_and_is_answered_once_there_is_one(
    services: Services, dialogue: Dialogue
) -> None:
    in_use = InUse(None)
    loop = TurnLoop(services, in_use)
    visitor = Visitor(services)
    await visitor.says("hello")
    assert not await loop.step()
    assert await visitor.hears() == []
    in_use.current = dialogue
    assert await work(loop) == 1
    assert len(await visitor.hears()) == 1


async def test_who_asks_for_a_person_is_queued_and_told_so_in_their_language(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says("আমার অর্ডার ১০০০১ কোথায়, আমি amina@example.com")
    await visitor.says("মানুষের সাথে কথা বলতে চাই")
    await visitor.says("ধন্যবাদ")
    assert await work(loop) == 2
    heard = await visitor.hears()
    assert heard[0][1].startswith("আপনার অর্ডার 10001")
    assert heard[1:] == [("system", words.say("queue_nobody", "bn", position=1).text)]
    conversation = await visitor.conversation()
    assert (conversation.status, conversation.reason, conversation.epoch) == ("queued", "human_agent", 1)
    (handoff,) = await rows(services, sa.select(handoffs))
    assert handoff["brief"]["known"]["order_number"] == "10001"
    assert handoff["brief"]["known"]["verified_order"]
    assert [turn["status"] for turn in await rows(services, sa.select(turns).order_by(turns.c.seq))] == [
        "done",
        "done",
        "dropped",
    ]


@one_engine
async def test_after_a_person_the_bot_goes_on_with_what_it_knew(services: Services, loop: TurnLoop) -> None:
    visitor = Visitor(services)
    await visitor.says("where is my order 10001, I am amina@example.com")
    await visitor.says("I want to talk to a human")
    await work(loop)
    agent = await people.add(services.database, "rahima", "Rahima", "agent", "long enough")
    await ownership.claim(services, visitor.conversation_id, agent)
    await visitor.says("so where is it?")
    assert await work(loop) == 0
    await ownership.return_to_bot(services, visitor.conversation_id, agent)
    await visitor.hears()
    await visitor.says("Where is my order?")
    assert await work(loop) == 1
    ((author, text),) = await visitor.hears()
    assert (author, text.startswith("Your order 10001")) == ("bot", True)


@one_engine
@pytest.mark.parametrize("afterwards", [ownership.return_to_bot, ownership.resolve])
async def test_after_a_supervisor_took_it_over_the_bot_does_not_go_on_with_its_question(
    services: Services, loop: TurnLoop, dialogue: Dialogue, words: LiveWords, afterwards: Callable
) -> None:
    visitor = Visitor(services)
    for text in ("Where is my order?", "10001"):
        await visitor.says(text)
        await work(loop)
    assert await dialogue.asks(visitor.conversation_id) == "order_status"
    supervisor = await people.add(services.database, "nasreen", "Nasreen", "supervisor", "long enough")
    await ownership.take_over(services, visitor.conversation_id, supervisor)
    await afterwards(services, visitor.conversation_id, supervisor)
    await visitor.hears()
    await visitor.says("How much is delivery?")
    assert await work(loop) == 1
    assert await visitor.hears() == [("bot", words.say("shipping_cost", "en").text)]
    assert await dialogue.asks(visitor.conversation_id) is None
    await visitor.says("Where is my order?")
    await work(loop)
    assert await visitor.hears() == [("bot", words.say("ask_order_contact", "en").text)]  # the number is known


@one_engine
async def test_whom_nobody_took_the_bot_goes_on_asking(services: Services, loop: TurnLoop, words: LiveWords) -> None:
    visitor = Visitor(services)
    for text, said in (("Where is my order?", "ask_order_number"), ("10001", "ask_order_contact")):
        await visitor.says(text)
        await work(loop)
        assert await visitor.hears() == [("bot", words.say(said, "en").text)]
    await visitor.says("How much is delivery?")
    await work(loop)
    asked = [words.say(key, "en").text for key in ("shipping_cost", "ask_order_contact")]
    assert [text for _, text in await visitor.hears()] == asked


class Interrupted:
    """The real dialogue; while it thinks, something else happens to the conversation."""

    def __init__(self, dialogue: Dialogue, happens: Callable) -> None:
        self._dialogue = dialogue
        self._happens = happens

    def __getattr__(self, name: str):
        return getattr(self._dialogue, name)

    async def handle(self, message: Message, language: str, chosen: bool, *about: object):
        result = await self._dialogue.handle(message, language, chosen, *about)
        await self._happens(message.conversation_id)
        return result


async def test_an_answer_that_comes_after_the_owner_changed_is_never_said(
    services: Services, dialogue: Dialogue, words: LiveWords
) -> None:
    async def pass_on(conversation_id: str) -> None:
        async with services.database.write() as tx:
            conversation = await store.get(tx, conversation_id, lock=True)
            assert conversation is not None
            conversation = await ownership.hand_over(tx, services, conversation, "human_agent", {}, now())
            await store.save(tx, conversation)

    visitor = Visitor(services)
    await visitor.says("hello")
    await work(TurnLoop(services, InUse(dialogue)))
    await visitor.hears()
    await visitor.says("What is your return policy?")
    assert await work(TurnLoop(services, InUse(Interrupted(dialogue, pass_on)))) == 1  # type: ignore[arg-type]
    assert [author for author, _ in await visitor.hears()] == ["system"]
    assert [turn["status"] for turn in await rows(services, sa.select(turns).order_by(turns.c.seq))] == [
        "done",
        "dropped",
    ]
    stored = await rows(services, sa.select(tracker_events.c.generation, tracker_events.c.position))
    assert stored == [{"generation": 0, "position": 0}]
    assert not dialogue.holds(visitor.conversation_id, (0, 0)), "memory knows more than was stored"


async def test_two_workers_take_turns_in_one_conversation_and_both_know_all_of_it(
    services: Services, dialogue: Dialogue, archive: Path, actions: Callable[[], list[Action]], words: LiveWords
) -> None:
    loops = [TurnLoop(services, InUse(dialogue)), TurnLoop(services, InUse(Dialogue.load(archive, actions(), words)))]
    visitor = Visitor(services)
    for place, text in enumerate(["Where is my order?", "10001", "How much does shipping cost?", "amina@example.com"]):
        await visitor.says(text)
        assert await work(loops[place % 2]) == 1
    heard = [text for _, text in await visitor.hears()]
    assert heard[2:4] == [words.say("shipping_cost", "en").text, words.say("ask_order_contact", "en").text]
    assert heard[4].startswith("Your order 10001")
    async with services.database.read() as tx:
        stored = await turn_store.load_events(tx, visitor.conversation_id)
    assert [row.position for row in stored] == [0, 1, 2, 3]


async def test_many_loops_answer_every_message_once(services: Services, dialogue: Dialogue, words: LiveWords) -> None:
    visitors = [Visitor(services, f"visitor{number}") for number in range(6)]
    for visitor in visitors:
        await visitor.says("hello")
        await visitor.says("What is your return policy?")
    await asyncio.gather(*(work(TurnLoop(services, InUse(dialogue))) for _ in range(3)))
    for visitor in visitors:
        assert [text for _, text in await visitor.hears()] == [
            words.say("greet", "en").text,
            words.say("return_policy", "en").text,
        ]


class Breaking(Action):
    """An action with a mistake in it."""

    def name(self) -> str:
        return "action_fallback"

    async def run(self, dispatcher: object, tracker: object, domain: object) -> list:
        raise ZeroDivisionError("with the customer's words in it")


@pytest.fixture(scope="module")
def breaking(archive: Path, actions: Callable[[], list[Action]], words: LiveWords) -> Dialogue:
    sound = [action for action in actions() if action.name() != "action_fallback"]
    return Dialogue.load(archive, [*sound, Breaking()], words)


async def test_a_message_that_breaks_its_turn_five_times_goes_to_a_person_and_leaves_no_trace_in_memory(
    services: Services, breaking: Dialogue, words: LiveWords
) -> None:
    loop = TurnLoop(services, InUse(breaking))
    visitor = Visitor(services)
    await visitor.says("hello")
    await work(loop)
    await visitor.hears()
    await visitor.says("12 13 14")
    tries = 0
    while await loop.step():
        tries += 1
        assert not breaking.holds(visitor.conversation_id, (0, 0)), "memory knows more than was stored"
        if tries < turns_service.MAX_ATTEMPTS:
            assert await visitor.hears() == []
        async with services.database.write() as tx:  # the pause before the next try is over
            await tx.execute(sa.update(conversations).values(lease_until=None))
    assert tries == turns_service.MAX_ATTEMPTS
    assert await visitor.hears() == [
        ("system", words.say("bot_failed", "en").text),
        ("system", words.say("queue_nobody", "en", position=1).text),
    ]
    turn = (await rows(services, sa.select(turns).order_by(turns.c.seq)))[-1]
    assert (turn["status"], turn["error"]) == ("failed", "ZeroDivisionError")
    conversation = await visitor.conversation()
    assert (conversation.status, conversation.reason) == ("queued", "bot_failed")
    assert len(await rows(services, sa.select(tracker_events))) == 1


class Choking:
    """The real dialogue; it breaks on a plea."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self.tried: list[str] = []

    def __getattr__(self, name: str):
        return getattr(self._dialogue, name)

    async def handle(self, message: Message, language: str, chosen: bool, *about: object):
        self.tried.append(message.text)
        if "please" in message.text:
            raise ZeroDivisionError
        return await self._dialogue.handle(message, language, chosen, *about)


async def test_a_message_that_breaks_its_burst_takes_no_other_with_it(
    services: Services, dialogue: Dialogue, words: LiveWords
) -> None:
    choking = Choking(dialogue)
    loop = TurnLoop(services, InUse(choking))  # type: ignore[arg-type]
    visitor = Visitor(services)
    await visitor.says_in_a_burst("How much is delivery?", "please")
    while await loop.step():
        async with services.database.write() as tx:  # the pause before the next try is over
            await tx.execute(sa.update(conversations).values(lease_until=None))
    tries = ["How much is delivery?\nplease", "How much is delivery?", *["please"] * 4]
    assert choking.tried == tries
    assert await visitor.hears() == [
        ("bot", words.say("shipping_cost", "en").text),
        ("system", words.say("bot_failed", "en").text),
        ("system", words.say("queue_nobody", "en", position=1).text),
    ]
    assert [row["status"] for row in await rows(services, sa.select(turns).order_by(turns.c.seq))] == ["done", "failed"]


async def test_a_burst_whose_worker_was_killed_is_answered_once_and_in_order_with_what_came_meanwhile(
    services: Services, dialogue: Dialogue, words: LiveWords
) -> None:
    visitor = Visitor(services)
    await visitor.says_in_a_burst("How much is delivery?", "please")
    killed = await turns_service.lease_next(services, "killed")
    assert killed is not None
    assert len(killed.messages) == 2
    await visitor.says("What is your return policy?")
    async with services.database.write() as tx:  # its lease runs out
        await tx.execute(sa.update(conversations).values(lease_until=None))
    await work(TurnLoop(services, InUse(dialogue)))
    heard = [text for _, text in await visitor.hears()]
    assert (heard[0], heard[-1]) == (words.say("shipping_cost", "en").text, words.say("return_policy", "en").text)
    done = await rows(services, sa.select(turns.c.status, turns.c.attempts).order_by(turns.c.seq))
    assert [(row["status"], row["attempts"]) for row in done] == [("done", 2), ("done", 2), ("done", 1)]


@one_engine
async def test_a_turn_that_takes_too_long_goes_to_a_person_at_once(
    services: Services, dialogue: Dialogue, words: LiveWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_ends(_: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(turn_loop, "TURN_SECONDS", 0.2)
    visitor = Visitor(services)
    await visitor.says("What is your return policy?")
    assert await work(TurnLoop(services, InUse(Interrupted(dialogue, never_ends)))) == 1  # type: ignore[arg-type]
    assert await visitor.hears() == [
        ("system", words.say("bot_failed", "en").text),
        ("system", words.say("queue_nobody", "en", position=1).text),
    ]
    assert (await visitor.conversation()).reason == "bot_failed"


@one_engine
async def test_a_broken_turn_holds_up_nobody_else(services: Services, breaking: Dialogue, words: LiveWords) -> None:
    loop = TurnLoop(services, InUse(breaking))
    poison, neighbour = Visitor(services, "poison"), Visitor(services, "neighbour")
    await poison.says("12 13 14")
    await neighbour.says("What is your return policy?")
    assert await work(loop) == 2
    assert await neighbour.hears() == [("bot", words.say("return_policy", "en").text)]
    assert await poison.hears() == []


async def test_a_running_loop_answers_what_comes_and_gives_its_leases_back(
    services: Services, loop: TurnLoop, words: LiveWords
) -> None:
    visitor = Visitor(services)

    async def answered() -> bool:
        return [text for _, text in await visitor.hears()] == [words.say("return_policy", "en").text]

    async with running(loop.run()):
        await visitor.says("What is your return policy?")
        await until(answered)
    leases = await rows(services, sa.select(conversations.c.lease_owner, conversations.c.lease_until))
    assert leases == [{"lease_owner": None, "lease_until": None}]


@one_engine
async def test_a_loop_stopped_in_the_middle_of_a_turn_leaves_it_to_the_next(
    services: Services, dialogue: Dialogue, words: LiveWords
) -> None:
    thinking = asyncio.Event()

    async def never_ends(_: str) -> None:
        thinking.set()
        await asyncio.Event().wait()

    visitor = Visitor(services)
    stopped = TurnLoop(services, InUse(Interrupted(dialogue, never_ends)))  # type: ignore[arg-type]
    async with running(stopped.run()):
        await visitor.says("What is your return policy?")
        await thinking.wait()
    assert await visitor.hears() == []
    assert await work(TurnLoop(services, InUse(dialogue))) == 1
    assert await visitor.hears() == [("bot", words.say("return_policy", "en").text)]
