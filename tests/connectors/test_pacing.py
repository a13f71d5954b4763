"""The provider's own log shows the rate kept: over all chats, in each chat, and a throttled chat delays no other.

Only what must not be too early is looked at. That cannot fail by chance: a message arrives after it was sent, and the
next one of its chat is sent after that.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from time import monotonic

import httpx
import pytest
from delivery_testing import all_settled, fates, running, speak
from receiver import Receiver

from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff.pace import Rate
from handoff.services import Services

TELEGRAM = Rate(per_second=30, seconds_between=1.0)
# the calendar's clock and that of the provider's log may differ by a hair, and timers count in milliseconds
HAIR = 0.005


@pytest.fixture(autouse=True)
def patient(fake: Fake) -> None:
    """On a busy machine the receiving end is slow, and what is not answered in time may not be sent again."""
    fake._client.timeout = httpx.Timeout(30)


async def test_thirty_a_second_over_all_chats_and_workers(services: Services, fake: Fake, receiver: Receiver) -> None:
    fake.capabilities = replace(fake.capabilities, rate=TELEGRAM)
    for number in range(45):
        await speak(services, f"v{number}", str(number))
    began = monotonic()
    async with running(*(Delivery(services.database, {"fake": fake}) for _ in range(3))):
        await all_settled(services)
    times = sorted(receiver.times())
    assert len(times) == 45
    for place, at in enumerate(times):
        assert at - began >= place / 30 - HAIR
    assert {status for status, _, _ in (await fates(services)).values()} == {"sent"}


async def test_one_a_second_in_each_chat_also_for_what_is_said_after_a_pause(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    fake.capabilities = replace(fake.capabilities, rate=TELEGRAM)
    chats = ["amina", "jonas", "rahim"]
    for address in chats:
        await speak(services, address, "one", "two")
    async with running(*(Delivery(services.database, {"fake": fake}) for _ in range(2))):
        await all_settled(services)
        for address in chats:
            await speak(services, address, "three")
        await all_settled(services)
    for address in chats:
        assert receiver.texts(address) == ["one", "two", "three"], await fates(services)
        for earlier, later in pairwise(receiver.times(to=address)):
            assert later - earlier >= 1 - HAIR


async def test_a_chat_told_to_wait_delays_twenty_others_by_nothing(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    fake.capabilities = replace(fake.capabilities, rate=TELEGRAM)
    receiver.answers["wait"] = [(429, {"Retry-After": "8"})]
    await speak(services, "amina", "wait", "behind it")
    async with running(Delivery(services.database, {"fake": fake})):
        await receiver.arrived.wait()
        for number in range(20):
            await speak(services, f"v{number}", str(number))
        await all_settled(services)
    throttled = receiver.times(text="wait")
    assert throttled[1] - throttled[0] >= 8 - HAIR
    others = {str(number) for number in range(20)}
    before = receiver.texts()[: receiver.at.index(throttled[1])]
    assert others <= set(before)
    assert receiver.texts("amina") == ["wait", "wait", "behind it"]
