"""A message in several parts, what the provider calls it, and a chat that is gone, as a lane settles them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from delivery_testing import deliver, fates, pauses_end, speak
from file_samples import pdf

from connectors.base import Capabilities, OutboundFile, OutboundMessage, Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff import dead_letters, erasure, files, ownership, store, uploads
from handoff.channel_models import files as file_table
from handoff.clock import new_id
from handoff.database import Database, DatabaseAway
from handoff.messages import Message
from handoff.people import Person
from handoff.services import Services


@dataclass
class Scripted(Fake):
    """A channel whose provider answers each message's tries in turn with these, and then takes it."""

    answers: dict[str, list[SendResult]]
    name: str = "fake"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(push=True, buttons=True, typing=False, max_length=10)
    )
    asked: list[tuple[str, int]] = field(default_factory=list)
    brought: list[OutboundFile] = field(default_factory=list)

    async def send(self, message: OutboundMessage) -> SendResult:
        self.asked.append((message.text, message.parts))
        self.brought += message.files
        waiting = self.answers.get(message.text)
        return waiting.pop(0) if waiting else Sent()


async def test_only_the_parts_that_were_not_taken_are_sent_again(services: Services) -> None:
    channel = Scripted({"long": [RetryAfter(0, parts=2), RetryAfter(0), RetryAfter(0, parts=1), Sent("9")]})
    await speak(services, "amina", "long", "next")
    delivery = Delivery(services.database, {"fake": channel})
    for _ in range(5):
        await deliver(delivery)
        await pauses_end(services)
    # fewer than were taken before cannot have been
    assert channel.asked == [("long", 0), ("long", 2), ("long", 2), ("long", 2), ("next", 0)]
    assert await fates(services) == {"long": ("sent", 4, None), "next": ("sent", 1, None)}


async def test_when_the_chat_is_gone_nothing_more_is_tried(services: Services) -> None:
    channel = Scripted({"one": [Rejected("blocked", gone=True)], "four": [Rejected("too long")]})
    await speak(services, "amina", "one", "two", "three")
    await speak(services, "jonas", "four", "five")
    await deliver(Delivery(services.database, {"fake": channel}))
    assert sorted(channel.asked) == [("five", 0), ("four", 0), ("one", 0)]
    assert await fates(services) == {
        "one": ("failed", 1, "blocked"),
        "two": ("failed", 0, "blocked"),
        "three": ("failed", 0, "blocked"),
        "four": ("failed", 1, "too long"),
        "five": ("sent", 1, None),
    }


async def test_a_part_that_may_have_been_taken_is_not_sent_again_by_itself(services: Services) -> None:
    channel = Scripted({"long": [RetryAfter(0, parts=1), Unknown("hung up")]})
    await speak(services, "amina", "long")
    delivery = Delivery(services.database, {"fake": channel})
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    assert channel.asked == [("long", 0), ("long", 1)]
    assert await fates(services) == {"long": ("unknown", 2, "hung up")}


@pytest.mark.parametrize(
    "broke", [Rejected("no such scope", parts=2), Unknown("hung up", parts=2)], ids=lambda one: one.why
)
async def test_what_an_agent_sends_again_begins_with_the_first_part_that_was_not_taken(
    services: Services, broke: SendResult
) -> None:
    channel = Scripted({"long": [RetryAfter(0, parts=1), broke, Rejected("still not")]})
    conversation_id = await speak(services, "amina", "long")
    delivery = Delivery(services.database, {"fake": channel})
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    async with services.database.read() as tx:
        (message,) = [one for one in await store.transcript(tx, conversation_id) if one.text == "long"]
    for _ in range(2):
        await dead_letters.resend(services.database, conversation_id, message.id)
        await deliver(delivery)
    assert channel.asked == [("long", 0), ("long", 1), ("long", 2), ("long", 2)]


async def test_a_database_that_is_away_before_anything_is_sent_leaves_nothing_unsure(services: Services) -> None:
    class KeysElsewhere(Scripted):
        async def send(self, message: OutboundMessage) -> SendResult:
            if len(self.asked) == 0:
                self.asked.append((message.text, message.parts))
                raise DatabaseAway("restarting")
            return await super().send(message)

    channel = KeysElsewhere({})
    await speak(services, "amina", "one")
    delivery = Delivery(services.database, {"fake": channel})
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    assert await fates(services) == {"one": ("sent", 2, None)}


NASREEN = Person(new_id(), "nasreen", "Nasreen", "supervisor")
ABLE = Capabilities(push=True, buttons=True, typing=False, max_length=10, files_out=True)


async def send_bill(services: Services) -> str:
    """Somebody takes over and sends a PDF; returns the conversation's id."""
    conversation_id = await speak(services, "amina", "hello")
    await ownership.take_over(services, conversation_id, NASREEN)
    bill = await uploads.take_from_desk(services, conversation_id, NASREEN, "bill.pdf", pdf())
    await ownership.reply(services, conversation_id, NASREEN, "your bill", private=False, file=bill.id)
    return conversation_id


async def test_a_file_is_handed_over_as_it_is_kept_each_time_that_it_is_tried(services: Services) -> None:
    await send_bill(services)
    channel = Scripted({"your bill": [RetryAfter(0)]}, capabilities=ABLE)
    delivery = Delivery(services.database, {"fake": channel})
    for _ in range(2):
        await deliver(delivery)
        await pauses_end(services)
    assert channel.brought == [OutboundFile("bill.pdf", "application/pdf", pdf())] * 2
    assert (await fates(services))["your bill"] == ("sent", 2, None)


async def test_a_file_that_is_gone_or_that_the_channel_cannot_carry_is_not_left_out_unseen(services: Services) -> None:
    await send_bill(services)
    await deliver(Delivery(services.database, {"fake": (unable := Scripted({}))}))
    assert (await fates(services))["your bill"] == ("failed", 1, "this channel takes no files")
    assert "your bill" not in [text for text, _ in unable.asked]


async def test_words_do_not_go_without_the_file_that_they_speak_of(services: Services) -> None:
    await send_bill(services)
    async with services.database.write() as tx:
        await tx.execute(sa.delete(file_table))
    await deliver(Delivery(services.database, {"fake": (channel := Scripted({}, capabilities=ABLE))}))
    assert (await fates(services))["your bill"] == ("failed", 1, "its file is no longer here")
    assert "your bill" not in [text for text, _ in channel.asked]


async def test_a_database_that_is_away_when_a_file_is_read_leaves_nothing_unsure(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send_bill(services)
    channel = Scripted({}, capabilities=ABLE)
    delivery = Delivery(services.database, {"fake": channel})

    async def away(_: Database, message: Message) -> list[files.Kept]:
        if message.files:
            raise DatabaseAway("restarting")
        return []

    with monkeypatch.context() as patched:
        patched.setattr(files, "of_message", away)
        await deliver(delivery)
    assert "your bill" not in [text for text, _ in channel.asked]
    await pauses_end(services)
    await deliver(delivery)
    assert (await fates(services))["your bill"] == ("sent", 2, None)


async def test_of_an_erased_customer_no_file_is_sent_any_more(services: Services) -> None:
    conversation_id = await send_bill(services)
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    await erasure.erase(services.database, contact_id)
    await deliver(Delivery(services.database, {"fake": (channel := Scripted({}, capabilities=ABLE))}))
    assert (channel.asked, await fates(services)) == ([], {})
