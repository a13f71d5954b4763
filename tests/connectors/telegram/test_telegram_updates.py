"""What Telegram tells, as captured: each kind of update has a defined answer, and nothing else gets past `parse`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.base import BadRequest, Forged, Inbound, Request
from connectors.telegram.client import SECRET_HEADER, Client
from connectors.telegram.connector import Telegram
from connectors.telegram.updates import LARGEST_UPDATE, parse
from handoff.incoming import Changed, Incoming, Offered

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
BOT = 123456789
AMINA = "411000123"
BIG = "AgACAgUAAxkBAAIy"


def where_is(number: str, language: str | None) -> str:
    return f"{language}: where is {number}?"


def parsed(name: str) -> list[Inbound]:
    return parse((PAYLOADS / f"{name}.json").read_bytes(), BOT, where_is)


def said(name: str) -> Incoming:
    (one,) = parsed(name)
    assert isinstance(one, Incoming)
    return one


def test_a_message_is_taken_with_all_it_says() -> None:
    raw = json.loads((PAYLOADS / "text.json").read_bytes())
    assert parsed("text") == [
        Incoming(
            "telegram",
            f"{BOT}:{raw['update_id']}",
            AMINA,
            text="Where is my order 10001?",
            language="en",
            name="Amina Rahman",
            person=AMINA,
            provider_id="120",
        )
    ]


@pytest.mark.parametrize(
    ("name", "text", "files", "unsupported"),
    [
        ("text_bengali", "আমার অর্ডার ১০০০১ কোথায়?", (), None),
        ("text_reply_with_link", "see https://nodi.example/p/7?a=1&b=<2>", (), None),
        ("forwarded", "Your parcel is delayed", (), None),
        ("photo_with_caption", "It came broken", (Offered(BIG, "photo-120.jpg", 145000),), None),
        ("photo_of_album", "", (Offered(BIG, "photo-120.jpg", 145000),), None),
        ("photo_too_large", "", (Offered("AgACAgUAAxkBAAIs", "photo-120.jpg", 1200),), None),
        ("document", "my invoice", (Offered("BQACAgUAAxkBAAId", "invoice.pdf", 48213),), None),
        ("document_without_name", "", (Offered("BQACAgUAAxkBAAIe", "file-120", 0),), None),
        ("sticker", "👍", (), "sticker"),
        ("sticker_without_emoji", "", (), "sticker"),
        ("voice", "", (), "voice"),
        ("audio", "", (), "voice"),
        ("video_with_caption", "look at the crack", (), "video"),
        ("video_note", "", (), "video"),
        ("animation", "", (), "video"),
        ("location", "", (), "place"),
        ("venue", "", (), "place"),
        ("contact", "", (), "contact"),
        ("poll", "", (), "other"),
        ("dice", "🎲", (), "other"),
        ("story", "", (), "other"),
        ("game", "", (), "other"),
        ("command_unknown", "/restart", (), None),
        ("text_zero_width", "\u200b\u200d\ufeff", (), None),
        ("text_override", "\u202egnp.eciovni\u202c please", (), None),
        ("text_with_odd_characters", "ab", (), None),
        ("text_huge", "ক্ষ " * 1024, (), None),
    ],
)
def test_whatever_a_customer_sends_is_words_files_or_a_kind_that_is_not_supported(
    name: str, text: str, files: tuple[Offered, ...], unsupported: str | None
) -> None:
    one = said(name)
    assert (one.text, one.files, one.unsupported, one.command) == (text, files, unsupported, None)
    # what shows nothing is refused by the inbox, in words
    assert one.says_something == (name != "text_zero_width")


@pytest.mark.parametrize(
    ("name", "command", "text", "language"),
    [
        ("start", "start", "/start", "en"),
        ("start_with_order", None, "en: where is 10001?", "en"),
        ("start_with_language", "start", "/start lang_bn", "bn"),
        ("start_with_both", None, "bn: where is NS-10001?", "bn"),
        ("start_with_campaign", "start", "/start summer24", "en"),
        ("help", "help", "/help", "en"),
        ("language_at_bot", "language", "/language@nodi_bot", "en"),
        ("human", "human", "/human", "en"),
    ],
)
def test_commands_and_links_that_open_the_chat_ask_for_something(
    name: str, command: str | None, text: str, language: str
) -> None:
    one = said(name)
    assert (one.command, one.text, one.language) == (command, text, language)


@pytest.mark.parametrize(("name", "language"), [("without_language", None), ("language_with_region", "pt-br")])
def test_the_clients_language_is_the_first_guess(name: str, language: str | None) -> None:
    assert said(name).language == language


@pytest.mark.parametrize(("name", "button"), [("callback", (14, 1)), ("callback_of_old_message", (14, 0))])
def test_a_pressed_button_is_known_by_its_message_and_place(name: str, button: tuple[int, int]) -> None:
    one = said(name)
    assert (one.button, one.text, one.address, one.person, one.provider_id) == (button, "", AMINA, AMINA, None)


@pytest.mark.parametrize(
    ("name", "text"), [("edited_text", "Where is my order 10002?"), ("edited_caption", "It came broken, look")]
)
def test_an_edited_message_is_a_change_and_no_message(name: str, text: str) -> None:
    raw = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    at = datetime.fromtimestamp(raw["edited_message"]["edit_date"], UTC)
    assert parsed(name) == [Changed("telegram", AMINA, "120", text, key=f"{BOT}:{raw['update_id']}", at=at)]


@pytest.mark.parametrize(
    "name",
    [
        "business_message",
        "callback_foreign_data",
        "callback_in_group",
        "callback_inline",
        "callback_spent",
        "channel_post",
        "edited_live_location",
        "from_another_bot",
        "group_anonymous_admin",
        "group_message",
        "group_migrated",
        "inline_query",
        "member_kicked",
        "of_the_future",
        "pinned",
        "poll_answer",
        "reaction",
        "timer_changed",
        "without_sender",
    ],
)
def test_what_is_no_customers_word_in_a_private_chat_says_nothing(name: str) -> None:
    assert parsed(name) == []


def test_every_captured_update_is_read_by_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in PAYLOADS.glob("*.json") if f'"{path.stem}"' not in source] == []


# what may stand where something else should
ODD: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, 1e400, "", "x", "\ud800", "\x00", "private", "/start order_1", "7:0", [], [None],
    [[]], {}, {"id": 1}, [{"file_id": 5, "width": "1"}],
]  # fmt: skip


def places(raw: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in it."""
    inside = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    return [one for name, part in inside for one in [(*way, name), *places(part, (*way, name))]]


def with_odd(raw: Any, way: tuple[Any, ...], odd: Any) -> Any:
    """A copy that holds something odd there."""
    copy = json.loads(json.dumps(raw))
    inner = copy
    for name in way[:-1]:
        inner = inner[name]
    inner[way[-1]] = odd
    return copy


def message_or_bad_request(body: bytes) -> bool:
    """Whether it is read; all that comes of it can be stored."""
    try:
        found = parse(body, BOT, where_is)
    except BadRequest:
        return False
    for one in found:
        texts = [one.address, one.provider_id or "", one.text or ""]
        if isinstance(one, Incoming):
            texts += [one.key, one.name or "", one.person or "", one.language or "", one.unsupported or ""]
            for file in one.files:
                texts += [file.reference, file.name]
                assert 0 <= file.size < 2**31
        for text in texts:
            assert isinstance(text, str)
            text.encode()
            assert "\x00" not in text
        assert len(one.address) <= 20
    return True


def captured() -> dict[tuple[Any, ...], tuple[str, Any]]:
    """Every place that any captured update has, with the first that has it."""
    found: dict[tuple[Any, ...], tuple[str, Any]] = {}
    for path in sorted(PAYLOADS.glob("*.json"), key=lambda path: path.stem):
        raw = json.loads(path.read_bytes())
        for way in places(raw):
            found.setdefault(way, (path.stem, raw))
    return found


CAPTURED = captured()


def test_with_anything_odd_anywhere_in_it_an_update_is_messages_or_a_bad_request() -> None:
    bad = 0
    for way, (_, raw) in CAPTURED.items():
        for odd in ODD:
            bad += not message_or_bad_request(json.dumps(with_odd(raw, way, odd)).encode())
    assert bad > 100


any_json = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=5) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["update_id", "message", "chat", "from", "text", "data", "id"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200)
@given(any_json)
@example({"update_id": 1})
@example({"update_id": True, "message": {}})
def test_any_json_is_messages_or_a_bad_request(raw: Any) -> None:
    message_or_bad_request(json.dumps(raw).encode())


@given(st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"update_id": ' + b"9" * 5000 + b"}")
def test_any_bytes_are_a_bad_request(body: bytes) -> None:
    assert not message_or_bad_request(body)


def test_the_longest_message_that_quotes_the_longest_fits_into_a_request() -> None:
    links = [{"offset": 0, "length": 9, "type": "text_link", "url": "https://nodi.example/" + "x" * 600}] * 100
    said = {**json.loads((PAYLOADS / "text.json").read_bytes())["message"], "text": "ক" * 4096, "entities": links}
    body = json.dumps({"update_id": 1, "message": {**said, "reply_to_message": said}}).encode()
    assert 64 * 1024 < len(body) < LARGEST_UPDATE
    (one,) = parse(body, BOT, where_is)
    assert isinstance(one, Incoming) and one.text == "ক" * 4096


def test_only_the_secret_gets_a_request_in_and_without_a_secret_nothing_does() -> None:
    client = Client(f"{BOT}:only-for-tests")
    guarded, open_to_nobody = Telegram(client, "s3cret", where_is), Telegram(client, "", where_is)
    assert guarded.verify(Request(b"", {SECRET_HEADER: "s3cret"})) == "telegram"
    for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: "s3cretx"}, {SECRET_HEADER: "\xe9"}):
        for connector in (guarded, open_to_nobody):
            with pytest.raises(Forged):
                connector.verify(Request(b"", headers))
