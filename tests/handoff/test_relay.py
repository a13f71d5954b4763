"""Agents who work outside the desk's pages: what they are shown, what they may do, and what nobody else is told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from file_samples import pdf
from handoff_testing import (
    NASREEN,
    RAHIM,
    SADIA,
    arrive,
    ask_for_person,
    change,
    grow_older,
    hire,
    notices,
    overdue,
    phrase,
    rows,
    said,
    state,
    update,
    vanish,
    write,
)
from relay_testing import CHANNEL, OUTSIDE, address, linked, posted, press, root, write_there

from handoff import (
    addresses,
    caretaker,
    changes,
    comebacks,
    deadlines,
    erasure,
    housekeeping,
    names,
    ownership,
    people,
    presence,
    relay,
    relay_feed,
    relay_outbox,
    signs,
    uploads,
)
from handoff.clock import new_id, now
from handoff.conversations import Conversation, Refused
from handoff.inbox import MAX_TEXT
from handoff.incoming import Changed, Offered
from handoff.people import Person
from handoff.services import Services

EDITOR = Person(new_id(), "tapan", "Tapan", "editor")


@pytest.fixture(autouse=True)
async def crew(services: Services) -> None:
    """Two agents at the desk, who write from outside too, and a relay that has begun."""
    await arrive(services.database, RAHIM, SADIA)
    await linked(services.database, RAHIM, SADIA)
    assert await posted(services) == []


async def ticket(services: Services, customer: str = "amina", **request: str) -> tuple[Conversation, str]:
    """A conversation in the queue, and the thread that tells of it."""
    conversation = await ask_for_person(services, customer, **request)
    assert len(await posted(services)) == 1
    return conversation, await thread_of(services, conversation)


async def thread_of(services: Services, conversation: Conversation) -> str:
    threads = [row for row in await rows(services.database, "desk_threads", "id")]
    return str([row["id"] for row in threads if row["conversation_id"] == conversation.id][-1])


async def test_an_escalation_is_posted_once_with_a_button_to_claim_it(services: Services) -> None:
    conversation = await ask_for_person(services)
    shown = await posted(services)
    assert shown == [f"Visitor {conversation.id[-4:].upper()}: Asked for a person [Waiting for somebody.] claim"]
    assert await posted(services) == []


async def test_the_first_post_is_written_anew_once_the_customers_name_is_known(services: Services) -> None:
    conversation, _ = await ticket(services)
    await change(services.database, "identities", name_due_at=now(), person="U0AMINA")
    due = await names.take_due(services.database)
    assert due is not None and await names.told(services.database, due, "Amina")
    assert await posted(services) == ["= Amina: Asked for a person [Waiting for somebody.] claim"]
    assert (await state(services, conversation.id)).status == "queued"


async def test_a_ticket_that_waited_before_the_relay_began_is_posted_too(services: Services) -> None:
    await ask_for_person(services)
    await change(services.database, "channel_positions", channel="another")
    assert len(await posted(services)) == 1
    assert await posted(services) == []


async def test_many_that_follow_at_once_post_everything_once(services: Services) -> None:
    for number in range(5):
        await ask_for_person(services, f"v{number}")
    await asyncio.gather(*(relay_feed.follow(services, OUTSIDE) for _ in range(6)))
    assert len(await posted(services)) == 5


async def test_a_team_without_a_place_posts_nothing_and_each_team_has_its_own(services: Services) -> None:
    outside = replace(OUTSIDE, places={"payments": "C0PAY"})
    await ask_for_person(services, "one")
    await ask_for_person(services, "two", reason="double_charged")
    assert len(await posted(services, outside)) == 1
    assert [row["place"] for row in await rows(services.database, "desk_threads")] == ["C0PAY"]


async def test_claimed_by_its_button_it_is_theirs_and_everybody_sees_it(services: Services) -> None:
    conversation, thread = await ticket(services)
    assert await press(services, RAHIM, thread, "claim") is None
    assert (await state(services, conversation.id)).agent_id == RAHIM.id
    assert (await notices(services, conversation.id))[-1] == phrase(services, "agent_joined", agent="Rahim")
    line, first = await posted(services)
    assert line == "Rahim has it now."
    assert first.endswith("[Rahim has it.] return resolve")


async def test_who_answers_there_has_seen_what_was_shown_there_and_nothing_that_was_not(services: Services) -> None:
    conversation, thread = await ticket(services)
    asked = await state(services, conversation.id)

    async def seen() -> int:
        async with services.database.read() as tx:
            return (await signs.of(tx, conversation.id)).agent_seen

    await press(services, RAHIM, thread, "claim")
    assert await seen() == 0
    await posted(services)
    await write_there(services, RAHIM, thread, "Hello!")
    first = await seen()
    assert 0 < first <= asked.last_seq
    shown = await write(services, "order 10001")
    await posted(services)
    waiting = await write(services, "or 10002")
    await relay_feed.follow(services, OUTSIDE)
    followed_by = await write(services, "no, 10001")
    await write_there(services, RAHIM, thread, "!note They are not sure.")
    assert await seen() == first
    await write_there(services, RAHIM, thread, "I am looking.")
    assert await seen() == shown.seq < waiting.seq
    await posted(services)
    await write_there(services, RAHIM, thread, "It is on its way.")
    assert await seen() == followed_by.seq


async def test_a_hundred_claims_from_there_and_from_the_desk_have_one_winner(services: Services) -> None:
    conversation, thread = await ticket(services)
    crew = [Person(new_id(), f"agent{number}", f"Agent {number}", "agent") for number in range(100)]
    for person in crew:
        await hire(services.database, person)
    await linked(services.database, *crew)

    async def desk(person: Person) -> bool:
        try:
            await ownership.claim(services, conversation.id, person)
        except Refused:
            return False
        return True

    async def there(person: Person) -> bool:
        return await press(services, person, thread, "claim") is None

    tries = [(there if number % 2 else desk)(person) for number, person in enumerate(crew)]
    won = [person for person, yes in zip(crew, await asyncio.gather(*tries), strict=True) if yes]
    assert len(won) == 1
    assert (await state(services, conversation.id)).agent_id == won[0].id
    assert len([text for text in await notices(services, conversation.id) if won[0].display_name in text]) == 1


async def test_who_is_slower_is_told_who_has_it_and_who_presses_twice_is_told_nothing(services: Services) -> None:
    _, thread = await ticket(services)
    assert await press(services, RAHIM, thread, "claim") is None
    assert await press(services, RAHIM, thread, "claim") is None
    word = await press(services, SADIA, thread, "claim")
    assert word == "Rahim has this conversation. !note leaves a note for the desk."
    for act in ("return", "resolve"):
        assert await press(services, SADIA, thread, act) == word  # type: ignore[arg-type]


async def test_a_reply_in_the_thread_reaches_the_customer_once_and_is_not_posted_again(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await posted(services)
    for _ in range(3):
        assert await write_there(services, RAHIM, thread, "I am looking into it.", key="1700.1") is None
    together = (write_there(services, RAHIM, thread, "Found it.", key="1700.2") for _ in range(10))
    assert set(await asyncio.gather(*together)) == {None}
    spoken = [one for one in await said(services, conversation.id) if one[0] == "agent"]
    assert spoken == [("agent", "I am looking into it."), ("agent", "Found it.")]
    stored = [row for row in await rows(services.database, "messages") if row["author"] == "agent"]
    assert {row["author_id"] for row in stored} == {RAHIM.id}
    assert {row["text"] for row in await sent_to_customer(services)} >= {"I am looking into it.", "Found it."}
    assert await posted(services) == []
    assert (await state(services, conversation.id)).deadline is None


async def sent_to_customer(services: Services) -> list[dict[str, str]]:
    due = {row["message_id"] for row in await rows(services.database, "deliveries")}
    return [row for row in await rows(services.database, "messages") if row["id"] in due]


async def test_what_the_customer_writes_and_what_the_desk_writes_appears_in_the_thread(services: Services) -> None:
    conversation, thread = await ticket(services)
    await write(services, "are you there?")
    await press(services, RAHIM, thread, "claim")
    await write(services, "here it is", files=(Offered("ref", "broken.jpg", 1000),))
    await ownership.reply(services, conversation.id, RAHIM, "Thanks, from the desk.", private=False)
    await ownership.reply(services, conversation.id, SADIA, "he is a regular", private=True)
    visitor = f"Visitor {conversation.id[-4:].upper()}"
    lines = [line for line in await posted(services) if not line.startswith("=")]
    assert lines == [
        f"{visitor}: are you there?",
        "Rahim has it now.",
        f"{visitor}: here it is <broken.jpg>",
        "Rahim: Thanks, from the desk.",
        "Sadia (note): he is a regular",
    ]


async def test_what_was_said_before_the_ticket_is_in_its_brief_and_not_in_its_thread(services: Services) -> None:
    await write(services, "hello")
    await ticket(services)
    assert await posted(services) == []


async def test_a_note_stays_private(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    assert await write_there(services, RAHIM, thread, "!note a difficult one") is None
    assert await write_there(services, SADIA, thread, "!NOTE: I know her") is None
    assert ("agent", "a difficult one") not in await said(services, conversation.id)
    everything = await said(services, conversation.id, private=True)
    assert everything[-2:] == [("agent", "a difficult one"), ("agent", "I know her")]
    assert not {"a difficult one", "I know her"} & {row["text"] for row in await sent_to_customer(services)}


@pytest.mark.parametrize("text", ["!noet a secret", "!", "!resolve", "!notes a secret", "!note"])
async def test_what_looks_like_a_command_and_is_none_goes_to_nobody(services: Services, text: str) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    word = await write_there(services, RAHIM, thread, text)
    assert word is not None and word.startswith(("Not sent to the customer. ", "Not noted. "))
    assert not [one for one in await said(services, conversation.id, private=True) if one[0] == "agent"]


async def test_who_does_not_have_it_says_nothing_to_the_customer_and_hears_what_to_do(services: Services) -> None:
    conversation, thread = await ticket(services)
    not_sent = "Not sent to the customer. "
    word = await write_there(services, RAHIM, thread, "hello")
    assert word == f"{not_sent}Nobody has this conversation yet; press Claim first."
    await press(services, SADIA, thread, "claim")
    word = await write_there(services, RAHIM, thread, "hello")
    assert word == f"{not_sent}Sadia has this conversation. !note leaves a note for the desk."
    await press(services, SADIA, thread, "resolve")
    await posted(services)
    word = await write_there(services, SADIA, thread, "one more thing")
    assert word is not None and word.startswith(f"{not_sent}This request is closed")
    assert not [one for one in await said(services, conversation.id, private=True) if one[0] == "agent"]


async def test_an_unknown_person_is_asked_who_they_are_and_changes_nothing(services: Services) -> None:
    conversation, thread = await ticket(services)
    stranger = Person(new_id(), "stranger", "Stranger", "agent")
    for deed in (
        relay.Pressed(address(stranger), "stranger", "claim", thread, root(thread)),
        relay.Wrote(address(stranger), "stranger", "C0DESK", root(thread), "1", "hello", now()),
        relay.Wrote(address(stranger), "stranger", "C0DESK", root(thread), "2", "!note hello", now()),
    ):
        word = await relay.take(services, OUTSIDE, deed)
        assert word is not None and word.link == f"https://desk.test/desk/link?token={address(stranger)}"
    assert (await state(services, conversation.id)).status == "queued"
    assert not [one for one in await said(services, conversation.id, private=True) if one[0] == "agent"]


async def test_roles_are_the_desks_and_a_closed_account_is_nobodys(services: Services) -> None:
    _, thread = await ticket(services)
    await hire(services.database, EDITOR)
    await linked(services.database, EDITOR)
    assert await press(services, EDITOR, thread, "claim") == (
        "Your account does not work at the desk; ask an administrator."
    )
    await update(services.database, "people", RAHIM.id, password_hash=people.DISABLED)
    word = await relay.take(services, OUTSIDE, relay.Pressed(address(RAHIM), "Rahim", "claim", thread, root(thread)))
    assert word is not None and word.link is not None


async def test_an_address_is_one_persons_at_a_time_and_can_be_taken_away(services: Services) -> None:
    _, thread = await ticket(services)
    await addresses.link(services.database, CHANNEL, address(RAHIM), SADIA)
    await press(services, RAHIM, thread, "claim")
    assert "Sadia has it now." in await posted(services)
    assert await addresses.unlink(services.database, CHANNEL, address(RAHIM))
    assert not await addresses.unlink(services.database, CHANNEL, address(RAHIM))
    async with services.database.read() as tx:
        assert await addresses.person_at(tx, CHANNEL, address(RAHIM)) is None
        assert await addresses.of_person(tx, CHANNEL, SADIA.id) == [address(SADIA)]


async def test_returned_from_there_the_bot_has_it_and_the_ticket_is_closed(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    assert await press(services, RAHIM, thread, "return") is None
    assert await press(services, RAHIM, thread, "return") is None
    assert (await state(services, conversation.id)).status == "bot"
    lines = await posted(services)
    assert "Rahim has returned it to the bot." in lines
    assert lines[-1].endswith("[Done; Rahim had it.]")
    await write(services, "thanks")
    assert await posted(services) == []
    word = await press(services, SADIA, thread, "claim")
    assert word is not None and word.startswith("This request is closed")


async def test_resolved_from_there_the_customer_is_asked_how_it_was(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    assert await press(services, RAHIM, thread, "resolve") is None
    assert (await state(services, conversation.id)).status == "resolved"
    assert phrase(services, "conversation_resolved") in await notices(services, conversation.id)
    assert "Resolved by Rahim." in await posted(services)
    assert [row["agent_id"] for row in await rows(services.database, "ratings")] == [RAHIM.id]


async def test_a_second_request_has_a_thread_of_its_own_and_the_first_does_nothing_to_it(services: Services) -> None:
    conversation, first = await ticket(services)
    await press(services, RAHIM, first, "claim")
    await press(services, RAHIM, first, "return")
    await posted(services)
    _, second = await ticket(services)
    assert first != second
    await press(services, RAHIM, second, "claim")
    word = await press(services, RAHIM, first, "resolve")
    assert word is not None and word.startswith("This request is closed")
    word = await write_there(services, RAHIM, first, "hello")
    assert word is not None and word.startswith("Not sent to the customer. This request is closed")
    assert (await state(services, conversation.id)).agent_id == RAHIM.id


async def test_what_is_done_at_the_desk_is_told_in_the_thread(services: Services) -> None:
    conversation, _ = await ticket(services)
    await arrive(services.database, NASREEN)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.transfer(services, conversation.id, RAHIM, to=SADIA, note="yours")
    await ownership.transfer(services, conversation.id, SADIA)
    await ownership.take_over(services, conversation.id, NASREEN)
    await ownership.resolve(services, conversation.id, NASREEN)
    assert [line for line in await posted(services) if not line.startswith("=")] == [
        "Rahim has it now.",
        "Rahim (note): yours",
        "Sadia has it now, and Rahim no longer.",
        "It waits again; Sadia has it no longer.",
        "Nasreen has it now.",
        "Resolved by Nasreen.",
    ]


async def test_passed_to_another_team_it_goes_on_in_that_teams_place_and_comes_back(services: Services) -> None:
    outside = replace(OUTSIDE, places={"support": "C0DESK", "payments": "C0PAY"})
    conversation = await ask_for_person(services)
    await posted(services, outside)
    first = await thread_of(services, conversation)
    await ownership.claim(services, conversation.id, RAHIM)
    await ownership.transfer(services, conversation.id, RAHIM, team="payments")
    lines = await posted(services, outside)
    assert "It waits for Payments now, and goes on there." in lines
    assert [row["place"] for row in await rows(services.database, "desk_threads", "id")] == ["C0DESK", "C0PAY"]
    word = await press(services, SADIA, first, "claim")
    assert word == "This request was passed on to another team, and goes on in its channel."
    await write(services, "hello?")
    await ownership.claim(services, conversation.id, SADIA)
    await ownership.transfer(services, conversation.id, SADIA, team="support")
    await posted(services, outside)
    assert await press(services, SADIA, first, "claim") is None


async def test_what_goes_back_to_the_bot_because_nobody_came_is_told_and_comes_back_there(services: Services) -> None:
    await vanish(services.database, RAHIM, SADIA)
    conversation, thread = await ticket(services)
    await overdue(services, conversation.id)
    assert await deadlines.deal_with_passed(services) == 1
    lines = await posted(services)
    assert "Nobody came, and the bot goes on meanwhile. It comes back as soon as somebody is there." in lines
    word = await press(services, RAHIM, thread, "claim")
    assert word == "The bot goes on with it until somebody is there; then it can be claimed again."
    # whoever presses is there
    assert await comebacks.call_back(services) == 1
    assert "It waits again." in await posted(services)
    assert await press(services, RAHIM, thread, "claim") is None


async def test_a_change_of_a_message_is_shown_once_and_of_one_that_was_taken_back_no_word(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await posted(services)
    await write(services, "order 10001", provider_id="m1")
    await write(services, "my card is broken", provider_id="m2")
    await write(services, "never posted", provider_id="m3")
    await changes.take(services, Changed("fake", "amina", "m3", None))
    visitor = f"Visitor {conversation.id[-4:].upper()}"
    assert await relay_feed.follow(services, OUTSIDE)
    for _ in range(2):
        await changes.take(services, Changed("fake", "amina", "m1", "order 10002"))
        await changes.take(services, Changed("fake", "amina", "m2", None))
    shown = await shown_lines(services)
    assert shown[-2:] == [f"{visitor}, changed: order 10002", f"{visitor} has taken back what they wrote."]
    assert not any("never posted" in line or "card" in line for line in shown)


async def shown_lines(services: Services) -> list[str]:
    """As `posted`, with what is not worth a post any more left out."""
    from handoff import relay_view

    lines = []
    while await relay_feed.follow(services, OUTSIDE):
        pass
    while posts := await relay_outbox.take(services.database, CHANNEL, 8):
        for post in posts:
            shown = await relay_view.shown(services, OUTSIDE, post)
            if isinstance(shown, relay_view.Line):
                lines.append(f"{shown.speaker}: {shown.text}" if shown.speaker else shown.text)
            await relay_outbox.sent(services.database, post, None)
    return lines


async def test_changing_or_deleting_a_reply_there_changes_nothing_and_the_agent_hears_so(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await write_there(services, RAHIM, thread, "It comes tomorrow.", key="1700.1")
    word = await relay.take(services, OUTSIDE, relay.Rewrote(address(RAHIM), "C0DESK", root(thread), "1700.1"))
    assert word is not None and "changes nothing" in word.text
    assert await relay.take(services, OUTSIDE, relay.Rewrote(address(RAHIM), "C0DESK", root(thread), "1700.9")) is None
    assert ("agent", "It comes tomorrow.") in await said(services, conversation.id)


async def test_files_of_agents_and_texts_that_are_too_long_are_refused_in_one_sentence(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    for text, files in (("", True), ("  \u200b ", False), ("x" * (MAX_TEXT + 1), False)):
        word = await write_there(services, RAHIM, thread, text, files=files)
        assert word is not None and word.startswith("Not sent to the customer. ")
    assert not [one for one in await said(services, conversation.id) if one[0] == "agent"]
    word = await write_there(services, RAHIM, thread, "see the picture", files=True)
    assert word is not None and word.startswith("Only your words were taken.")
    assert ("agent", "see the picture") in await said(services, conversation.id)


async def test_a_reply_that_did_not_arrive_and_a_deadline_are_told_in_the_thread(services: Services) -> None:
    from handoff import outbox

    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await write_there(services, RAHIM, thread, "It comes tomorrow.")
    await posted(services)
    while due := (await outbox.take_due(services.database, "fake")).due:
        for one in due:
            await outbox.settle(services.database, one, "failed" if one.message.author == "agent" else "sent", "gone")
    assert await posted(services) == ["What Rahim wrote was not delivered: “It comes tomorrow.”"]
    await write(services, "when?")
    await overdue(services, conversation.id)
    await deadlines.deal_with_passed(services)
    assert (await posted(services))[-1] == "Late: nobody has answered in time."


async def test_a_file_that_did_not_arrive_is_told_by_its_name(services: Services) -> None:
    from handoff import outbox

    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    bill = await uploads.take_from_desk(services, conversation.id, RAHIM, "bill.pdf", pdf())
    await ownership.reply(services, conversation.id, RAHIM, "", private=False, file=bill.id)
    assert (await posted(services))[-1].endswith("<bill.pdf>")
    while due := (await outbox.take_due(services.database, "fake")).due:
        for one in due:
            await outbox.settle(services.database, one, "failed" if one.message.author == "agent" else "sent", "gone")
    assert await posted(services) == ["What Rahim wrote was not delivered: “bill.pdf”"]


async def test_who_works_from_there_keeps_it_without_a_desk_until_they_are_late(services: Services) -> None:
    conversation, thread = await ticket(services)
    other = await ask_for_person(services, "jonas")
    await press(services, RAHIM, thread, "claim")
    await ownership.claim(services, other.id, RAHIM)
    await write_there(services, RAHIM, thread, "One moment.")
    await vanish(services.database, RAHIM)
    await caretaker.look(services)
    # who has just done something there is there for all that is theirs
    assert (await state(services, other.id)).agent_id == RAHIM.id
    await update(services.database, "people", RAHIM.id, outside_until=now())
    await caretaker.look(services)
    # what he has claimed at the desk goes back, as ever
    assert (await state(services, other.id)).status == "queued"
    assert (await state(services, conversation.id)).agent_id == RAHIM.id
    # nobody waits: he may have it for hours
    await grow_older(services.database, timedelta(hours=3))
    await caretaker.look(services)
    assert (await state(services, conversation.id)).agent_id == RAHIM.id
    await write(services, "and?")
    await overdue(services, conversation.id)
    await presence.seen(services.database, SADIA.id)
    for _ in range(2):
        await caretaker.look(services)
    after = await state(services, conversation.id)
    assert after.status == "queued" and after.deadline is not None and after.deadline > now()
    assert "It waits again; Rahim has it no longer." in await posted(services)


async def test_who_is_late_and_still_there_keeps_it(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await overdue(services, conversation.id)
    await change(services.database, "conversations", agent_since=now() - timedelta(minutes=5))
    for _ in range(2):
        await caretaker.look(services)
    assert (await state(services, conversation.id)).agent_id == RAHIM.id


async def test_who_is_made_an_editor_keeps_nothing_from_there(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await vanish(services.database, RAHIM)
    await update(services.database, "people", RAHIM.id, role="editor")
    await caretaker.look(services)
    assert (await state(services, conversation.id)).status == "queued"


async def test_answering_from_there_is_being_there(services: Services) -> None:
    _, thread = await ticket(services)
    await vanish(services.database, RAHIM)
    await press(services, RAHIM, thread, "claim")
    async with services.database.read() as tx:
        found = await presence.agent(tx, RAHIM.id, now())
    assert found is not None and found.online


async def test_after_an_erasure_nothing_of_it_is_left_to_post(services: Services) -> None:
    conversation, thread = await ticket(services)
    await press(services, RAHIM, thread, "claim")
    await write(services, "a secret")
    await relay_feed.follow(services, OUTSIDE)
    await erasure.erase(services.database, conversation.contact_id)
    assert await posted(services) == []
    assert await press(services, RAHIM, thread, "resolve") == "This request is not here any more."
    assert await write_there(services, RAHIM, thread, "hello") is None
    assert await rows(services.database, "desk_posts") == []


async def test_what_was_posted_a_month_ago_of_closed_tickets_is_cleared_away(services: Services) -> None:
    _, first = await ticket(services)
    await ticket(services, "jonas")
    await press(services, RAHIM, first, "claim")
    await press(services, RAHIM, first, "resolve")
    await posted(services)
    before = len(await rows(services.database, "desk_posts"))
    await grow_older(services.database, timedelta(days=29))
    await housekeeping.clear(services.database)
    assert len(await rows(services.database, "desk_posts")) == before
    await grow_older(services.database, timedelta(days=2))
    await housekeeping.clear(services.database)
    assert {row["thread_id"] for row in await rows(services.database, "desk_posts")} == {
        row["id"] for row in await rows(services.database, "desk_threads") if row["id"] != first
    }
