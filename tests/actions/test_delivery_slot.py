"""A day and hours among those that the shop offers, by button or by any word for a day; and what a courier reported."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from failing_shop import Failing
from form_testing import Talk, talk
from rasa_sdk.interfaces import ActionExecutionRejection
from shop_testing import POLICY, OwnShop, differences
from sqlalchemy import insert, update
from test_change_form import over
from test_changing_sql import AT_THE_DOOR, TRIED

from actions.delivery_details import DayDetail
from actions.heard import Heard
from actions.shop import tables
from actions.shop.backend import OrderState

INTENT, FAILED = "delivery_slot", "delivery_failed"
ARIF, ANIK = "arif@example.com", "anik@example.com"


async def days_of(own: OwnShop, number: str) -> list[date]:
    windows = await own.shop.delivery_windows((await own.order(number)).id)
    return list(dict.fromkeys(window.on for window in windows))


async def asked_when(own: OwnShop, intent: str = INTENT, number: str = AT_THE_DOOR, contact: str = ARIF) -> Talk:
    one = talk(own, intent=intent)
    said = await one.says("another day please", intent, order_number=number, email=contact)
    assert said == ["delivery_failed_question" if intent == FAILED else "delivery_day_question"]
    return one


async def presses(one: Talk, choice: str) -> list[str]:
    return await one.says(f"/choose {choice}", "choose", choice=choice)


async def asked_to_confirm(own: OwnShop, intent: str = INTENT, number: str = AT_THE_DOOR, contact: str = ARIF) -> Talk:
    one = await asked_when(own, intent, number, contact)
    day = (await days_of(own, number))[1]
    assert await presses(one, f"delivery_day:{day}") == ["delivery_window_question"]
    assert await presses(one, "delivery_window:14:00-18:00") == ["ask_one_time_code"]
    assert await one.says(own.letters.sent[-1].code) == ["delivery_summary", "confirm_change"]
    return one


@pytest.mark.parametrize("intent", [INTENT, FAILED])
async def test_a_day_and_hours_are_chosen_by_button_and_agreed_on(own: OwnShop, intent: str) -> None:
    number, contact = (TRIED, ANIK) if intent == FAILED else (AT_THE_DOOR, ARIF)
    order, before = await own.order(number), await own.everything()
    day = (await days_of(own, number))[1]
    one = await asked_to_confirm(own, intent, number, contact)
    summary = one.params("delivery_summary")
    when = ({"date": day.isoformat()}, {"time": "14:00"}, {"time": "18:00"})
    assert (summary["day"], summary["start"], summary["end"]) == when
    assert set(differences(before, await own.everything())) == {"shop_codes"}
    assert await one.says("yes", "affirm") == ["delivery_moved"]
    told = one.params("delivery_moved")
    assert (told["day"], told["start"], told["end"]) == when and told["reference"] == {"id": f"C{number}-1"}
    now = await own.order(number)
    assert now.delivery is not None and now.delivery.on == day
    assert now == dataclasses.replace(order, expected_on=day, delivery=now.delivery)
    assert over(one)


async def test_there_is_a_button_for_each_of_the_next_days_and_for_each_of_a_days_windows(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    days = await days_of(own_sqlite, AT_THE_DOOR)
    buttons = one.params("delivery_day_question")["buttons"]
    assert [button["params"]["day"]["date"] for button in buttons] == [str(day) for day in days[:6]]
    # Telegram's buttons carry no more
    assert all(len(button["payload"].encode()) <= 64 for button in buttons)
    await one.says("2")
    assert one.params("delivery_window_question")["day"] == {"date": str(days[1])}
    buttons = one.params("delivery_window_question")["buttons"]
    assert [button["params"]["start"]["time"] for button in buttons] == ["09:00", "14:00"]
    assert all(len(button["payload"].encode()) <= 64 for button in buttons)


async def test_everything_can_be_said_at_once_but_for_the_hours(own_sqlite: OwnShop) -> None:
    day = (await days_of(own_sqlite, AT_THE_DOOR))[2]
    one = talk(own_sqlite, intent=INTENT)
    said = await one.says(
        "order 10014 on that day?", INTENT, order_number=AT_THE_DOOR, email=ARIF, date=day.isoformat()
    )
    assert said == ["delivery_window_question"]
    assert await one.says("after 2 pm") == ["ask_one_time_code"]
    assert one.slots["wished"] == f"delivery day: {day}; delivery window: 14:00-18:00"


@pytest.mark.parametrize(
    ("typed", "window"),
    [("1", "09:00"), ("2", "14:00"), ("10:30", "09:00"), ("14", "14:00"), ("3 pm", "14:00"), ("at 4 p.m.", "14:00")],
)
async def test_hours_are_understood_however_they_are_typed(own_sqlite: OwnShop, typed: str, window: str) -> None:
    one = await asked_when(own_sqlite)
    await one.says("1")
    assert await one.says(typed) == ["ask_one_time_code"]
    assert one.slots["details"]["delivery_window"].startswith(window)


async def test_hours_in_which_nobody_comes_are_asked_for_again(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    await one.says("1")
    for text in ("7 pm", "in the evening"):
        assert await one.says(text) == ["delivery_window_unclear", "delivery_window_question"]


async def test_where_a_day_has_one_window_it_is_not_asked_for(own_sqlite: OwnShop) -> None:
    delivery = dataclasses.replace(POLICY.delivery, windows=POLICY.delivery.windows[:1])
    own = dataclasses.replace(own_sqlite, policy=dataclasses.replace(POLICY, delivery=delivery))
    one = await asked_when(own)
    assert await one.says("1") == ["ask_one_time_code"]


@pytest.mark.parametrize(
    "typed", ["on Saturday", "শনিবার", "শনিবারে দিন", "el sábado", "samedi", "am Samstag", "shonibare"]
)
async def test_a_weekday_is_the_next_one_though_it_is_read_as_the_last(own_sqlite: OwnShop, typed: str) -> None:
    one = await asked_when(own_sqlite)
    (saturday,) = (day for day in (await days_of(own_sqlite, AT_THE_DOOR)) if day.weekday() == 5)
    today = POLICY.delivery.today(datetime.now(UTC))
    last = today - timedelta(days=(today.weekday() - 5) % 7 or 7)
    said = await one.says(typed, date=last.isoformat())
    if last + timedelta(days=7) == saturday:
        assert said == ["delivery_window_question"]
        assert one.params("delivery_window_question")["day"] == {"date": str(saturday)}
    else:  # it is a week further, since the order is promised for later
        assert said == ["delivery_day_not", "delivery_day_question"]


async def test_a_day_in_the_past_is_told_so(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    gone = POLICY.delivery.today(datetime.now(UTC)) - timedelta(days=3)
    said = await one.says(f"on the {gone.day}th", date=gone.isoformat())
    assert said == ["delivery_day_past", "delivery_day_question"]
    assert one.params("delivery_day_past")["day"] == {"date": gone.isoformat()}


async def test_a_day_without_delivery_or_too_soon_or_too_far_is_told_with_those_there_are(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    days = await days_of(own_sqlite, AT_THE_DOOR)
    today = POLICY.delivery.today(datetime.now(UTC))
    friday = next(day for day in (days[0] + timedelta(n) for n in range(7)) if day.weekday() == 4)
    for day in (friday, today, days[-1] + timedelta(days=10)):
        assert await one.says("then", date=day.isoformat()) == ["delivery_day_not", "delivery_day_question"]
        told = one.params("delivery_day_not")
        assert (told["first"], told["last"]) == ({"date": str(days[0])}, {"date": str(days[-1])})


async def test_a_short_answer_with_a_day_is_one_whatever_else_it_sounds_like(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    day = (await days_of(own_sqlite, AT_THE_DOOR))[0]
    assert await one.says("that day please", "opening_hours", date=day.isoformat()) == ["delivery_window_question"]


async def test_what_names_no_day_is_asked_for_again(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    assert await one.says("whenever") == ["delivery_day_unclear", "delivery_day_question"]
    assert await one.says("99") == ["delivery_day_unclear", "delivery_day_question"]


async def test_of_two_days_none_is_guessed(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order(AT_THE_DOOR)
    windows = await own_sqlite.shop.delivery_windows(order.id)
    detail = DayDetail(windows, POLICY.delivery.today(datetime.now(UTC)), "delivery_day_question")
    days = [{"entity": "date", "value": day.isoformat()} for day in dict.fromkeys(window.on for window in windows)]
    assert detail.take(Heard("not then, but then", INTENT, days[:2]), order, {}, True) is None
    assert detail.take(Heard("then", INTENT, days[:1]), order, {}, True) == days[0]["value"]


async def test_another_day_at_the_end_is_shown_again_before_a_yes_counts(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    day = (await days_of(own, AT_THE_DOOR))[3]
    assert await one.says("no, then", "deny", date=day.isoformat()) == ["delivery_summary", "confirm_change"]
    summary = one.params("delivery_summary")
    assert (summary["day"], summary["start"]) == ({"date": str(day)}, {"time": "14:00"})  # the hours stay
    assert await own.rows(tables.changes) == []
    assert await one.says("yes", "affirm") == ["delivery_moved"]
    assert (await own.order(AT_THE_DOOR)).expected_on == day


async def test_what_is_agreed_already_is_said(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    await one.says("yes", "affirm")
    day = (await days_of(own_sqlite, AT_THE_DOOR))[1]
    said = await one.says("move it", INTENT, date=day.isoformat())
    assert said == ["delivery_window_question"]
    assert await one.says("2") == ["delivery_same"]
    assert over(one)


async def test_another_question_is_answered_and_the_day_asked_for_again(own_sqlite: OwnShop) -> None:
    one = await asked_when(own_sqlite)
    day = (await days_of(own_sqlite, AT_THE_DOOR))[1]
    with pytest.raises(ActionExecutionRejection):
        await one.says("are you open then", "opening_hours", date=day.isoformat())
    assert await one.returns() == ["delivery_day_question"]
    assert await one.says("never mind", "deny") == ["left_as_it_was"]
    assert over(one)


@pytest.mark.parametrize("reached", [0, 1, 2])
@pytest.mark.parametrize("text", ["No, Saturday", "nein, lieber Samstag", "না, শনিবার"])
async def test_a_no_with_another_day_is_a_correction_at_every_question(
    own_sqlite: OwnShop, text: str, reached: int
) -> None:
    one = await asked_when(own_sqlite)
    first, other = (await days_of(own_sqlite, AT_THE_DOOR))[:2]
    for choice in (f"delivery_day:{first}", "delivery_window:14:00-18:00")[:reached]:
        said = await presses(one, choice)
    if reached == 2:
        assert said == ["ask_one_time_code"]
        await one.says(own_sqlite.letters.sent[-1].code)
    # hours that were chosen are kept
    asked = ["delivery_summary", "confirm_change"] if reached == 2 else ["delivery_window_question"]
    assert await one.says(text, "deny", date=other.isoformat()) == asked
    assert one.params(asked[0])["day"] == {"date": other.isoformat()}
    assert await own_sqlite.rows(tables.changes) == []


@pytest.mark.parametrize("reached", [0, 1])
async def test_a_no_without_one_leaves_everything_as_it_was(own_sqlite: OwnShop, reached: int) -> None:
    one = await asked_when(own_sqlite)
    for choice in [f"delivery_day:{(await days_of(own_sqlite, AT_THE_DOOR))[0]}"][:reached]:
        await presses(one, choice)
    assert await one.says("no, leave it", "deny") == ["left_as_it_was"]
    assert over(one)


@pytest.mark.parametrize("intent", ["out_of_scope", "business_hours", "greet"])
async def test_a_day_alone_is_an_answer_whatever_else_it_sounds_like(own_sqlite: OwnShop, intent: str) -> None:
    one = await asked_when(own_sqlite)
    day = (await days_of(own_sqlite, AT_THE_DOOR))[0]
    assert await one.says("Samstag", intent, date=day.isoformat()) == ["delivery_window_question"]


@pytest.mark.parametrize("state", OrderState)
async def test_in_each_state_it_is_said_why_no_day_can_be_chosen(own_sqlite: OwnShop, state: OrderState) -> None:
    own = own_sqlite
    await own.change(update(tables.orders).where(tables.orders.c.number == AT_THE_DOOR).values(state=state.value))
    said = await talk(own, intent=INTENT).says("later", INTENT, order_number=AT_THE_DOOR, email=ARIF)
    told = {
        OrderState.CANCELLED: "delivery_cancelled",
        OrderState.PAYMENT_PENDING: "delivery_unpaid",
        OrderState.PAYMENT_FAILED: "delivery_unpaid",
    }.get(state, "delivery_too_late")
    assert said == ["delivery_day_question" if state in POLICY.delivery.move_while else told]
    assert own.letters.sent == []


async def test_abroad_the_carrier_sets_the_day(own_sqlite: OwnShop) -> None:
    said = await talk(own_sqlite, intent=INTENT).says("later", INTENT, order_number="10003", email="jonas@example.com")
    assert said == ["delivery_none"]


async def test_where_every_day_is_one_off_there_is_nothing_to_choose(own_sqlite: OwnShop) -> None:
    delivery = dataclasses.replace(POLICY.delivery, not_on=frozenset(range(7)))
    own = dataclasses.replace(own_sqlite, policy=dataclasses.replace(POLICY, delivery=delivery))
    one = talk(own, intent=INTENT)
    assert await one.says("later", INTENT, order_number=AT_THE_DOOR, email=ARIF) == ["delivery_none"]
    assert over(one)


async def test_a_window_that_is_gone_by_the_yes_is_told_so(own_sqlite: OwnShop) -> None:
    one = await asked_to_confirm(own_sqlite)
    one.policy = POLICY
    delivery = dataclasses.replace(POLICY.delivery, windows=POLICY.delivery.windows[:1])
    fewer = dataclasses.replace(own_sqlite, policy=dataclasses.replace(POLICY, delivery=delivery))

    @dataclasses.dataclass
    class Fewer(Failing):
        async def move_delivery(self, *asked: object) -> object:
            return await fewer.shop.move_delivery(*asked)  # type: ignore[arg-type]

    one.shop = Fewer(own_sqlite, 99)  # type: ignore[assignment]
    before = await own_sqlite.everything()
    assert await one.says("yes", "affirm") == ["delivery_window_gone"]
    assert await own_sqlite.everything() == before


async def test_an_order_that_went_out_before_the_yes_keeps_its_day(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    out = update(tables.orders).where(tables.orders.c.number == AT_THE_DOOR)
    await own.change(out.values(state="out_for_delivery"))
    before = await own.everything()
    assert await one.says("yes", "affirm") == ["delivery_too_late"]
    assert await own.everything() == before


async def test_the_same_message_moves_nothing_twice(own: OwnShop) -> None:
    one = await asked_to_confirm(own)
    assert await one.says("yes", "affirm") == ["delivery_moved"]
    told, before = one.params("delivery_moved"), await own.everything()
    assert await one.again() == ["delivery_moved"]
    assert one.params("delivery_moved") == told
    assert await own.everything() == before


@pytest.mark.parametrize("intent", [INTENT, FAILED])
@pytest.mark.parametrize("answers", range(11))
async def test_a_shop_that_is_down_leads_to_a_person_at_every_step(
    own_sqlite: OwnShop, intent: str, answers: int
) -> None:
    number, contact = (TRIED, ANIK) if intent == FAILED else (AT_THE_DOOR, ARIF)
    one = talk(own_sqlite, intent=intent)
    one.shop = Failing(own_sqlite, answers)  # type: ignore[assignment]
    said = await one.says("another day", intent, order_number=number, email=contact)
    for text in ("1", "1", "code", "yes"):
        if one.on:
            code = own_sqlite.letters.sent[0].code if text == "code" else text
            said = await one.says(code, "affirm" if text == "yes" else None)
    assert said == ["shop_unavailable"]
    assert one.slots["handoff_reason"] == "shop_unavailable" and over(one)
    assert await own_sqlite.rows(tables.changes) == []


async def another_try(own: OwnShop, number: str, times: int) -> None:
    """The courier was there as often more, without luck."""
    parcel = (await own.order(number)).shipments[0]
    last = parcel.events[-1]
    for n in range(times):
        await own.change(
            insert(tables.tracking_events).values(
                id=f"try {n}", shipment_id=parcel.id, code="attempt_failed", at=last.at + timedelta(hours=n + 1)
            )
        )


async def test_what_the_courier_reported_comes_with_the_question_for_the_day(own_sqlite: OwnShop) -> None:
    own = own_sqlite
    await another_try(own, TRIED, 1)
    one = await asked_when(own, FAILED, TRIED, ANIK)
    lines = one.params("delivery_failed_question")["details"]["lines"]
    assert [line["phrase"] for line in lines] == [
        "order_line_carrier",
        "order_line_last_event",
        "delivery_failed_tries",
        "delivery_failed_kept",
    ]
    assert lines[2]["params"] == {"made": 2, "most": 3}
    last = (await own.order(TRIED)).shipments[0].events[-1].at
    kept = (last.astimezone(POLICY.delivery.zone) + POLICY.delivery.kept).date()
    assert lines[3]["params"] == {"until": {"date": kept.isoformat()}}


async def test_the_day_of_the_missed_delivery_is_no_wish(own_sqlite: OwnShop) -> None:
    today = POLICY.delivery.today(datetime.now(UTC))
    one = talk(own_sqlite, intent=FAILED)
    said = await one.says(
        "I missed it on Tuesday", FAILED, order_number=TRIED, email=ANIK, date=(today - timedelta(days=4)).isoformat()
    )
    assert said == ["delivery_failed_question"]
    assert await one.says("1") == ["delivery_window_question"]


async def test_when_all_tries_are_used_up_a_pickup_or_a_person_is_offered(own_sqlite: OwnShop) -> None:
    await another_try(own_sqlite, TRIED, 2)
    one = talk(own_sqlite, intent=FAILED)
    assert await one.says("again?", FAILED, order_number=TRIED, email=ANIK) == ["delivery_failed_no_more"]
    buttons = one.params("delivery_failed_no_more")["buttons"]
    assert buttons == [{"intent": "pickup_point"}, {"intent": "human_agent"}]
    assert over(one)
    assert await days_of(own_sqlite, TRIED) == []


async def test_abroad_a_person_asks_the_carrier(own_sqlite: OwnShop) -> None:
    one = talk(own_sqlite, intent=FAILED)
    said = await one.says("again?", FAILED, order_number="10040", email="sofia.r@example.com")
    assert said == ["delivery_failed_no_more"]
    assert one.params("delivery_failed_no_more")["buttons"] == [{"intent": "human_agent"}]


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.DELIVERY_FAILED])
async def test_where_no_try_has_failed_it_is_said_how_the_order_stands(own_sqlite: OwnShop, state: OrderState) -> None:
    own = own_sqlite
    await own.change(update(tables.orders).where(tables.orders.c.number == AT_THE_DOOR).values(state=state.value))
    said = await talk(own, intent=FAILED).says("missed it", FAILED, order_number=AT_THE_DOOR, email=ARIF)
    assert said == ["delivery_failed_none", f"order_status_{state}"]
