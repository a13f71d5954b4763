"""2xx only after the commit (promise 1): what could not be committed is not acknowledged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from receiver import SECRET

from connectors import inbound
from connectors.base import Request
from connectors.fake import Fake
from handoff.database import Database, DatabaseAway
from handoff.models import messages
from handoff.services import Services


@contextmanager
def commits_fail(database: Database) -> Iterator[None]:
    """The database does not take any commit."""
    engine = database._writer.sync_engine

    def refuse(connection: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", None, Exception("the disk is full"))

    sa.event.listen(engine, "commit", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine, "commit", refuse)


def request(key: str) -> Request:
    body = json.dumps({"key": key, "from": "amina", "text": "where is my order"}).encode()
    return Request(body, {"x-fake-secret": SECRET})


async def stored(services: Services) -> int:
    async with services.database.read() as tx:
        return int(await tx.scalar(sa.select(sa.func.count()).select_from(messages)) or 0)


async def test_what_could_not_be_committed_is_not_acknowledged_and_its_repetition_is_stored_once(
    services: Services, fake: Fake
) -> None:
    with commits_fail(services.database), pytest.raises(DatabaseAway):
        await inbound.take_in(services, fake, request("one"))
    assert await stored(services) == 0
    received = await inbound.take_in(services, fake, request("one"))
    assert [one.new for one in received] == [True]
    assert await stored(services) == 1
