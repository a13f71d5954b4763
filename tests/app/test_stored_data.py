"""A copy of a customer's own data by e-mail, and what the shop's tables have of them once they are erased."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from file_samples import TAKEN, pdf
from smtp_server import HOST, MailServer, serving

from actions.post import NotSent
from actions.shop import tables as t
from app import stored_data
from app.attachment import Attachment
from app.post import DemoMailbox, SmtpPost
from app.shop_traces import ShopTraces
from app.stored_data import ChatData, page
from bot.content.live import LiveWords
from handoff import due_erasures, erasure, inbox, ownership, turns, uploads
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.following import Wish, hashed
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.models import contacts, conversations, messages
from handoff.people import Person
from handoff.services import Services
from handoff.sniffing import sniff
from handoff.turn_store import StoredEvents
from handoff.turns import Outcome

AMINA = "amina@example.com"
SCRIPT = "<script>alert(1)</script> & 'so'"
DIGITS = {"bn": str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")}
RAHIM = Person(new_id(), "rahim", "Rahim", "supervisor")
SLOTS = [{"event": "slot", "timestamp": 1764000000.5, "name": "order_number", "value": SCRIPT}]


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as opened:
        yield opened


async def talk(services: Services, address: str = "amina", text: str = SCRIPT) -> str:
    """A customer, the bot, an agent and the agent's note; the conversation's id."""
    incoming = Incoming("fake", new_id(), address, text, name="Amina Khatun")
    conversation_id = (await inbox.receive(services, incoming))[0].conversation_id
    turn = await turns.lease_next(services, "worker")
    assert turn is not None
    wish = Wish("yes", {"10001": hashed(AMINA)})
    outcome = Outcome([Said("It is on its way.")], "en", news=wish, handoff_reason="complaint")
    assert await turns.finish(services, turn, outcome, "worker", StoredEvents(0, 0, json.dumps(SLOTS)))
    await ownership.claim(services, conversation_id, RAHIM)
    await ownership.reply(services, conversation_id, RAHIM, "I look into it.", private=False)
    await ownership.reply(services, conversation_id, RAHIM, "a private note about somebody else", private=True)
    return conversation_id


def by_mail(services: Services, words: LiveWords, server: MailServer) -> ChatData:
    post = SmtpPost(f"smtp://{HOST}:{server.port}", "Nodi Store <help@nodi.example>", words, 10)
    return ChatData(services.database, words, post)


def shown(html: str) -> str:
    """The page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]))


@pytest.mark.parametrize("language", ["en", "bn", "hi", "es", "fr", "de"])
async def test_the_copy_comes_as_a_page_and_as_json_with_every_word(
    services: Services, words: LiveWords, server: MailServer, language: str
) -> None:
    conversation_id = await talk(services)
    await talk(services, "jonas", "a word of jonas")
    await by_mail(services, words, server).send_copy(conversation_id, AMINA, language)
    assert server.to == [[AMINA]]
    (letter,) = server.letters
    body = letter.get_body()
    assert body is not None
    expected = words.say("mail_data_copy", language).text
    assert body.get_content().split() == expected.split()
    html, plain = letter.iter_attachments()
    assert (html.get_filename(), html.get_content_type()) == ("data.html", "text/html")
    assert (plain.get_filename(), plain.get_content_type()) == ("data.json", "application/json")
    found = json.loads(plain.get_content())
    (conversation,) = found["conversations"]
    texts = [message["text"] for message in conversation["messages"]]
    assert SCRIPT in texts and "I look into it." in texts
    page_ = html.get_payload(decode=True).decode()
    assert f'<html lang="{language}">' in page_
    assert "<script" not in page_ and "&lt;script&gt;alert(1)" in page_
    text = shown(page_)
    for word in ("Amina Khatun", "It is on its way.", "I look into it.", "order_number", "complaint", "10001"):
        assert word in text, word
    assert words.say("copy_you", language).text in text
    assert "{" not in text
    year = str(now().year).translate(DIGITS.get(language, {}))
    assert year in text  # who reads it may do so years later
    for everything in (page_, plain.get_content().decode()):
        assert "private note" not in everything and "word of jonas" not in everything
        assert AMINA not in everything  # the order may have been found by its phone number


@pytest.mark.parametrize("language", ["en", "bn", "hi", "es", "fr", "de"])
async def test_what_they_sent_goes_along_as_far_as_a_letter_can_take_it(
    services: Services, words: LiveWords, server: MailServer, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    conversation_id = await talk(services)
    cup, bill = TAKEN["image/png"], pdf("a long bill " * 400)
    for name, content in (("cup.png", cup), ("<bill>.pdf", bill)):
        file = await uploads.take(services, "fake", "amina", name, content)
        await inbox.receive(services, Incoming("fake", new_id(), "amina", uploads=(file.id,)))
    monkeypatch.setattr(stored_data, "MOST_ATTACHED", len(bill) - 1)
    await by_mail(services, words, server).send_copy(conversation_id, AMINA, language)
    (letter,) = server.letters
    html, plain, photo = letter.iter_attachments()
    assert (photo.get_filename(), photo.get_content_type()) == ("cup.png", "image/png")
    kept = sniff(cup)
    assert kept is not None and photo.get_payload(decode=True) == kept.content
    text = shown(html.get_payload(decode=True).decode())
    for key, name in (("copy_file", "cup.png"), ("copy_file_left", "_bill_.pdf")):
        assert words.say(key, language, name=name).text in text
    names = [
        file["name"] for one in json.loads(plain.get_content())["conversations"][0]["messages"] for file in one["files"]
    ]
    assert names == ["cup.png", "_bill_.pdf"]


async def test_the_page_asks_for_nothing_from_anywhere(services: Services, words: LiveWords) -> None:
    conversation_id = await talk(services)
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    found = await erasure.export(services.database, contact_id)
    assert found is not None
    html = page(found, words, "en")
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href|action)=", html)


async def test_a_copy_that_nobody_takes_is_told(services: Services, words: LiveWords, server: MailServer) -> None:
    conversation_id = await talk(services)
    server.answers["DATA"] = "552 too large"
    with pytest.raises(NotSent):
        await by_mail(services, words, server).send_copy(conversation_id, AMINA, "en")
    with pytest.raises(NotSent):
        await ChatData(services.database, words, None).send_copy(conversation_id, AMINA, "en")
    with pytest.raises(NotSent):
        await by_mail(services, words, server).send_copy(new_id(), AMINA, "en")
    assert server.letters == []


async def test_the_demos_mailbox_gives_both_files_out_as_downloads(
    services: Services, words: LiveWords, client: httpx.AsyncClient
) -> None:
    conversation_id = await talk(services)
    data = ChatData(services.database, words, DemoMailbox(services.database, words))
    await data.send_copy(conversation_id, AMINA, "en")
    links = re.findall(r'href="(/mailbox/files/[^"]+)" download>([^<]+)<', (await client.get("/mailbox")).text)
    assert [name for _, name in links] == ["data.html", "data.json"]
    for (link, _), kind in zip(links, ("text/html", "application/json"), strict=True):
        file = await client.get(link)
        assert file.headers["content-type"].startswith(kind)
        assert file.headers["content-disposition"].startswith("attachment")


def test_the_bot_promises_as_much_time_as_is_taken(words: LiveWords) -> None:
    class Nothing:
        pass

    assert ChatData(Nothing(), words, None).erased_within == due_erasures.GRACE  # type: ignore[arg-type]


# what stays with the orders, and what of it goes


def code(conversation: str, key: str) -> dict[str, Any]:
    at = datetime.now(UTC)
    return {"id": new_id(), "order_id": "an order", "conversation": conversation, "key": key, "code_hash": "h",
            "tries": 0, "created_at": at, "sent_at": at, "used_at": None}  # fmt: skip


def change(conversation: str, key: str) -> dict[str, Any]:
    return {"id": new_id(), "order_id": None, "order_number": "10003", "reference": f"C{key}"[:40], "kind": "cancel",
            "key": key, "also": [f"{conversation} too"], "who": conversation, "level": 2, "before": {"state": "placed"},
            "after": {"state": "cancelled"}, "at": datetime.now(UTC)}  # fmt: skip


async def rows(database: Database, table: sa.Table) -> list[dict[str, Any]]:
    async with database.read() as tx:
        return [dict(row) for row in await tx.rows(sa.select(table).order_by(table.c.id))]


async def shop_has(database: Database, conversation: str) -> None:
    """A change and two codes that were asked for in this conversation."""
    async with database.write() as tx:
        await tx.execute(sa.insert(t.changes), [change(conversation, new_id())])
        await tx.execute(sa.insert(t.codes), [code(conversation, new_id()) for _ in range(2)])


async def test_the_shops_rows_stay_and_lead_to_nobody(services: Services) -> None:
    database = services.database
    conversation_id, other = await talk(services), await talk(services, "jonas")
    async with database.read() as tx:
        contact_id = await tx.scalar(sa.select(conversations.c.contact_id).where(conversations.c.id == conversation_id))
        said = [row["id"] for row in await tx.rows(sa.select(messages.c.id))]
    for one in (conversation_id, other):
        await shop_has(database, one)
    before = {table: await rows(database, table) for table in (t.changes, t.codes)}
    erased = await erasure.erase(database, contact_id, ShopTraces())
    assert (erased.counts["shop_changes"], erased.counts["shop_codes"], erased.unswept) == (1, 2, None)
    for table, who in ((t.changes, "who"), (t.codes, "conversation")):
        after = await rows(database, table)
        for old, new in zip(before[table], after, strict=True):
            if old[who] == other:
                assert new == old
            else:
                assert new == {**old, who: "erased", "key": new["id"], **({"also": None} if "also" in old else {})}
        assert conversation_id not in str(after)
    assert said


async def test_of_copies_in_the_demos_mailbox_only_theirs_go(services: Services, words: LiveWords) -> None:
    mailbox = DemoMailbox(services.database, words)
    data = ChatData(services.database, words, mailbox)
    conversation_id, other = await talk(services), await talk(services, "jonas", "zq-of-jonas")
    for one, to in ((conversation_id, AMINA), (other, "jonas@example.com")):
        await data.send_copy(one, to, "en")
    await mailbox.send("lucia@example.com", "en", "code", {"code": "1", "number": "10003"})
    async with services.database.read() as tx:
        contact_id = await erasure.find(tx, conversation_id)
    assert contact_id is not None
    erased = await erasure.erase(services.database, contact_id, ShopTraces())
    assert erased.counts["shop_mails"] == 1
    letters, files = await rows(services.database, t.mails), await rows(services.database, t.mail_files)
    assert sorted(letter["recipient"] for letter in letters) == ["jonas@example.com", "lucia@example.com"]
    assert len(files) == 2 and all(b"zq-of-jonas" in file["content"] for file in files)


@pytest.mark.parametrize("mark", ["zq-silver-kettle", "গোপন-কেটলি"])
async def test_a_planted_mark_is_found_nowhere_in_the_whole_database(
    services: Services, words: LiveWords, mark: str
) -> None:
    """Promise 25, over the shop's tables too."""
    database = services.database
    mailbox = DemoMailbox(database, words)
    conversation_id = await talk(services, mark, mark)
    await shop_has(database, conversation_id)
    await ChatData(database, words, mailbox).send_copy(conversation_id, AMINA, "en")
    async with database.write() as tx:
        contact_id = await tx.scalar(sa.select(contacts.c.id))
        await due_erasures.ask(tx, str(contact_id), now())
    tables = [*messages.metadata.tables.values(), *t.metadata.tables.values()]

    async def dump() -> str:
        async with database.read() as tx:
            found = [row for table in tables for row in await tx.rows(sa.select(table))]
        return str([{name: _text(value) for name, value in row.items()} for row in found])

    assert (await dump()).count(mark) > 5
    await erasure.erase(database, str(contact_id), ShopTraces())
    after = await dump()
    assert mark not in after
    left = [row for row in after.split("}, {") if conversation_id in row or str(contact_id) in row]
    assert all("'erased'" in row and "'kind': 'status'" in row for row in left), left


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


async def test_attachments_of_any_kind_keep_every_byte(words: LiveWords, server: MailServer) -> None:
    post = SmtpPost(f"smtp://{HOST}:{server.port}", "Nodi Store <help@nodi.example>", words, 10)
    files = [Attachment("এক.html", "text/html", "<p>হ্যাঁ\r\n.\r\nß</p>".encode()), Attachment("b", "a/b", bytes(256))]
    await post.send_files(AMINA, "en", "data_copy", {}, files)
    attached = list(server.letters[0].iter_attachments())
    assert [one.get_filename() for one in attached] == ["এক.html", "b"]
    assert [one.get_payload(decode=True) for one in attached] == [file.content for file in files]
