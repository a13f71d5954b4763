"""One person, one contact: joined by what is proved, in whatever order, by nothing else, and without getting stuck."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import permutations

import pytest
import sqlalchemy as sa
from erasure_testing import erase, found, live
from handoff_testing import RAHIM, SADIA, answer, ask_for_person, change, count, hire, rows, state, update, write

from handoff import due_erasures, erasure, inbox, joining, store
from handoff.clock import new_id, now
from handoff.desk import views
from handoff.joining import Proof
from handoff.services import Services

AMINA, JONAS = joining.email("amina@example.com"), joining.email("jonas@example.com")


async def chat(services: Services, address: str, **details: str) -> str:
    """The conversation of somebody who has written."""
    return (await write(services, f"hello from {address}", address, **details)).conversation_id


async def prove(services: Services, conversation_id: str, *proofs: Proof) -> None:
    async with services.database.write() as tx:
        await joining.prove(tx, conversation_id, proofs, now())


async def contact(services: Services, conversation_id: str) -> str:
    return (await state(services, conversation_id)).contact_id


async def together(services: Services, ids: Sequence[str]) -> bool:
    return len({await contact(services, one) for one in ids}) == 1


async def whole(services: Services) -> None:
    """Identities, conversations and proofs agree on who is who, and nobody is left over."""
    identities = {row["id"]: row["contact_id"] for row in await rows(services.database, "identities")}
    for row in await rows(services.database, "conversations"):
        assert identities[row["identity_id"]] == row["contact_id"]
    contacts = {row["id"] for row in await rows(services.database, "contacts")}
    assert contacts == set(identities.values())
    assert {row["contact_id"] for row in await rows(services.database, "contact_proofs")} <= contacts


async def test_who_reads_the_same_mail_in_two_chats_is_one_contact_the_older(services: Services) -> None:
    first, second = await chat(services, "telegram-7"), await chat(services, "website-7")
    older = await contact(services, first)
    await prove(services, second, AMINA)
    assert not await together(services, [first, second])
    await prove(services, first, AMINA)
    assert await contact(services, first) == await contact(services, second) == older
    assert (await count(services.database, "contacts"), await count(services.database, "identities")) == (1, 2)
    await whole(services)


async def test_case_and_blanks_make_no_other_address_and_another_account_is_another(services: Services) -> None:
    assert joining.email(" Amina@Example.com ") == AMINA
    assert joining.customer("a1") != joining.customer("A1")
    assert joining.customer("amina@example.com").kind != AMINA.kind


async def test_the_same_proof_once_more_changes_nothing(services: Services) -> None:
    chats = [await chat(services, f"amina-{number}") for number in range(3)]
    for one in chats:
        await prove(services, one, AMINA)
    before = [await rows(services.database, name) for name in ("contacts", "identities", "contact_proofs", "events")]
    for one in chats:
        await prove(services, one, AMINA)
    after = [await rows(services.database, name) for name in ("contacts", "identities", "contact_proofs", "events")]
    assert before == after


@pytest.mark.parametrize("seed", range(4))
async def test_in_whatever_order_things_are_proved_the_same_contacts_come_of_it(services: Services, seed: int) -> None:
    """Each person proves what is theirs, by the shop's word or by a code, in some of their chats."""
    chance = random.Random(seed)
    proved: list[tuple[str, list[Proof]]] = []
    chats: dict[str, list[str]] = {}
    for person in ("amina", "jonas", "lucia"):
        own = [joining.customer(person), joining.email(f"{person}@example.com")]
        chats[person] = [await chat(services, f"{person}-{number}") for number in range(4)]
        for one in chats[person][:3]:
            proved += [(one, [proof]) for proof in own] + [(one, own)]
    unproved = [ids[3] for ids in chats.values()]
    ages = {row["id"]: row["created_at"] for row in await rows(services.database, "contacts")}
    oldest = {name: min([await contact(services, one) for one in ids[:3]], key=lambda k: (ages[k], k))
              for name, ids in chats.items()}  # fmt: skip
    chance.shuffle(proved)
    for one, proofs in proved:
        await prove(services, one, *proofs)
        await whole(services)
    for name, ids in chats.items():
        assert {await contact(services, one) for one in ids[:3]} == {oldest[name]}
    assert await count(services.database, "contacts") == 3 + len(unproved)


async def test_the_shops_word_and_a_code_meet_in_the_address(services: Services) -> None:
    """Signed in on the website, by a code elsewhere."""
    for order in permutations(range(3)):
        mark = new_id()
        shop, mail = joining.customer(mark), joining.email(f"{mark}@example.com")
        chats = [await chat(services, f"{mark}-{number}") for number in range(3)]
        proofs = [[shop, mail], [mail], [shop]]
        for number in order:
            await prove(services, chats[number], *proofs[number])
        assert await together(services, chats)


async def test_nothing_that_is_not_proved_joins_anybody(services: Services) -> None:
    """A name, an order's number with its address, an address that was left for a call back."""
    chats = [await chat(services, f"visitor-{number}", name="Amina K") for number in range(2)]
    for number in range(2):
        await write(services, "my order is 10001, amina@example.com", f"visitor-{number}")
        known = {"order_number": "10001", "order_contact": "amina@example.com", "verified_order": "10001"}
        await answer(services, "It is on its way.", known=known)
        await answer(services, "Yes?", known=known)
    assert not await together(services, chats)
    assert await count(services.database, "contact_proofs") == 0


async def test_two_customers_of_the_shop_stay_two_whatever_mail_both_read(services: Services) -> None:
    one, other = await chat(services, "amina"), await chat(services, "jonas")
    await prove(services, one, joining.customer("c1"), AMINA)
    await prove(services, other, joining.customer("c2"))
    await prove(services, other, joining.customer("c2"), AMINA)
    await prove(services, other, AMINA)
    assert not await together(services, [one, other])
    await whole(services)


async def test_a_chat_that_two_people_use_takes_nothing_of_one_to_the_other(services: Services) -> None:
    telegram, tablet, phone = [await chat(services, name) for name in ("telegram", "tablet", "phone")]
    await prove(services, telegram, AMINA)
    await prove(services, tablet, AMINA)
    assert await together(services, [telegram, tablet])
    await prove(services, tablet, JONAS)
    assert not await together(services, [telegram, tablet])
    await prove(services, phone, JONAS)
    assert await together(services, [tablet, phone])
    await prove(services, tablet, AMINA)
    assert await together(services, [telegram, tablet])
    assert not await together(services, [telegram, phone])
    await whole(services)


async def test_who_writes_from_several_addresses_of_a_channel_leaves_with_all_of_them(services: Services) -> None:
    threads = [await chat(services, f"thread-{number}", person="U7") for number in range(2)]
    telegram = await chat(services, "telegram")
    assert await together(services, threads)
    await prove(services, threads[0], AMINA)
    await prove(services, telegram, AMINA)
    await prove(services, threads[1], JONAS)
    assert await together(services, threads)
    assert not await together(services, [*threads, telegram])
    await whole(services)


async def test_a_name_stays_and_a_missing_one_comes_along(services: Services) -> None:
    for names in (("Amina K", None), (None, "Amina K"), ("Amina K", "amina_1998")):
        mark = new_id()
        proof = joining.email(f"{mark}@example.com")
        chats = [
            await chat(services, f"{mark}-{number}", **({"name": name} if name else {}))
            for number, name in enumerate(names)
        ]
        for one in chats:
            await prove(services, one, proof)
        contact_id = await contact(services, chats[0])
        found = {row["id"]: row["name"] for row in await rows(services.database, "contacts")}
        assert found[contact_id] == "Amina K"


async def test_erasing_a_joined_contact_erases_it_on_all_channels(services: Services) -> None:
    for person in (RAHIM, SADIA):
        await hire(services.database, person)
    marks = [f"zq-{name}-{new_id()[-6:]}" for name in ("plum", "lantern")]
    other = f"jonas-{new_id()[-6:]}"
    for mark in (*marks, other):
        conversation_id = await live(services, RAHIM, mark)
        await prove(services, conversation_id, JONAS if mark == other else AMINA)
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, f"fake:{marks[1]}")
    assert contact_id is not None
    exported = str(await erasure.export(services.database, contact_id))
    assert all(mark in exported for mark in marks)
    assert other not in exported
    await erase(services, f"fake:{marks[0]}")
    assert [await found(services.database, mark) for mark in marks] == [0, 0]
    assert await found(services.database, other) > 0
    assert [row["hash"] for row in await rows(services.database, "contact_proofs")] == [JONAS.hash]


@pytest.mark.parametrize("asked", [[0], [1], [0, 1]])
async def test_an_erasure_that_was_asked_for_is_carried_out_after_a_join(services: Services, asked: list[int]) -> None:
    chats = [await chat(services, f"amina-{number}") for number in range(2)]
    stranger = await chat(services, "jonas")
    for number in asked:
        async with services.database.write() as tx:
            await due_erasures.ask(tx, await contact(services, chats[number]), now() - timedelta(seconds=60 * number))
    for one in chats:
        await prove(services, one, AMINA)
    assert await due_erasures.carry_out(services.database) == []
    await change(services.database, "due_erasures", due_at=now())
    (erased,) = await due_erasures.carry_out(services.database)
    assert erased.counts["conversations"] == 2
    assert [row["id"] for row in await rows(services.database, "conversations")] == [stranger]


async def test_an_erasure_that_was_taken_up_finds_what_was_joined_meanwhile(services: Services) -> None:
    """Its worker looks for a contact that is no more; the wish has gone along, and is due."""
    chats = [await chat(services, f"amina-{number}") for number in range(2)]
    younger = await contact(services, chats[1])
    async with services.database.write() as tx:
        await due_erasures.ask(tx, younger, now() - due_erasures.GRACE)
    assert await due_erasures._take(services.database) == younger
    for one in chats:
        await prove(services, one, AMINA)
    assert set((await erasure.erase(services.database, younger)).counts.values()) == {0}
    (erased,) = await due_erasures.carry_out(services.database)
    assert erased.counts["conversations"] == 2


async def test_what_was_promised_to_be_erased_goes_also_where_somebody_else_took_over(services: Services) -> None:
    telegram, tablet = await chat(services, "telegram"), await chat(services, "tablet")
    for one in (telegram, tablet):
        await prove(services, one, AMINA)
    async with services.database.write() as tx:
        await due_erasures.ask(tx, await contact(services, tablet), now())
    await prove(services, tablet, JONAS)
    await change(services.database, "due_erasures", due_at=now())
    assert len(await due_erasures.carry_out(services.database)) == 2
    assert await count(services.database, "conversations") == 0


async def test_a_conversation_that_is_gone_proves_nothing(services: Services) -> None:
    gone = await chat(services, "amina")
    await erase(services, "fake:amina")
    await prove(services, gone, AMINA)
    await prove(services, await chat(services, "jonas"))
    assert await count(services.database, "contact_proofs") == 0


async def test_fifty_joins_at_once_come_to_one_contact_and_nobody_gets_stuck(services: Services) -> None:
    chats = [await chat(services, f"amina-{number}") for number in range(50)]
    connections = asyncio.Semaphore(20)

    async def join(one: str) -> None:
        async with connections:
            await prove(services, one, AMINA)

    async with asyncio.timeout(120):
        await asyncio.gather(*map(join, chats))
    assert await together(services, chats)
    assert await count(services.database, "contacts") == 1
    await whole(services)


async def test_joins_beside_erasures_first_messages_and_turns_neither_block_nor_tear_a_contact(
    services: Services,
) -> None:
    people = {name: joining.email(f"{name}@example.com") for name in ("amina", "jonas")}
    chance = random.Random(5)

    async def join(name: str, number: int) -> None:
        async with services.database.read() as tx:
            there = await store.of_identity(tx, "fake", f"{name}-{number}")
        if there is not None:
            await prove(services, there.id, chance.choice(list(people.values())))

    async def talk(name: str, number: int) -> None:
        with suppress(inbox.Erased):
            await write(services, "hello", f"{name}-{number}", person=name if number % 2 else None)

    async def forget(name: str, number: int) -> None:
        async with services.database.read() as tx:
            contact_id = await erasure.find(tx, f"fake:{name}-{number}")
        if contact_id is not None:
            await erasure.erase(services.database, contact_id)

    work = [(step, name, number) for step in (talk, join) for name in people for number in range(5)] * 3
    work += [(forget, name, 1) for name in people]
    chance.shuffle(work)
    async with asyncio.timeout(240):
        for begin in range(0, len(work), 12):  # no more than the pool has connections, so that all of them meet
            await asyncio.gather(*(step(name, number) for step, name, number in work[begin : begin + 12]))
    await whole(services)


async def test_the_desk_shows_where_else_the_same_customer_wrote(services: Services) -> None:
    here = (await ask_for_person(services, "telegram")).id
    there, empty = await chat(services, "website"), await chat(services, "empty")
    stranger = await chat(services, "jonas")
    for one in (here, there, empty):
        await prove(services, one, AMINA)
    await update(services.database, "conversations", empty, last_seq=0)
    async with services.database.write() as tx:
        await tx.execute(sa.text("delete from events"))
        conversation = await store.get(tx, here)
        assert conversation is not None
        brief = (await views.conversation_detail(tx, conversation, now()))["brief"]
    (elsewhere,) = brief["also_on"]
    assert (elsewhere["conversation_id"], elsewhere["channel"], elsewhere["status"]) == (there, "fake", "bot")
    assert elsewhere["last_message_at"] is not None
    assert stranger not in str(brief)


async def test_a_page_that_shows_a_joined_conversation_of_an_agent_hears_of_it(services: Services) -> None:
    chats = [(await ask_for_person(services, f"amina-{number}")).id for number in range(2)]
    quiet = await chat(services, "amina-with-the-bot")
    for one in (*chats, quiet):
        await prove(services, one, AMINA)
    told = [row for row in await rows(services.database, "events") if row["kind"] == "contact"]
    assert {row["conversation_id"] for row in told} == set(chats)
    assert not any(row["public"] for row in told)
