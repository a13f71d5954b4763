"""Accounts and sign-in: nobody learns a password, guesses one, or finds out which names exist."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from handoff_testing import change, count, dump, rows

from handoff import people
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.people import LockedOut, Person, Session

PASSWORD = "নদীর-তীরে-7"


async def add(database: Database, name: str = "rahim", role: str = "agent", password: str = PASSWORD) -> Person:
    return await people.add(database, name, name.title(), role, password)


async def enter(database: Database, name: str = "rahim", password: str = PASSWORD) -> tuple[str, Session]:
    signed_in = await people.sign_in(database, name, password)
    assert signed_in is not None
    return signed_in


async def opens(database: Database, token: str) -> Session | None:
    async with database.read() as tx:
        return await people.session_of(tx, token, clock_now())


async def test_passwords_are_kept_as_argon2id_and_tokens_as_hashes(database: Database) -> None:
    person = await add(database)
    token, session = await enter(database)
    stored = (await rows(database, "people"))[0]["password_hash"]
    assert extract_parameters(stored).type is Type.ID
    assert PasswordHasher().verify(stored, PASSWORD)
    everything = await dump(database)
    assert PASSWORD not in everything
    assert token not in everything
    assert session.person == person == Person(person.id, "rahim", "Rahim", "agent")
    assert await opens(database, token) == session


async def test_wrong_password_and_unknown_name_get_the_same_answer(database: Database) -> None:
    await add(database)
    await people.ensure_demo(database, "demo", "Demo", "agent", PASSWORD)
    await people.remove_demo(database)
    for name, password in [
        ("rahim", "wrong"),
        ("nobody", PASSWORD),
        ("demo", PASSWORD),
        ("demo", people.DISABLED),
        ("", ""),
    ]:
        assert await people.sign_in(database, name, password) is None
    assert await count(database, "sessions") == 0
    failures = [row["name"] for row in await rows(database, "login_failures", "name")]
    assert sorted(failures) == ["", "demo", "demo", "nobody", "rahim"]


async def test_five_failures_lock_that_name_and_no_other_for_half_an_hour(database: Database) -> None:
    await add(database)
    await add(database, "sadia")
    for _ in range(people.FAILURES_ALLOWED):
        assert await people.sign_in(database, "rahim", "a guess") is None
    with pytest.raises(LockedOut):
        await people.sign_in(database, "rahim", PASSWORD)
    await enter(database, "sadia")

    assert timedelta(minutes=30) == people.FAILURES_WINDOW
    await change(database, "login_failures", created_at=clock_now() - people.FAILURES_WINDOW - timedelta(seconds=1))
    await enter(database)


async def test_guesses_made_at_once_do_not_slip_past_the_limit_even_for_an_unknown_name(database: Database) -> None:
    guesses = await asyncio.gather(
        *(people.sign_in(database, "nobody", f"guess {number}") for number in range(15)), return_exceptions=True
    )
    assert guesses.count(None) == people.FAILURES_ALLOWED
    assert sum(isinstance(guess, LockedOut) for guess in guesses) == 15 - people.FAILURES_ALLOWED
    assert await count(database, "login_failures") == people.FAILURES_ALLOWED


async def test_the_right_password_clears_earlier_failures(database: Database) -> None:
    await add(database)
    for _ in range(people.FAILURES_ALLOWED - 1):
        assert await people.sign_in(database, "rahim", "a guess") is None
    await enter(database)
    assert await count(database, "login_failures") == 0


async def test_a_session_ends_by_signing_out_or_by_itself(database: Database) -> None:
    await add(database)
    (first, _), (second, _) = await enter(database), await enter(database)
    assert first != second
    await people.sign_out(database, first)
    assert await opens(database, first) is None
    assert await opens(database, second) is not None
    await change(database, "sessions", expires_at=clock_now() - timedelta(seconds=1))
    assert await opens(database, second) is None
    await enter(database)
    assert await count(database, "sessions") == 1  # the expired one is swept


async def test_a_made_up_token_opens_nothing(database: Database) -> None:
    await add(database)
    token, _ = await enter(database)
    for made_up in ("", token[:-1], token + "x", token.swapcase(), "' or 1=1 --"):
        assert await opens(database, made_up) is None


async def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    person = await add(database)
    token, _ = await enter(database)
    changed = await add(database, role="supervisor", password="another-one")
    assert (changed.id, changed.role) == (person.id, "supervisor")
    assert await opens(database, token) is None
    assert await people.sign_in(database, "rahim", PASSWORD) is None
    await enter(database, password="another-one")


async def test_unknown_roles_and_short_passwords_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="unknown role 'king'"):
        await add(database, role="king")
    with pytest.raises(ValueError, match="at least 8 characters"):
        await add(database, password="1234567")
    assert await count(database, "people") == 0


async def test_demo_people_keep_their_sessions_until_the_demo_is_switched_off(database: Database) -> None:
    await add(database, "amina", password="a-real-person")
    for name in ("agent", "amina"):
        await people.ensure_demo(database, name, "Demo", "agent", "demo-password")
    token, _ = await enter(database, "agent", "demo-password")
    await people.ensure_demo(database, "agent", "Demo", "agent", "demo-password")
    assert await opens(database, token) is not None
    await people.ensure_demo(database, "agent", "Demo", "agent", "a-new-demo-password")
    assert await opens(database, token) is None
    demo_token, _ = await enter(database, "agent", "a-new-demo-password")
    real_token, _ = await enter(database, "amina", "a-real-person")

    await people.remove_demo(database)
    assert await opens(database, demo_token) is None
    assert await people.sign_in(database, "agent", "a-new-demo-password") is None
    assert await opens(database, real_token) is not None  # somebody real had taken the name


async def test_people_are_found_by_their_name(database: Database) -> None:
    await add(database, "sadia", "admin")
    rahim = await add(database, "rahim")
    async with database.read() as tx:
        assert [person.name for person in await people.everyone(tx)] == ["rahim", "sadia"]
        assert await people.by_name(tx, "rahim") == rahim
        assert await people.by_name(tx, "Rahim ") is None
