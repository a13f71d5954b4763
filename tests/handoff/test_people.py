"""Accounts and sign-in: nobody learns a password, guesses one, or finds out which names exist."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from handoff_testing import PASSWORD, RAHIM, SADIA, change, count, dump, hire, rows

from handoff import people
from handoff.clock import now as clock_now
from handoff.database import Database
from handoff.people import LockedOut, Person, Session


async def enter(database: Database, name: str = "rahim", password: str = PASSWORD) -> tuple[str, Session]:
    signed_in = await people.sign_in(database, name, password)
    assert signed_in is not None
    return signed_in


async def opens(database: Database, token: str) -> Session | None:
    async with database.read() as tx:
        return await people.session_of(tx, token, clock_now())


async def test_passwords_are_kept_as_argon2id_and_tokens_as_hashes(database: Database) -> None:
    person = await people.add(database, "rahim", "Rahim", "agent", PASSWORD)
    token, session = await enter(database)
    stored = (await rows(database, "people"))[0]["password_hash"]
    assert extract_parameters(stored).type is Type.ID
    assert PasswordHasher().verify(stored, PASSWORD)
    everything = await dump(database)
    assert PASSWORD not in everything
    assert token not in everything
    assert session.person == person == Person(person.id, "rahim", "Rahim", "agent")
    assert await opens(database, token) == session


async def test_processes_that_make_the_same_account_at_once_make_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # quick, so that they all come to the table together
    monkeypatch.setattr(people, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made = await asyncio.gather(*(people.add(database, "rahim", "Rahim", "agent", PASSWORD) for _ in range(8)))
    assert len({person.id for person in made}) == await count(database, "people") == 1


async def test_wrong_password_and_unknown_name_get_the_same_answer(database: Database) -> None:
    await hire(database, RAHIM)
    assert await people.sign_in(database, "rahim", "wrong") is None
    assert await people.sign_in(database, "nobody", PASSWORD) is None
    await change(database, "people", demo=True)
    await people.remove_demo(database)
    for password in (PASSWORD, people.DISABLED):
        assert await people.sign_in(database, "rahim", password) is None
    assert await count(database, "sessions") == 0
    failures = [row["name"] for row in await rows(database, "login_failures")]
    assert sorted(failures) == ["nobody", "rahim", "rahim", "rahim"]


async def test_five_failures_lock_that_name_and_no_other_for_half_an_hour(database: Database) -> None:
    await hire(database, RAHIM)
    await hire(database, SADIA)
    for _ in range(5):
        assert await people.sign_in(database, "rahim", "a guess") is None
    with pytest.raises(LockedOut):
        await people.sign_in(database, "rahim", PASSWORD)
    await enter(database, "sadia")

    await change(database, "login_failures", created_at=clock_now() - timedelta(minutes=29))
    with pytest.raises(LockedOut):
        await people.sign_in(database, "rahim", PASSWORD)
    await change(database, "login_failures", created_at=clock_now() - timedelta(minutes=31))
    await enter(database)
    assert await count(database, "login_failures") == 0  # forgiven by the right password


async def test_guesses_made_at_once_do_not_slip_past_the_limit_even_for_an_unknown_name(database: Database) -> None:
    guesses = await asyncio.gather(
        *(people.sign_in(database, "nobody", f"guess {number}") for number in range(15)), return_exceptions=True
    )
    assert guesses.count(None) == people.FAILURES_ALLOWED
    assert sum(isinstance(guess, LockedOut) for guess in guesses) == 15 - people.FAILURES_ALLOWED
    assert await count(database, "login_failures") == people.FAILURES_ALLOWED


async def test_a_session_ends_by_signing_out_or_by_itself(database: Database) -> None:
    await hire(database, RAHIM)
    (first, _), (second, _) = await enter(database), await enter(database)
    assert first != second
    for made_up in ("", first[:-1], first + "x", first.swapcase(), "' or 1=1 --"):
        assert await opens(database, made_up) is None
    async with database.write() as tx:
        await people.sign_out(tx, first)
    assert await opens(database, first) is None
    assert await opens(database, second) is not None
    await change(database, "sessions", expires_at=clock_now() - timedelta(seconds=1))
    assert await opens(database, second) is None
    await enter(database)
    assert await count(database, "sessions") == 1  # the expired one is swept


async def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    person = await hire(database, RAHIM)
    token, _ = await enter(database)
    changed = await people.add(database, "rahim", "Rahim", "supervisor", "another-one")
    assert (changed.id, changed.role) == (person.id, "supervisor")
    assert await opens(database, token) is None
    assert await people.sign_in(database, "rahim", PASSWORD) is None
    await enter(database, password="another-one")


async def test_unknown_roles_and_short_passwords_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="unknown role 'king'"):
        await people.add(database, "rahim", "Rahim", "king", PASSWORD)
    with pytest.raises(ValueError, match="at least 8 characters"):
        await people.add(database, "rahim", "Rahim", "agent", "1234567")
    assert await count(database, "people") == 0


async def test_demo_people_keep_their_sessions_until_the_demo_is_switched_off(database: Database) -> None:
    await hire(database, RAHIM)
    await people.ensure_demo(database, "agent", "Demo", "agent", "demo-password")
    await people.ensure_demo(database, "rahim", "Demo", "agent", "demo-password")
    token, _ = await enter(database, "agent", "demo-password")
    await people.ensure_demo(database, "agent", "Demo", "agent", "demo-password")
    assert await opens(database, token) is not None
    real, _ = await enter(database, "rahim")  # somebody real had taken the name

    await people.remove_demo(database)
    assert await opens(database, token) is None
    assert await people.sign_in(database, "agent", "demo-password") is None
    assert await opens(database, real) is not None


async def test_people_are_found_by_their_name(database: Database) -> None:
    for person in (SADIA, RAHIM):
        await hire(database, person)
    async with database.read() as tx:
        assert await people.everyone(tx) == [RAHIM, SADIA]
        assert await people.by_name(tx, "rahim") == RAHIM
        assert await people.by_name(tx, "Rahim ") is None


async def test_what_suits_somebody_is_kept_until_it_is_said_anew(database: Database) -> None:
    person = await people.add(database, "rahim", "Rahim", "agent", PASSWORD)
    await people.set_profile(database, person.id, languages=["en", "bn", "en"], capacity=2)
    await people.set_profile(database, person.id, teams=["payments"], skills=["payments"])
    await people.set_profile(database, person.id)
    await people.add(database, "rahim", "Rahim", "supervisor", PASSWORD)
    row = (await rows(database, "people"))[0]
    assert (row["languages"], row["skills"], row["teams"]) == (["bn", "en"], ["payments"], ["payments"])
    assert row["capacity"] == 2
    await people.set_profile(database, person.id, languages=[], teams=[], capacity=0)
    row = (await rows(database, "people"))[0]
    assert (row["languages"], row["skills"], row["teams"], row["capacity"]) == ([], ["payments"], [], 0)
    with pytest.raises(ValueError, match="0 or more"):
        await people.set_profile(database, person.id, capacity=-1)


async def test_a_demo_accounts_profile_is_of_its_beginning_and_then_its_own(database: Database) -> None:
    profile = {"languages": ["en"], "capacity": 3}
    await people.ensure_demo(database, "agent2", "Daniel", "agent", PASSWORD, profile)
    row = (await rows(database, "people"))[0]
    assert (row["languages"], row["capacity"]) == (["en"], 3)
    await people.set_profile(database, row["id"], languages=["bn"])
    await people.ensure_demo(database, "agent2", "Daniel", "agent", PASSWORD, profile)
    assert (await rows(database, "people"))[0]["languages"] == ["bn"]
