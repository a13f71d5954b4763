"""News of orders reach who wants them: once, at a decent hour, where they last wrote; and nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from handoff_testing import (
    RAHIM,
    answer,
    ask_for_person,
    closed,
    count,
    grow_older,
    hire,
    offered,
    phrase,
    rows,
    said,
    state,
    update,
    write,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from news_testing import HASH, NUMBER, awake, follow, look_again, said_of, silent, statuses, tell

from handoff import caretaker, erasure, housekeeping, news, outbox, ownership, turns
from handoff.clock import new_id, now
from handoff.conversations import Refused
from handoff.following import Wish, hashed
from handoff.models import followed_orders
from handoff.quiet import Quiet
from handoff.services import Services
from handoff.turns import Outcome

KINDS = ("shipped", "delayed", "out_for_delivery", "delivered", "refunded", "return_resolved")


@pytest.fixture
def day(services: Services) -> Services:
    """The services at an hour that is not quiet."""
    return awake(services)


async def told(day: Services, conversation_id: str) -> list[str]:
    """What was said since the customer agreed."""
    return [text for _, text in (await said(day, conversation_id))[2:]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "bn", "hi", "es", "fr", "de"])
async def test_who_agreed_is_told_in_their_language(day: Services, kind: str, language: str) -> None:
    conversation_id = await follow(day, language=language)
    await tell(day, said_of(kind))
    number = {"id": NUMBER}
    assert await told(day, conversation_id) == [phrase(day, f"news_{kind}", language, number=number)]
    assert (await rows(day.database, "messages", "seq"))[-1]["author"] == "bot"
    assert '/order_news{"choice": "no"}' in await offered(day, conversation_id)


async def test_all_that_the_shop_said_is_told_each_on_its_own_line(day: Services) -> None:
    conversation_id = await follow(day)
    details = {"carrier": "RedX", "tracking_number": "BD4400123", "expected_on": "2026-11-25"}
    await tell(day, said_of("shipped", details=details))
    money = {"amount": 7250, "currency": "EUR", "carrier": "left out of this kind"}
    await tell(day, said_of("refunded", details=money))
    shipped, refunded = await told(day, conversation_id)
    assert shipped.splitlines() == [
        "Your order 10001 is on its way.",
        "Carrier: RedX",
        "Tracking number: BD4400123",
        "Expected on: November 25, 2026",
    ]
    assert refunded.splitlines() == ["The refund for your order 10001 has been sent.", "Amount: €72.50"]


async def test_it_is_sent_as_any_message_is(day: Services) -> None:
    conversation_id = await follow(day)
    before = await count(day.database, "deliveries")
    await tell(day, said_of())
    assert await count(day.database, "deliveries") == before + 1
    due = []
    while taken := (await outbox.take_due(day.database, "fake")).due:
        due += taken
        await outbox.settle(day.database, taken[0], "sent")
    assert due[-1].message.text == (await told(day, conversation_id))[-1]


async def test_the_caretaker_tells_it(day: Services) -> None:
    conversation_id = await follow(day)
    await news.take_in(day, said_of())
    await caretaker.look(day)
    assert len(await told(day, conversation_id)) == 1


@pytest.mark.parametrize("wanted", ["asked", "no"])
async def test_who_has_not_agreed_is_told_nothing(day: Services, wanted: str) -> None:
    conversation_id = await follow(day, wanted=wanted)
    piece = said_of()
    assert await news.take_in(day, piece) == (False, True)
    await news.tell_due(day)
    assert await told(day, conversation_id) == []
    assert await statuses(day) == [("shipped", "nobody")]
    assert await count(day.database, "followed_orders") == 0


async def test_nobody_hears_of_an_order_that_is_not_theirs(day: Services) -> None:
    conversation_id = await follow(day)
    for piece in (said_of(order_number="10002"), said_of(email="jonas@example.com"), said_of(order_number="1000")):
        assert await news.take_in(day, piece) == (False, True)
    await news.tell_due(day)
    assert await told(day, conversation_id) == []


async def test_an_e_mail_address_is_the_same_in_any_case(day: Services) -> None:
    conversation_id = await follow(day, orders={NUMBER: hashed("Amina@Example.com")})
    await tell(day, said_of(email="AMINA@example.COM"))
    assert len(await told(day, conversation_id)) == 1


async def test_consent_is_taken_back_at_any_time_also_for_what_is_held(day: Services) -> None:
    conversation_id = await follow(day, calm=False)
    await tell(day, said_of())
    assert await statuses(day) == [("shipped", "held")]
    await write(day, "stop writing me")
    await answer(day, "all right", news=Wish("no", {NUMBER: HASH}))
    await silent(day, conversation_id)
    await look_again(day)
    await tell(day, said_of("delivered"))
    assert await statuses(day) == [("shipped", "dropped"), ("delivered", "nobody")]
    assert "on its way" not in str(await said(day, conversation_id))


async def test_consent_can_be_given_again_and_orders_come_and_go(day: Services) -> None:
    conversation_id = await follow(day)
    since = (await rows(day.database, "followed_orders"))[0]["since"]
    for orders in ({NUMBER: HASH, "10002": HASH}, {"10002": HASH}, {}, {NUMBER: HASH}):
        await write(day, "and this")
        await answer(day, "gladly", news=Wish("yes", orders))
        found = await rows(day.database, "followed_orders", "order_number")
        assert {row["order_number"]: row["email_hash"] for row in found} == orders
        if "10002" in orders and NUMBER in orders:
            assert found[0]["since"] == since
    assert (await state(day, conversation_id)).news == "yes"


async def test_a_turn_that_is_about_something_else_changes_nothing(day: Services) -> None:
    conversation_id = await follow(day)
    await write(day, "how long do refunds take?")
    await answer(day, "5 to 10 days")
    assert (await state(day, conversation_id)).news == "yes"
    assert await count(day.database, "followed_orders") == 1


async def test_a_turn_that_is_dropped_agrees_to_nothing(day: Services) -> None:
    message = await write(day)
    await hire(day.database, replace(RAHIM, role="supervisor"))
    turn = await turns.lease_next(day, "w")
    assert turn is not None
    await ownership.take_over(day, message.conversation_id, RAHIM)
    wish = Wish("yes", {NUMBER: HASH})
    assert not await turns.finish(day, turn, Outcome([], "en", news=wish), "w", None)
    assert (await state(day, message.conversation_id)).news is None
    assert await count(day.database, "followed_orders") == 0


async def test_of_several_chats_the_one_where_the_customer_wrote_last_is_told(day: Services) -> None:
    first = await follow(day, "amina")
    second = await follow(day, "amina-at-work")
    await silent(day, first, timedelta(days=1))
    await tell(day, said_of())
    assert (len(await told(day, first)), len(await told(day, second))) == (0, 1)
    await silent(day, second, timedelta(days=2))
    await tell(day, said_of("delivered"))
    assert (len(await told(day, first)), len(await told(day, second))) == (1, 1)


async def test_the_same_again_is_told_once_and_answered_alike(day: Services) -> None:
    conversation_id = await follow(day)
    piece = said_of()
    assert await news.take_in(day, piece) == (True, True)
    assert await news.take_in(day, piece) == (True, False)
    await news.tell_due(day)
    assert await news.take_in(day, piece) == (True, False)
    await news.tell_due(day)
    assert len(await told(day, conversation_id)) == 1


async def test_another_event_under_the_same_id_is_refused(day: Services) -> None:
    piece = said_of()
    await news.take_in(day, piece)
    for other in (replace(piece, kind="delivered"), replace(piece, details={"carrier": "RedX"})):
        with pytest.raises(Refused) as refused:
            await news.take_in(day, other)
        assert refused.value.code == "other_event"
    assert await statuses(day) == [("shipped", "nobody")]


async def test_many_copies_at_once_and_many_workers_tell_it_once(day: Services) -> None:
    conversation_id = await follow(day)
    piece = said_of()
    answers = await asyncio.gather(*(news.take_in(day, piece) for _ in range(12)))
    assert sorted(answers) == [(True, False)] * 11 + [(True, True)]
    await asyncio.gather(*(news.tell_due(day) for _ in range(6)))
    assert len(await told(day, conversation_id)) == 1
    assert await statuses(day) == [("shipped", "told")]


NIGHT = Quiet(21 * 60, 8 * 60)


def by_night(day: Services, zone: ZoneInfo) -> Services:
    """The same day in quiet hours that began in this zone an hour ago and last for ten."""
    local = now().astimezone(zone)
    begins = (local.hour * 60 + local.minute - 60) % 1440
    return replace(day, queue_rules=replace(day.queue_rules, quiet=Quiet(begins, (begins + 600) % 1440)))


async def test_in_quiet_hours_it_is_kept_until_the_morning(day: Services) -> None:
    conversation_id = await follow(day)
    zone = day.hours.house.zone
    night = by_night(day, zone)
    await tell(night, said_of())
    assert await told(day, conversation_id) == []
    (row,) = await rows(day.database, "order_news")
    quiet = night.queue_rules.quiet
    assert quiet is not None
    assert row["due_at"] == quiet.over(now(), zone)
    assert timedelta(hours=8) < row["due_at"] - now() <= timedelta(hours=9)
    assert await news.tell_due(day) == 0  # nobody looks at it before
    await look_again(day)  # the night is over
    assert len(await told(day, conversation_id)) == 1


async def test_the_clock_is_the_customers_where_the_shop_knows_it(day: Services) -> None:
    conversation_id = await follow(day)
    night = by_night(day, ZoneInfo("Asia/Dhaka"))
    assert night.hours.house.zone.key == "UTC"
    other = said_of("refunded", zone="America/New_York")
    await tell(night, said_of("delayed", zone="Asia/Dhaka"), other)
    assert await statuses(day) == [("delayed", "held"), ("refunded", "told")]
    assert len(await told(day, conversation_id)) == 1


async def test_who_is_writing_to_the_bot_is_left_alone_until_they_are_done(day: Services) -> None:
    conversation_id = await follow(day, calm=False)
    await tell(day, said_of())
    await silent(day, conversation_id, timedelta(minutes=10))
    await look_again(day)
    assert await statuses(day) == [("shipped", "held")]
    await silent(day, conversation_id, timedelta(minutes=12))
    await write(day, "one more thing")
    await silent(day, conversation_id, timedelta(minutes=12))  # still waits for its answer
    await look_again(day)
    assert await statuses(day) == [("shipped", "held")]
    await answer(day, "well")
    await look_again(day)
    assert await statuses(day) == [("shipped", "told")]


async def test_a_question_waits_until_no_code_is_good_any_more(day: Services) -> None:
    """A yes to it may else be taken for a yes to a change that the bot has asked about."""
    conversation_id = await follow(day, calm=False)
    await silent(day, conversation_id, timedelta(minutes=30))
    await tell(day, said_of("return_resolved"))
    assert await statuses(day) == [("return_resolved", "held")]
    await silent(day, conversation_id, timedelta(minutes=32))
    await look_again(day)
    assert await statuses(day) == [("return_resolved", "told")]
    assert (await offered(day, conversation_id))[:2] == ["/thank", "/complaint"]


async def test_while_a_person_has_it_the_desk_gets_a_note_and_the_customer_nothing(day: Services) -> None:
    conversation_id = await follow(day)
    await ask_for_person(day)
    await hire(day.database, RAHIM)
    for step in ("queued", "assigned"):
        if step == "assigned":
            await ownership.claim(day, conversation_id, RAHIM)
        before = await said(day, conversation_id)
        deliveries = await count(day.database, "deliveries")
        await tell(day, said_of("delivered", key=step))
        assert await said(day, conversation_id) == before
        assert await count(day.database, "deliveries") == deliveries
        author, note = (await said(day, conversation_id, private=True))[-1]
        assert author == "system"
        assert "not passed on" in note and "10001 has been delivered" in note
    assert await statuses(day) == [("delivered", "noted")] * 2


async def test_a_note_comes_at_any_hour(day: Services) -> None:
    conversation_id = await follow(day)
    await ask_for_person(day)
    await tell(by_night(closed(day), day.hours.house.zone), said_of("delivered"))
    assert await statuses(day) == [("delivered", "noted")]
    assert "delivered" in (await said(day, conversation_id, private=True))[-1][1]


async def test_what_was_held_becomes_a_note_when_a_person_takes_over_meanwhile(day: Services) -> None:
    conversation_id = await follow(day)
    await tell(by_night(day, day.hours.house.zone), said_of("delivered"))
    await ask_for_person(day)
    await look_again(day)
    assert await statuses(day) == [("delivered", "noted")]
    assert "has been delivered" not in str(await said(day, conversation_id))


async def test_a_resolved_conversation_stays_resolved_and_waits_for_no_comment_any_more(day: Services) -> None:
    conversation_id = await follow(day)
    await ask_for_person(day)
    await hire(day.database, RAHIM)
    await ownership.claim(day, conversation_id, RAHIM)
    await ownership.resolve(day, conversation_id, RAHIM)
    await update(day.database, "conversations", conversation_id, expects="comment")
    await silent(day, conversation_id)
    await tell(day, said_of())
    found = await state(day, conversation_id)
    assert (found.status, found.expects) == ("resolved", None)
    assert "on its way" in (await said(day, conversation_id))[-1][1]


async def test_of_several_that_were_held_the_newest_is_told(day: Services) -> None:
    conversation_id = await follow(day, calm=False)
    began = now() - timedelta(hours=5)
    kinds = ("shipped", "delayed", "refunded", "out_for_delivery", "delivered")
    await tell(day, *(said_of(kind, began + timedelta(hours=hour)) for hour, kind in enumerate(kinds)))
    await silent(day, conversation_id)
    await look_again(day)
    assert [kind for kind, status in await statuses(day) if status == "told"] == ["refunded", "delivered"]
    assert len(await told(day, conversation_id)) == 2


async def test_what_comes_late_and_is_overtaken_is_not_told(day: Services) -> None:
    conversation_id = await follow(day)
    await tell(day, said_of("delivered"))
    await tell(day, said_of("out_for_delivery", now() - timedelta(hours=3)))
    assert await statuses(day) == [("delivered", "told"), ("out_for_delivery", "dropped")]
    await tell(day, said_of("shipped", now() - timedelta(hours=3), order_number="10002"))
    assert len(await told(day, conversation_id)) == 1


async def test_two_orders_of_one_customer_do_not_overtake_each_other(day: Services) -> None:
    await follow(day, orders={NUMBER: HASH, "10002": HASH})
    await tell(day, said_of("delivered", order_number="10002"), said_of("shipped", now() - timedelta(hours=1)))
    assert {status for _, status in await statuses(day)} == {"told"}


async def test_nothing_is_kept_longer_than_it_may_come_again(day: Services) -> None:
    await follow(day)
    await tell(day, said_of("shipped"))
    await follow(day, "jonas", {"10003": hashed("j@example.com")}, calm=False)
    await tell(day, said_of("delivered", order_number="10003", email="j@example.com"))
    await housekeeping.clear(day.database)
    assert await count(day.database, "order_news") == 2
    await grow_older(day.database, news.KEPT + timedelta(minutes=1))
    for row in await rows(day.database, "order_news"):
        if row["status"] == "held":
            await update(day.database, "order_news", row["id"], due_at=now() + timedelta(hours=1))
    await housekeeping.clear(day.database)
    assert await statuses(day) == [("delivered", "held")]
    assert news.KEPT > news.OLDEST


async def test_news_for_somebody_who_is_erased_meanwhile_go_with_them(day: Services) -> None:
    conversation_id = await follow(day, calm=False)
    await tell(day, said_of())
    await erasure.erase(day.database, (await state(day, conversation_id)).contact_id)
    assert await count(day.database, "order_news") == await count(day.database, "followed_orders") == 0
    assert await news.take_in(day, said_of()) == (False, True)


async def test_erasing_and_news_at_once_leave_nothing_half(day: Services) -> None:
    for _ in range(5):
        conversation_id = await follow(day)
        contact_id = (await state(day, conversation_id)).contact_id
        pieces = [said_of("refunded") for _ in range(4)]
        await asyncio.gather(
            *(news.take_in(day, piece) for piece in pieces),
            erasure.erase(day.database, contact_id),
            news.tell_due(day),
        )
        await news.tell_due(day)
        assert await count(day.database, "messages") == await count(day.database, "followed_orders") == 0
        assert {row["conversation_id"] for row in await rows(day.database, "order_news")} <= {None}


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("news"), st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 48)),
            st.tuples(st.just("wish"), st.sampled_from(["yes", "no", "asked"])),
            st.tuples(st.sampled_from(["person", "claim", "return", "silence", "look", "write"])),
        ),
        max_size=14,
    )
)
async def test_whatever_happens_only_who_agreed_is_told_and_nothing_twice(day: Services, steps: list[tuple]) -> None:
    async with day.database.write() as tx:  # one database for all examples
        await tx.execute(sa.delete(followed_orders))
    address = new_id()
    numbers = [f"{address[-6:]}-{place}" for place in range(4)]
    conversation_id = await follow(day, address, {number: HASH for number in numbers[:2]})
    person = await hire(day.database, replace(RAHIM, id=new_id(), name=new_id()[-12:]))
    agreed, sent = True, 0
    for step, *details in steps:
        try:
            match step:
                case "news":
                    kind, place, hours = details
                    piece = said_of(kind, now() - timedelta(hours=hours), order_number=numbers[place])
                    will_tell, _ = await news.take_in(day, piece)
                    assert will_tell == (agreed and place < 2)
                    assert await news.take_in(day, piece) == (will_tell, False)
                    sent += will_tell
                case "wish":
                    await write(day, "news", address)
                    if (await state(day, conversation_id)).status == "bot":
                        wish = Wish(details[0], {number: HASH for number in numbers[:2]})
                        await answer(day, "well", news=wish)
                        agreed = details[0] == "yes"
                case "person" | "write" if (await state(day, conversation_id)).status != "bot":
                    continue
                case "person":
                    await ask_for_person(day, address)
                case "claim":
                    await ownership.claim(day, conversation_id, person)
                case "return":
                    await ownership.return_to_bot(day, conversation_id, person)
                case "write":
                    await write(day, "hm", address)
                    await answer(day, "hm?")
                case "silence":
                    await silent(day, conversation_id)
                case "look":
                    before = await said(day, conversation_id)
                    status = (await state(day, conversation_id)).status
                    await look_again(day)
                    if not agreed or status in ("queued", "assigned"):
                        assert await said(day, conversation_id) == before
        except Refused:
            continue
    found = [row for row in await rows(day.database, "order_news") if row["conversation_id"] == conversation_id]
    assert len(found) == sent
    bot_said = [text for author, text in await said(day, conversation_id) if author == "bot"]
    assert sum(f"order {numbers[0]}" in text or f"order {numbers[1]}" in text for text in bot_said) == sum(
        row["status"] == "told" for row in found
    )
