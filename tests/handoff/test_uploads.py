"""What a visitor uploads waits for its message, not for ever and not without end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from file_samples import REFUSED, SECRET, TAKEN, jpeg, pdf
from handoff_testing import NASREEN, arrive, change, count, notices, phrase, rows, state

from handoff import files, housekeeping, inbox, ownership, uploads
from handoff.clock import new_id, now
from handoff.conversations import Refused
from handoff.incoming import Incoming
from handoff.messages import File, Message
from handoff.services import Services

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def visitors(services: Services) -> None:
    for address in ("amina", "jonas"):
        await inbox.open_session(services, "website", address, "en")


async def upload(services: Services, content: bytes | None = None, name: str = "a.jpg", address: str = "amina") -> File:
    return await uploads.take(services, "website", address, name, jpeg() if content is None else content)


async def send(services: Services, *sent: File, text: str = "", address: str = "amina", **details: Any) -> Message:
    ids = tuple(one.id for one in sent)
    incoming = Incoming("website", new_id(), address, text, uploads=ids, opens=False, **details)
    return (await inbox.receive(services, incoming))[0]


async def refused(step: Any) -> str:
    with pytest.raises(Refused) as error:
        await step
    assert error.value.message.endswith(".")
    return error.value.code


@pytest.mark.parametrize("kind", TAKEN)
async def test_an_upload_is_kept_by_its_kind_without_what_it_tells_besides(services: Services, kind: str) -> None:
    file = await upload(services, TAKEN[kind], "../photo.html")
    (row,) = await rows(services.database, "files")
    assert (file.type, file.status, file.size) == (kind, "here", len(row["content"]))
    assert {name: row[name] for name in file.as_json()} == file.as_json()
    assert file.name.startswith("photo.") and "html" not in file.name
    assert SECRET.encode() not in row["content"]
    assert (row["message_id"], row["reference"], row["next_at"]) == (None, None, None)


async def test_what_is_not_taken_leaves_nothing(services: Services) -> None:
    for content in REFUSED.values():
        assert await refused(upload(services, content)) == "wrong_type"
    assert await refused(upload(services, b"")) == "empty_file"
    assert await refused(upload(services, pdf("x" * files.MOST_BYTES))) == "too_large"
    assert await refused(upload(services, address="nobody")) == "unknown_session"
    assert await count(services.database, "files") == 0


@pytest.mark.parametrize("text", ["", "it came broken"])
async def test_a_message_takes_its_uploads_along_with_words_or_without(services: Services, text: str) -> None:
    first, second = await upload(services), await upload(services, pdf(), "bill.pdf")
    message = await send(services, second, first, second, text=text)
    assert message.files == (second, first)
    assert {row["message_id"] for row in await rows(services.database, "files")} == {message.id}
    conversation = await state(services, message.conversation_id)
    assert (conversation.turn_waiting_since is not None) == bool(text)
    assert await notices(services, message.conversation_id) == ([] if text else [phrase(services, "file_received")])


async def test_an_upload_goes_with_one_message_of_its_own_visitor(services: Services) -> None:
    mine, theirs = await upload(services), await upload(services, address="jonas")
    assert await refused(send(services, theirs)) == "unknown_file"
    assert await refused(send(services, File(new_id(), "", "", 0, "here"), text="hello")) == "unknown_file"
    await send(services, mine)
    assert await refused(send(services, mine)) == "unknown_file"
    assert await count(services.database, "messages") == 2  # and the thanks for it
    both = await asyncio.gather(*(send(services, theirs, address="jonas") for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, Message) for one in both) == 1


async def test_the_same_message_again_is_the_same_message_with_its_files(services: Services) -> None:
    incoming = Incoming("website", "key", "amina", uploads=((await upload(services)).id,), opens=False)
    results = [await inbox.receive(services, incoming) for _ in range(3)]
    assert [new for _, new in results] == [True, False, False]
    assert len({message.id for message, _ in results}) == 1 and len(results[2][0].files) == 1


async def test_no_more_wait_than_one_message_may_bring_and_no_more_come_than_an_hour_may_see(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await upload(services) for _ in range(files.MOST_FILES)]
    assert await refused(upload(services)) == "too_many_uploads"
    await upload(services, address="jonas")
    await send(services, *sent)
    await upload(services)
    monkeypatch.setattr(files, "MOST_AN_HOUR", files.MOST_FILES + 1)
    assert await refused(upload(services)) == "too_many_uploads"
    await change(services.database, "files", created_at=now() - HOUR)
    await upload(services)


async def test_the_limit_holds_for_many_at_the_same_moment(services: Services) -> None:
    ended = await asyncio.gather(*(upload(services) for _ in range(files.MOST_FILES + 5)), return_exceptions=True)
    assert sum(isinstance(one, File) for one in ended) == files.MOST_FILES
    assert await count(services.database, "files") == files.MOST_FILES


async def test_an_upload_that_no_message_took_is_gone_after_an_hour_and_others_stay(services: Services) -> None:
    taken, old, young = [await upload(services) for _ in range(3)]
    await send(services, taken)
    await change(services.database, "files", created_at=now() - HOUR)
    young = await upload(services)
    assert await housekeeping.clear(services.database) == 2
    assert {row["id"] for row in await rows(services.database, "files")} == {taken.id, young.id}
    assert await refused(send(services, old)) == "unknown_file"


async def test_a_name_that_holds_a_card_number_is_stored_without_it(services: Services) -> None:
    file = await upload(services, name="4111 1111 1111 1111.jpg")
    message = await send(services, file)
    assert "4111" not in str(await rows(services.database, "files")) + str(message)


async def test_an_agent_sees_a_file_that_comes_meanwhile_and_the_house_says_nothing(services: Services) -> None:
    message = await send(services, text="hello")
    await ownership.take_over(services, message.conversation_id, await arrive(services.database, NASREEN))
    before = await notices(services, message.conversation_id)
    await send(services, await upload(services))
    assert await notices(services, message.conversation_id) == before
