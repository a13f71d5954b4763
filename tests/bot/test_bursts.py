"""How much of a burst is one thought, decided on what each piece says alone and what they say together."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bursts import SEEMS, SURE, one_thought
from bot.dialogue.dialogue import Parsed
from handoff.bursts import joined

Understood = tuple[str | None, float]
NOT_UNDERSTOOD: Understood = ("nlu_fallback", 0.2)


@dataclass
class Understanding:
    """What texts mean; one that is not named here is not understood. Numbers and addresses are values."""

    meanings: dict[str, Understood] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> Parsed:
        self.asked.append(text)
        intent, confidence = self.meanings.get(text, NOT_UNDERSTOOD)
        words = text.split()
        values = [{"entity": "email", "value": word} for word in words if "@" in word]
        values += [{"entity": "order_number", "value": word} for word in words if word.isdigit()]
        return Parsed("en", intent, confidence, [], "answer", values)


def meaning(**intents: list[tuple[str, float]]) -> Understanding:
    return Understanding({text: (intent, sure) for intent, texts in intents.items() for text, sure in texts})


async def thoughts(texts: list[str], parse: Understanding, asked: str | None = None) -> list[list[str]]:
    """The whole burst, taken as turns take it."""
    found = []
    while texts:
        count = await one_thought(texts, parse, asked)
        found.append(texts[:count])
        texts = texts[count:]
    return found


async def test_a_question_in_pieces_is_one_thought() -> None:
    parse = meaning(
        contact_details=[("where", 0.39)],
        order_status=[("is my order", 0.41), ("where\nis my order\n10001", 0.58)],
    )
    assert await one_thought(["where", "is my order", "10001"], parse) == 3


async def test_values_alone_are_one_thought() -> None:
    assert await one_thought(["10001", "amina@example.com"], Understanding()) == 2


@pytest.mark.parametrize("behind", ["please!!", "to Sylhet", "10001", "it is for my mother"])
async def test_a_scrap_behind_a_question_goes_with_it_where_it_stays_that_question(behind: str) -> None:
    asked = ("how much is delivery", 0.7)
    stays = meaning(shipping_cost=[asked, (f"{asked[0]}\n{behind}", 0.3)], out_of_scope=[("to Sylhet", 0.54)])
    becomes_another = meaning(shipping_cost=[asked], size_guide=[(f"{asked[0]}\n{behind}", 0.3)])
    becomes_nothing = meaning(shipping_cost=[asked])
    scrap = len(behind.split()) < 5
    assert await one_thought([asked[0], behind], stays) == (2 if scrap else 1)
    assert await one_thought([asked[0], behind], becomes_another) == 1
    assert await one_thought([asked[0], behind], becomes_nothing) == 1


async def test_the_same_text_again_is_one_thought_without_a_look_at_it() -> None:
    parse = Understanding()
    assert await one_thought(["How much is delivery?", "how much is delivery", "HOW MUCH IS DELIVERY???"], parse) == 3
    assert parse.asked == []


async def test_the_same_question_in_other_words_is_one_thought() -> None:
    one, other = "how much is delivery", "what does shipping cost"
    parse = meaning(shipping_cost=[(one, 0.7), (other, 0.6), (f"{one}\n{other}", 0.5)])
    assert await one_thought([one, other], parse) == 2


async def test_different_questions_are_taken_one_by_one_in_order() -> None:
    texts = ["hi", "how much is delivery", "and can I pay with bkash"]
    parse = meaning(
        greet=[("hi", 0.87)],
        shipping_cost=[(texts[1], 0.7)],
        mobile_wallet=[(texts[2], 0.78), ("\n".join(texts[1:]), 0.9), ("\n".join(texts), 0.9)],
    )
    assert await thoughts(texts, parse) == [[text] for text in texts]


async def test_surely_understood_is_what_is_likelier_than_all_else() -> None:
    both = "gift cards\nopening hours"
    for confidence, count in [(SURE, 1), (SURE - 0.01, 2)]:
        parse = meaning(gift_card=[("gift cards", confidence), (both, 0.6)], business_hours=[("opening hours", 0.8)])
        parse.meanings[both] = ("business_hours", 0.6)
        assert await one_thought(["gift cards", "opening hours"], parse) == count


async def test_a_whole_sentence_is_answered_by_itself_however_unsure_its_meaning() -> None:
    asked, sentence = "how much is delivery", "do your lamps have a dimmer"
    understood = meaning(shipping_cost=[(asked, 0.7), (f"{asked}\n{sentence}", 0.7)], size_guide=[(sentence, 0.21)])
    not_understood = meaning(shipping_cost=[(asked, 0.7), (f"{asked}\n{sentence}", 0.7)])
    assert await thoughts([asked, sentence], understood) == [[asked], [sentence]]
    assert await thoughts([asked, sentence], not_understood) == [[asked], [sentence]]


async def test_a_sentence_that_names_an_order_is_answered_by_itself() -> None:
    sentence = "where is it now, order 10001"
    parse = meaning(order_status=[(sentence, 0.3)], human_agent=[("a person", 0.8), (f"{sentence}\na person", 0.8)])
    assert await thoughts([sentence, "a person"], parse) == [[sentence], ["a person"]]


@pytest.mark.parametrize(("intent", "text"), [("human_agent", "person pls"), ("complaint", "scandal")])
async def test_who_seems_to_ask_for_a_person_is_not_passed_over(intent: str, text: str) -> None:
    asked = "how much is delivery"
    for confidence, together in [(SEEMS, False), (SEEMS - 0.01, True)]:
        parse = meaning(shipping_cost=[(asked, 0.7), (f"{asked}\n{text}", 0.6)], **{intent: [(text, confidence)]})
        assert await thoughts([asked, text], parse) == ([[asked, text]] if together else [[asked], [text]])


async def test_a_sentence_and_the_scraps_that_make_it_clearer_are_one_thought() -> None:
    texts = ["I keep getting so many ads", "although", "unsubscribed"]
    parse = meaning(payment_failed=[(texts[0], 0.21)], unsubscribe=[("\n".join(texts), 0.8)])
    assert await one_thought(texts, parse) == 3


async def test_a_scrap_between_two_questions_goes_with_the_first_where_it_fits_and_else_with_the_second() -> None:
    asked, other = "how much is delivery", "can I pay with bkash"
    fits = meaning(shipping_cost=[(asked, 0.7), (f"{asked}\nto Sylhet", 0.6)], mobile_wallet=[(other, 0.78)])
    assert await thoughts([asked, "to Sylhet", other], fits) == [[asked, "to Sylhet"], [other]]
    does_not = meaning(
        shipping_cost=[(asked, 0.7)],
        mobile_wallet=[(other, 0.78), (f"my nagad\n{other}", 0.7), (f"{asked}\nmy nagad", 0.4)],
    )
    assert await thoughts([asked, "my nagad", other], does_not) == [[asked], ["my nagad", other]]


async def test_a_greeting_before_a_question_in_pieces_is_a_thought_of_its_own() -> None:
    parse = meaning(
        greet=[("hi", 0.87), ("hi\nwhere", 0.4)],
        order_status=[
            ("is my order", 0.41),
            ("where\nis my order", 0.62),
            ("hi\nwhere\nis my order", 0.5),
        ],
    )
    assert await thoughts(["hi", "where", "is my order"], parse) == [["hi"], ["where", "is my order"]]


async def test_two_values_of_a_kind_are_never_one_thought() -> None:
    assert await thoughts(["10001", "10002", "amina@example.com"], Understanding()) == [
        ["10001"],
        ["10002", "amina@example.com"],
    ]
    assert await one_thought(["10001", "amina@example.com", "10001"], Understanding()) == 3


async def test_what_would_lose_a_value_by_being_joined_stays_apart() -> None:
    async def reads_on(text: str) -> Parsed:
        """Finds the number of lines that are next to each other as one number."""
        return Parsed("en", None, 0.0, [], "ask_again", [{"entity": "order_number", "value": text.replace("\n", "")}])

    assert await one_thought(["100", "01"], reads_on) == 1


ASKED = "order_status"


async def test_while_a_form_waits_values_are_one_thought_with_what_is_said_around_them() -> None:
    parse = meaning(affirm=[("yes", 0.9)], change_order=[("my number is", 0.3)])
    assert await one_thought(["10001", "amina@example.com"], parse, ASKED) == 2
    assert await one_thought(["yes", "10001"], parse, ASKED) == 2
    assert await one_thought(["my number is", "10001", "please"], parse, ASKED) == 3
    assert await one_thought(["well I think it must be", "10001"], parse, ASKED) == 2
    assert await one_thought(["10001", "my mail is at amina@example.com"], parse, ASKED) == 2


async def test_while_a_form_waits_it_swallows_no_other_question() -> None:
    texts = ["10001", "how much is delivery", "amina@example.com"]
    parse = meaning(shipping_cost=[("how much is delivery", 0.7), ("\n".join(texts), 0.7)])
    assert await thoughts(texts, parse, ASKED) == [[text] for text in texts]


async def test_while_a_form_waits_its_own_question_again_goes_with_the_values() -> None:
    texts = ["where is my order", "10001", "amina@example.com"]
    parse = meaning(order_status=[("where is my order", 0.62)])
    assert await one_thought(texts, parse, ASKED) == 3
    assert await one_thought(texts, parse, "return_status") == 1


PIECES = st.lists(st.sampled_from(["10001", "10002", "a@b.example", "hi", "where", "one two three four five", "?"]))


@given(
    texts=PIECES.filter(bool),
    intents=st.lists(st.sampled_from(["a", "b", "nlu_fallback", "out_of_scope", None]), min_size=40, max_size=40),
    sure=st.lists(st.floats(0, 1), min_size=40, max_size=40),
    asked=st.sampled_from([None, "a"]),
)
async def test_whatever_the_words_mean_no_two_sure_questions_are_one_thought_and_nothing_is_left_out(
    texts: list[str], intents: list[str | None], sure: list[float], asked: str | None
) -> None:
    parse = Understanding()
    # whatever is asked for gets the next meaning, always the same one
    meanings = iter(zip(intents, sure, strict=True))

    class Drawn(dict[str, Understood]):
        def get(self, text: str, default: object = None) -> Understood:  # type: ignore[override]
            if text not in self:
                self[text] = next(meanings, NOT_UNDERSTOOD)
            return self[text]

    parse.meanings = Drawn()
    found = await thoughts(texts[:5], parse, asked)
    assert [text for thought in found for text in thought] == texts[:5]
    for thought in found:
        if joined(thought) == thought[0]:
            continue
        understood = [parse.meanings[text] for text in thought]
        assert len({intent for intent, confidence in understood if intent in ("a", "b") and confidence >= SURE}) <= 1
