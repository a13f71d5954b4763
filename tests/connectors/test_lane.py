"""One channel's way out: side by side but never two of one chat, and whatever the provider does, a fate for each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from delivery_testing import all_settled, deliver, fates, on_sqlite, pauses_end, running, speak, until
from receiver import HANG, Receiver
from structlog.testing import capture_logs

from connectors import lane
from connectors.base import Capabilities, OutboundMessage, SendResult, Sent
from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff import outbox
from handoff.database import DatabaseAway
from handoff.pace import Rate
from handoff.services import Services

pytestmark = on_sqlite


@dataclass
class Held(Fake):
    """A channel whose provider answers when it is let."""

    name: str = "fake"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(True, True, False, 4000))
    in_hand: list[str] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: OutboundMessage) -> SendResult:
        self.in_hand.append(message.text)
        await self.let.wait()
        self.in_hand.remove(message.text)
        return Sent()


class Broken(Held):
    async def send(self, message: OutboundMessage) -> SendResult:
        raise ValueError(f"cannot make anything of {message.text}")


async def test_eight_chats_are_served_side_by_side_and_of_each_one_message(services: Services) -> None:
    for number in range(10):
        await speak(services, f"v{number}", f"a{number}", f"b{number}")
    held = Held()
    async with running(Delivery(services.database, {"fake": held})):
        await until(lambda: len(held.in_hand) == 8)
        await asyncio.sleep(0.1)  # time enough for a ninth, were there one
        assert held.in_hand == [f"a{number}" for number in range(8)]
        held.let.set()
        await all_settled(services)
    assert {status for status, _, _ in (await fates(services)).values()} == {"sent"}


async def test_a_slow_provider_of_one_channel_delays_no_other(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    services = replace(services, push_channels=frozenset({"fake", "slow"}))
    for number in range(12):
        await speak(services, f"v{number}", f"slow {number}", channel="slow")
    held = Held(name="slow")
    async with running(Delivery(services.database, {"slow": held, "fake": fake})):
        await until(lambda: len(held.in_hand) == 8)
        await speak(services, "amina", "quick")
        await until(receiver.texts)
        assert len(held.in_hand) == 8
        held.let.set()
    assert receiver.texts() == ["quick"]


async def test_who_does_not_answer_in_time_may_have_taken_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "SEND_SECONDS", 0.05)
    await speak(services, "amina", "one", "two")
    held = Held()
    await deliver(Delivery(services.database, {"fake": held}))
    assert await fates(services) == dict.fromkeys(("one", "two"), ("unknown", 1, "no answer within 0.05 seconds"))


async def test_a_connector_that_breaks_harms_nobody_and_its_words_stay_out_of_the_log(services: Services) -> None:
    await speak(services, "amina", "my secret", "two")
    with capture_logs() as logs:
        await deliver(Delivery(services.database, {"fake": Broken()}))
    assert await fates(services) == dict.fromkeys(("my secret", "two"), ("unknown", 1, "ValueError"))
    broke = [one for one in logs if one["event"] == "send_broke"]
    assert len(broke) == 2
    assert broke[0]["error"].startswith("ValueError at test_lane.py:")
    assert "secret" not in str(logs)


async def test_what_is_on_its_way_when_the_program_stops_may_still_arrive(services: Services) -> None:
    await speak(services, "amina", "one", "two")
    held = Held()
    async with running(Delivery(services.database, {"fake": held})):
        await until(lambda: held.in_hand)
        asyncio.get_running_loop().call_later(0.2, held.let.set)
    assert await fates(services) == {"one": ("sent", 1, None), "two": ("pending", 0, None)}


async def test_what_is_cut_off_when_the_program_stops_is_unknown_and_not_sent_again(
    services: Services, fake: Fake, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "GRACE_SECONDS", 0.1)
    receiver.answers["one"] = [HANG]
    await speak(services, "amina", "one", "two")
    async with running(Delivery(services.database, {"fake": fake})):
        await until(receiver.texts)
    assert await fates(services) == {"one": ("unknown", 1, "stopped while sending"), "two": ("pending", 0, None)}
    async with running(Delivery(services.database, {"fake": fake})):
        await all_settled(services)
    assert receiver.texts() == ["one", "two"]


async def test_stopping_at_any_moment_leaves_nothing_half_sent(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    for number in range(30):
        await speak(services, f"v{number}", str(number))
    for moment in range(12):
        async with running(Delivery(services.database, {"fake": fake})):
            await asyncio.sleep(moment / 200)
        assert "sending" not in {status for status, _, _ in (await fates(services)).values()}
    async with running(Delivery(services.database, {"fake": fake})):
        await all_settled(services)
    assert sorted(receiver.texts(), key=int) == [str(number) for number in range(30)]
    assert {status for status, _, _ in (await fates(services)).values()} == {"sent"}


async def test_a_result_is_kept_until_the_database_takes_it(
    services: Services, fake: Fake, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = outbox.settle
    away = ["away", "away"]

    async def sometimes(*args: object, **kwargs: object) -> bool:
        if away:
            raise DatabaseAway(away.pop())
        return await settle(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "settle", sometimes)
    monkeypatch.setattr(lane, "LOOK_AGAIN_SECONDS", 0.01)
    await speak(services, "amina", "one")
    await deliver(Delivery(services.database, {"fake": fake}))
    assert away == []
    assert await fates(services) == {"one": ("sent", 1, None)}
    assert receiver.texts() == ["one"]


@pytest.mark.parametrize("rate", [None, Rate(per_second=100, burst=20)], ids=["unpaced", "paced"])
async def test_a_provider_that_takes_nothing_from_us_is_left_in_peace_by_all_chats(
    services: Services, receiver: Receiver, fake: Fake, rate: Rate | None
) -> None:
    receiver.answers["one"] = [(429, {"Retry-After": "2", "X-RateLimit-Global": "true"})]
    fake.capabilities = replace(fake.capabilities, rate=rate)
    delivery = Delivery(services.database, {"fake": fake})
    await speak(services, "amina", "one")
    await deliver(delivery)
    for number in range(3):
        await speak(services, f"v{number}", f"later {number}")
    await deliver(delivery)
    await pauses_end(services)
    await deliver(delivery)
    assert receiver.texts() == ["one"]
    async with running(delivery):
        await all_settled(services)
    assert sorted(receiver.texts()) == ["later 0", "later 1", "later 2", "one", "one"]
    first, *others = sorted(receiver.times())
    assert min(others) - first >= 1.99
