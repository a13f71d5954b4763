"""One-time codes: sent once, checked a few times, good for one order in one conversation for a while."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from shop_testing import POLICY, OwnShop, differences
from sqlalchemy import update

from actions.codes import Checked, OneTimeCodes, TooManyLetters
from actions.post import NotSent
from actions.shop import tables

MINUTE = timedelta(minutes=1)
BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


async def sent(own: OwnShop, number: str = "10003", conversation: str = "v", key: str = "m") -> tuple[str, str]:
    """The order's id and the code that was sent for it."""
    order = await own.order(number)
    before = len(own.letters.sent)
    await own.codes.send(conversation, order, key, "de")
    assert len(own.letters.sent) == before + 1
    return order.id, own.letters.sent[-1].code


async def later(own: OwnShop, by: timedelta) -> None:
    """Lets time pass: all that has happened so far was so much earlier."""
    codes = tables.codes
    for row in await own.rows(codes):
        moved = {name: row[name] - by for name in ("created_at", "sent_at", "used_at") if row[name]}
        await own.change(update(codes).where(codes.c.id == row["id"]).values(moved))


async def test_a_letter_goes_to_the_orders_own_address_with_six_digits(own: OwnShop) -> None:
    _, code = await sent(own)
    (letter,) = own.letters.sent
    assert (letter.to, letter.language, letter.phrase) == ("jonas@example.com", "de", "code")
    assert letter.params == {"code": {"id": code}, "number": "10003"}
    assert len(code) == 6 and code.isascii() and code.isdecimal()


async def test_codes_differ_and_begin_with_zeros_too(own_sqlite: OwnShop) -> None:
    order = await own_sqlite.order("10003")
    for number in range(200):
        await later(own_sqlite, timedelta(hours=2)) if number % 5 == 0 else None
        await own_sqlite.codes.send("v", order, f"m{number}", "de")
    codes = [letter.code for letter in own_sqlite.letters.sent]
    assert len(set(codes)) > 190
    assert {len(code) for code in codes} == {6}
    assert len({code[0] for code in codes}) == 10


async def test_a_message_that_is_repeated_sends_no_second_letter(own: OwnShop) -> None:
    order_id, code = await sent(own)
    order = await own.order("10003")
    for _ in range(3):
        await own.codes.send("v", order, "m", "de")
    assert len(own.letters.sent) == 1
    assert await own.codes.check("v", order_id, code) is Checked.RIGHT


async def test_a_letter_that_was_not_taken_is_sent_anew_under_the_same_key(own: OwnShop) -> None:
    order = await own.order("10003")
    own.letters.broken = True
    for _ in range(7):  # more often than letters may be sent
        with pytest.raises(NotSent):
            await own.codes.send("v", order, "m", "de")
        assert not await own.codes.waiting("v", order.id)
    own.letters.broken = False
    await own.codes.send("v", order, "m", "de")
    assert await own.codes.waiting("v", order.id)
    assert await own.codes.check("v", order.id, own.letters.sent[0].code) is Checked.RIGHT


async def test_a_letter_that_is_sent_anew_is_good_for_its_whole_time(own: OwnShop) -> None:
    order = await own.order("10003")
    own.letters.broken = True
    with pytest.raises(NotSent):
        await own.codes.send("v", order, "m", "de")
    await later(own, POLICY.code_valid + MINUTE)
    own.letters.broken = False
    await own.codes.send("v", order, "m", "de")
    assert await own.codes.waiting("v", order.id)
    assert await own.codes.check("v", order.id, own.letters.sent[0].code) is Checked.RIGHT


async def test_a_message_is_good_for_one_letter_so_for_another_order_it_is_not_taken_as_sent(own: OwnShop) -> None:
    await sent(own, "10003", "v", "m")
    other = await own.order("10014")
    with pytest.raises(NotSent):
        await own.codes.send("v", other, "m", "bn")
    with pytest.raises(NotSent):
        await own.codes.send("w", await own.order("10003"), "m", "de")
    assert len(own.letters.sent) == 1


async def test_the_right_code_verifies_this_conversation_for_this_order_and_nothing_else(own: OwnShop) -> None:
    order_id, code = await sent(own)
    other = await own.order("10014")
    assert not await own.codes.verified("v", order_id)
    assert await own.codes.check("w", order_id, code) is Checked.EXPIRED
    assert await own.codes.check("v", other.id, code) is Checked.EXPIRED
    assert await own.codes.check("v", order_id, code) is Checked.RIGHT
    assert await own.codes.verified("v", order_id)
    assert not await own.codes.verified("w", order_id)
    assert not await own.codes.verified("v", other.id)


async def test_a_code_of_another_order_or_conversation_does_not_fit(own: OwnShop) -> None:
    order_id, code = await sent(own, "10003", "v", "m1")
    other_id, other_code = await sent(own, "10014", "v", "m2")
    _, elsewhere = await sent(own, "10003", "w", "m3")
    if len({code, other_code, elsewhere}) < 3:
        pytest.skip("the same code by chance, once in 300000 runs")
    assert await own.codes.check("v", order_id, other_code) is Checked.WRONG
    assert await own.codes.check("v", order_id, elsewhere) is Checked.WRONG
    assert await own.codes.check("v", other_id, code) is Checked.WRONG
    assert not await own.codes.verified("v", order_id)
    assert not await own.codes.verified("v", other_id)


async def test_it_verifies_for_half_an_hour(own: OwnShop) -> None:
    order_id, code = await sent(own)
    await own.codes.check("v", order_id, code)
    await later(own, 29 * MINUTE)
    assert await own.codes.verified("v", order_id)
    await later(own, 2 * MINUTE)
    assert not await own.codes.verified("v", order_id)


async def test_a_code_is_good_once(own: OwnShop) -> None:
    order_id, code = await sent(own)
    assert await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, code) is Checked.RIGHT
    assert not await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, code) is Checked.EXPIRED


async def test_a_code_can_be_typed_for_as_long_as_the_policy_says(own: OwnShop) -> None:
    order_id, code = await sent(own)
    await later(own, POLICY.code_valid - MINUTE)
    assert await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, wrong(code)) is Checked.WRONG
    await later(own, 2 * MINUTE)
    assert not await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, code) is Checked.EXPIRED
    assert not await own.codes.verified("v", order_id)


async def test_no_code_was_sent_so_none_is_right(own: OwnShop) -> None:
    order = await own.order("10003")
    assert not await own.codes.waiting("v", order.id)
    for typed in ("", "000000", "123456"):
        assert await own.codes.check("v", order.id, typed) is Checked.EXPIRED


@pytest.mark.parametrize("typed", ["", "1", "12345", "1234567", "letters", "'; DROP TABLE shop_codes; --", "١٢٣" * 200])
async def test_what_is_no_code_is_wrong(own: OwnShop, typed: str) -> None:
    order_id, _ = await sent(own)
    assert await own.codes.check("v", order_id, typed) is Checked.WRONG


async def test_the_fifth_try_may_still_be_right(own: OwnShop) -> None:
    order_id, code = await sent(own)
    for _ in range(4):
        assert await own.codes.check("v", order_id, wrong(code)) is Checked.WRONG
    assert await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, code) is Checked.RIGHT


async def test_five_wrong_tries_spend_a_code_even_for_the_right_digits(own: OwnShop) -> None:
    order_id, code = await sent(own)
    tries = [await own.codes.check("v", order_id, wrong(code)) for _ in range(5)]
    assert tries == [*[Checked.WRONG] * 4, Checked.SPENT]
    assert not await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, code) is Checked.SPENT
    assert not await own.codes.verified("v", order_id)


async def test_tries_side_by_side_are_five_in_all(own: OwnShop) -> None:
    order_id, code = await sent(own)
    guesses = [f"{(int(code) + 1 + n) % 10**6:06d}" for n in range(12)]
    tries = await asyncio.gather(*(own.codes.check("v", order_id, guess) for guess in guesses))
    assert sorted(each.name for each in tries) == ["SPENT"] * 8 + ["WRONG"] * 4
    assert (await own.rows(tables.codes))[0]["tries"] == 5
    assert await own.codes.check("v", order_id, code) is Checked.SPENT


async def test_the_right_code_twice_at_once_is_right_once(own: OwnShop) -> None:
    order_id, code = await sent(own)
    tries = await asyncio.gather(*(own.codes.check("v", order_id, code) for _ in range(4)))
    assert sorted(each.name for each in tries) == ["EXPIRED"] * 3 + ["RIGHT"]


async def test_a_new_letter_makes_the_old_code_useless(own: OwnShop) -> None:
    order_id, old = await sent(own, key="m1")
    _, new = await sent(own, key="m2")
    if old == new:
        pytest.skip("the same code by chance, once in a million runs")
    assert await own.codes.check("v", order_id, old) is Checked.WRONG
    assert not await own.codes.verified("v", order_id)
    assert await own.codes.check("v", order_id, new) is Checked.RIGHT


async def test_a_new_letter_has_five_tries_of_its_own(own: OwnShop) -> None:
    order_id, old = await sent(own, key="m1")
    for _ in range(5):
        await own.codes.check("v", order_id, wrong(old))
    _, new = await sent(own, key="m2")
    assert await own.codes.waiting("v", order_id)
    assert await own.codes.check("v", order_id, wrong(new)) is Checked.WRONG
    assert await own.codes.check("v", order_id, new) is Checked.RIGHT


async def test_an_order_gets_five_letters_an_hour_from_all_conversations_together(own: OwnShop) -> None:
    for number in range(5):
        await sent(own, conversation=f"v{number}", key=f"m{number}")
    order = await own.order("10003")
    for conversation in ("v0", "new"):
        with pytest.raises(TooManyLetters):
            await own.codes.send(conversation, order, f"more {conversation}", "de")
    await own.codes.send("v0", order, "m0", "de")  # a message that had its letter is no new one
    assert len(own.letters.sent) == 5
    await sent(own, "10014", key="another order")
    await later(own, 61 * MINUTE)
    await sent(own, key="an hour later")


async def test_letters_asked_for_at_once_are_five_too(own: OwnShop) -> None:
    order = await own.order("10003")
    asked = await asyncio.gather(
        *(own.codes.send(f"v{n}", order, f"m{n}", "de") for n in range(9)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in asked) == ["NoneType"] * 5 + ["TooManyLetters"] * 4
    assert len(own.letters.sent) == 5


async def test_the_order_of_another_system_has_codes_too(own: OwnShop) -> None:
    foreign = dataclasses.replace(await own.order("10003"), id="gid://shop/Order/5118430986")
    asked = await asyncio.gather(
        *(own.codes.send(f"v{n}", foreign, f"m{n}", "de") for n in range(7)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in asked) == ["NoneType"] * 5 + ["TooManyLetters"] * 2
    row = next(row for row in await own.rows(tables.codes) if row["sent_at"])
    hashes = {own.codes._hash(row["id"], letter.code): letter.code for letter in own.letters.sent}
    conversation, code = row["conversation"], hashes[row["code_hash"]]
    assert await own.codes.check(conversation, foreign.id, wrong(code)) is Checked.WRONG
    assert await own.codes.check(conversation, foreign.id, code) is Checked.RIGHT
    assert await own.codes.verified(conversation, foreign.id)
    assert not await own.codes.verified(conversation, (await own.order("10003")).id)


@pytest.mark.parametrize("digits", [BENGALI, DEVANAGARI], ids=["bengali", "devanagari"])
async def test_a_code_may_be_typed_in_the_customers_own_digits(own: OwnShop, digits: dict[int, int]) -> None:
    order_id, code = await sent(own)
    assert await own.codes.check("v", order_id, wrong(code).translate(digits)) is Checked.WRONG
    assert await own.codes.check("v", order_id, f" {code[:3]} {code[3:]}".translate(digits)) is Checked.RIGHT


async def test_the_database_holds_no_code_in_plain_and_tells_none_without_the_key(own: OwnShop) -> None:
    before = await own.everything()
    order_id, code = await sent(own)
    new = differences(before, await own.everything())
    assert set(new) == {"shop_codes"}  # nothing else was written
    (row,) = new["shop_codes"]
    assert all(code not in str(value) for value in row.values() if not isinstance(value, datetime))
    # one who has the database tries all codes: without the key none fits
    other_key = OneTimeCodes(own.writing, own.letters, b"another key", POLICY.code_valid)
    assert await other_key.check("v", order_id, code) is Checked.WRONG
    assert await own.codes.check("v", order_id, code) is Checked.RIGHT


async def test_the_same_code_is_stored_differently_each_time(
    own_sqlite: OwnShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 42)
    _, code = await sent(own_sqlite, key="m1")
    assert code == "000042"
    await sent(own_sqlite, key="m2")
    hashes = [row["code_hash"] for row in await own_sqlite.rows(tables.codes)]
    assert len(set(hashes)) == 2


async def test_the_times_of_a_code_are_kept(own: OwnShop) -> None:
    began = datetime.now(UTC)
    order_id, code = await sent(own)
    await own.codes.check("v", order_id, code)
    (row,) = await own.rows(tables.codes)
    assert began <= row["created_at"] <= row["sent_at"] <= row["used_at"] <= datetime.now(UTC)
    assert (row["order_id"], row["conversation"], row["key"]) == (order_id, "v", "m")
