"""A message in several parts, what the provider calls it, and a chat that is gone, as a lane settles them."""

from __future__ import annotations

from dataclasses import dataclass, field

from delivery_testing import deliver, fates, pauses_end, speak

from connectors.base import Capabilities, OutboundMessage, Rejected, RetryAfter, SendResult, Sent, Unknown
from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff.database import DatabaseAway
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

    async def send(self, message: OutboundMessage) -> SendResult:
        self.asked.append((message.text, message.parts))
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
