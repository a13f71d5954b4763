"""Several workers on one database and a provider that misbehaves: order holds, and each message is sent once."""

from __future__ import annotations

import random

from delivery_testing import all_settled, fates, running, speak
from receiver import DROP, Receiver

from connectors.delivery import Delivery
from connectors.fake import Fake
from handoff.services import Services

CHATS = 12
MESSAGES = 6
# what a message meets, and what must become of it: status, and how often the provider sees it
FAULTS = {
    "taken": ([], "sent", 1),
    "throttled": ([(429, {"Retry-After": "1"})], "sent", 2),
    "unavailable": ([503], "sent", 2),
    "error": ([500], "unknown", 1),
    "dropped": ([DROP], "unknown", 1),
    "rejected": ([403], "failed", 1),
}


async def test_four_workers_keep_the_order_and_send_each_message_once(
    services: Services, fake: Fake, receiver: Receiver
) -> None:
    chance = random.Random(7)
    receiver.seconds = 0.01
    met = {}
    for number in range(CHATS):
        texts = [f"v{number} {place}" for place in range(MESSAGES)]
        for text in texts:
            met[text] = chance.choices(list(FAULTS), weights=[10, 1, 1, 1, 1, 1])[0]
            receiver.answers[text] = list(FAULTS[met[text]][0])
        await speak(services, f"v{number}", *texts[:3])
    assert set(met.values()) == set(FAULTS)
    async with running(*(Delivery(services.database, {"fake": fake}) for _ in range(4))):
        for number in range(CHATS):
            await speak(services, f"v{number}", *[f"v{number} {place}" for place in range(3, MESSAGES)])
        await all_settled(services)
    for number in range(CHATS):
        texts = [f"v{number} {place}" for place in range(MESSAGES)]
        assert receiver.texts(f"v{number}") == [text for text in texts for _ in range(FAULTS[met[text]][2])]
    assert receiver.crowded == set()
    assert receiver.most_at_once > 1
    found = {text: (status, attempts) for text, (status, attempts, _) in (await fates(services)).items()}
    assert found == {text: FAULTS[fault][1:] for text, fault in met.items()}
