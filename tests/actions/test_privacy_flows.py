"""A customer's own data: a copy to the order's address, or all of it erased, and never for anybody else."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import OwnShop, differences, run_action, user
from sqlalchemy import update
from test_action_phrases import PHRASES, check

from actions.post import NotSent
from actions.shop import tables
from actions.shop.backend import OrderState
from actions.typed import masked

JONAS, AMINA = "jonas@example.com", "amina@example.com"
INTENTS = {"export_my_data": "export_summary", "delete_my_data": "delete_summary"}
both = pytest.mark.parametrize("intent", INTENTS)


@dataclass
class Stored:
    """Keeps what it is asked for; while `broken` it sends nothing."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    broken: bool = False
    erased_within: timedelta = timedelta(minutes=2)

    async def send_copy(self, conversation: str, to: str, language: str) -> None:
        """See `actions.stored_data.StoredData`."""
        if self.broken:
            raise NotSent("broken")
        self.sent.append((conversation, to, language))


def wishes(own: OwnShop, intent: str, stored: Stored | None = None, sender: str = "v") -> Talk:
    one = talk(own, sender, intent)
    one.around = {"stored": stored or Stored()}
    return one


async def to_the_yes(own: OwnShop, intent: str, stored: Stored | None = None) -> Talk:
    one = wishes(own, intent, stored)
    said = await one.says("my data please, 10003, jonas@example.com", intent, order_number="10003", email=JONAS)
    assert said == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == [INTENTS[intent], "confirm_change"]
    return one


def over(one: Talk) -> bool:
    return not one.on and not one.slots.get("approved_order") and not one.slots.get("confirmation")


async def test_after_a_code_and_a_yes_the_copy_goes_to_the_orders_own_address(own: OwnShop) -> None:
    stored, before = Stored(), await own.everything()
    one = await to_the_yes(own, "export_my_data", stored)
    assert one.params("export_summary")["address"] == {"id": "j•••@example.com"}
    assert stored.sent == []
    assert await one.says("yes", "affirm") == ["export_done"]
    assert stored.sent == [("v", JONAS, "de")]
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    assert over(one) and not one.slots.get("erasure")


async def test_after_a_code_and_a_yes_word_is_left_that_everything_is_to_go(own: OwnShop) -> None:
    stored, before = Stored(), await own.everything()
    one = await to_the_yes(own, "delete_my_data", stored)
    assert not one.slots.get("erasure")
    assert await one.says("yes", "affirm") == ["delete_done"]
    assert one.slots["erasure"] == "yes"
    assert one.params("delete_done")["time"] == {"minutes": 2}
    assert stored.sent == []
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    assert over(one)


@both
async def test_bit_by_bit_and_in_any_order(own_sqlite: OwnShop, intent: str) -> None:
    one = wishes(own_sqlite, intent)
    assert await one.says("my data", intent) == ["ask_order_number"]
    assert await one.says(JONAS, None, email=JONAS) == ["order_number_is_contact", "ask_order_number"]
    assert await one.says("10003", None, order_number="10003") == ["ask_one_time_code"]


@both
async def test_the_letter_with_the_code_says_what_it_is_for(own_sqlite: OwnShop, intent: str) -> None:
    await to_the_yes(own_sqlite, intent)
    (letter,) = own_sqlite.letters.sent
    assert (letter.to, letter.phrase) == (JONAS, "privacy_code")
    check("mail_privacy_code", letter.params)
    check("mail_privacy_code_subject", letter.params)
    assert "{code}" not in PHRASES["mail_privacy_code_subject"]["en"]  # it shows on a locked screen


@both
@pytest.mark.parametrize("state", OrderState)
async def test_the_orders_state_is_of_no_matter(own_sqlite: OwnShop, intent: str, state: OrderState) -> None:
    order = await own_sqlite.order("10003")
    await own_sqlite.change(update(tables.orders).where(tables.orders.c.id == order.id).values(state=state.value))
    one = await to_the_yes(own_sqlite, intent)
    assert await one.says("yes", "affirm") in (["export_done"], ["delete_done"])
    assert (await own_sqlite.order("10003")).state is state


@both
async def test_a_no_leaves_everything_as_it_was(own_sqlite: OwnShop, intent: str) -> None:
    stored = Stored()
    one = await to_the_yes(own_sqlite, intent, stored)
    assert await one.says("no", "deny") == ["left_as_it_was"]
    assert over(one) and not stored.sent and not one.slots.get("erasure")


@both
async def test_never_mind_at_the_code_ends_it(own_sqlite: OwnShop, intent: str) -> None:
    one = wishes(own_sqlite, intent)
    await one.says("my data, 10003", intent, order_number="10003", email=JONAS)
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one)


@both
async def test_another_question_is_answered_in_between(own_sqlite: OwnShop, intent: str) -> None:
    one = await to_the_yes(own_sqlite, intent)
    with pytest.raises(ActionExecutionRejection):
        await one.says("how is my data used?", "privacy_policy")
    assert await one.returns() == [INTENTS[intent], "confirm_change"]
    assert await one.says("yes", "affirm") in (["export_done"], ["delete_done"])


@both
async def test_naming_another_order_of_theirs_needs_its_own_code(own_sqlite: OwnShop, intent: str) -> None:
    one = await to_the_yes(own_sqlite, intent)
    said = await one.says("no, the other one, 10001", "deny", order_number="10001")
    assert said == ["order_no_match", "ask_order_number"]
    assert not one.slots.get("erasure")


@both
async def test_somebody_elses_order_gets_no_letter_and_sounds_like_a_missing_one(
    own_sqlite: OwnShop, intent: str
) -> None:
    said = []
    for number in ("10003", "99999"):
        one = wishes(own_sqlite, intent, sender=number)
        said.append(await one.says("my data", intent, order_number=number, email=AMINA))
    assert said[0] == said[1] == ["order_no_match", "ask_order_number"]
    assert own_sqlite.letters.sent == []


@both
async def test_a_wrong_code_does_nothing_and_too_many_lead_to_a_person(own_sqlite: OwnShop, intent: str) -> None:
    stored = Stored()
    one = wishes(own_sqlite, intent, stored)
    await one.says("my data", intent, order_number="10003", email=JONAS)
    code = own_sqlite.letters.sent[-1].code
    for _ in range(4):
        assert await one.says(f"{(int(code) + 1) % 10**6:06d}") == ["code_wrong", "ask_one_time_code"]
    assert await one.says(f"{(int(code) + 1) % 10**6:06d}") == ["code_spent"]
    assert one.slots["handoff_reason"] == "verification_failed"
    assert over(one) and not stored.sent and not one.slots.get("erasure")


async def test_a_copy_that_cannot_be_sent_leads_to_a_person(own_sqlite: OwnShop) -> None:
    stored = Stored()
    one = await to_the_yes(own_sqlite, "export_my_data", stored)
    stored.broken = True
    assert await one.says("yes", "affirm") == ["export_failed"]
    assert one.slots["handoff_reason"] == "export_my_data"


async def test_a_copy_is_not_sent_where_the_shop_does_not_answer(own_sqlite: OwnShop) -> None:
    stored = Stored()
    one = await to_the_yes(own_sqlite, "export_my_data", stored)

    class Down:
        can: frozenset[str] = frozenset()

        async def find_order(self, number: str) -> Any:
            raise ConnectionError("down")

    one.shop = Down()  # type: ignore[assignment]
    assert await one.says("yes", "affirm") == ["shop_unavailable"]
    assert stored.sent == []


async def test_a_copy_goes_nowhere_but_to_the_order_of_the_yes(own_sqlite: OwnShop) -> None:
    stored, order = Stored(), await own_sqlite.order("10003")
    slots = {"approved_order": order.id, "order_number": "10001"}
    said = await run_action(
        own_sqlite.shop, "action_export_my_data", slots, [user("yes", "affirm")], own_sqlite.codes, stored=stored
    )
    assert (said.keys, stored.sent) == (["shop_unavailable"], [])


@both
async def test_the_shop_is_down_from_the_beginning(own_sqlite: OwnShop, intent: str) -> None:
    one = wishes(own_sqlite, intent)

    class Down:
        async def find_order(self, number: str) -> Any:
            raise ConnectionError("down")

    one.shop = Down()  # type: ignore[assignment]
    assert await one.says("my data", intent, order_number="10003", email=JONAS) == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable"


@both
async def test_where_nobody_here_can_do_it_a_person_does_before_any_code(own_sqlite: OwnShop, intent: str) -> None:
    one = talk(own_sqlite, intent=intent)
    said = await one.says("my data", intent, order_number="10003", email=JONAS)
    assert said == ["privacy_not_possible"]
    assert one.slots["handoff_reason"] == intent
    assert own_sqlite.letters.sent == []


@both
async def test_where_no_letter_can_be_sent_a_person_takes_over(own_sqlite: OwnShop, intent: str) -> None:
    own_sqlite.letters.broken = True
    one = wishes(own_sqlite, intent)
    assert await one.says("my data", intent, order_number="10003", email=JONAS) == ["code_not_possible"]
    assert one.slots["handoff_reason"] == "verification_failed"


@both
async def test_whom_the_shop_vouches_for_needs_no_code(own_sqlite: OwnShop, intent: str) -> None:
    order = await own_sqlite.order("10003")
    one = wishes(own_sqlite, intent)
    one.customer = {"id": order.customer.id, "email": JONAS}
    assert await one.says("my data", intent, order_number="10003") == [INTENTS[intent], "confirm_change"]
    assert await one.says("yes", "affirm") in (["export_done"], ["delete_done"])
    assert own_sqlite.letters.sent == []


@both
async def test_the_same_message_twice_does_it_alike(own_sqlite: OwnShop, intent: str) -> None:
    one = await to_the_yes(own_sqlite, intent)
    assert await one.says("yes", "affirm") == await one.again()


@both
async def test_all_of_it_can_be_said(own_sqlite: OwnShop, intent: str) -> None:
    one = await to_the_yes(own_sqlite, intent)
    await one.says("yes", "affirm")
    form = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"}
    for said in one.said:
        for response in said.responses:
            key = response["response"].removeprefix("utter_")
            check(key, {name: value for name, value in response.items() if name not in form})


def test_of_an_address_only_its_owner_learns_which_it_is() -> None:
    assert masked("amina@example.com") == "a•••@example.com"
    assert masked("a@b.example") == "a•••@b.example"
    assert masked('"odd@local"@example.com') == '"•••@example.com'
