"""Tickets in Slack, posted by Slack's own client to a Slack on the loopback: in order, once, and found again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from delivery_testing import on_sqlite
from hypothesis import given
from hypothesis import strategies as st
from relay_testing import OUTSIDE, linked
from slack_blocks import wrong_with
from slack_events import Sender
from slack_sdk.web.async_client import AsyncWebClient
from slack_server import BOT_TOKEN, CUT, DROP, GARBAGE, Message, SlackServer, Throttled, slack_server

from connectors.base import BadRequest
from connectors.relaying import Relay
from connectors.slack import desk_deeds, desk_places
from connectors.slack.desk import SlackDesk
from connectors.slack.desk_blocks import made
from handoff import inbox, ownership, relay, relay_feed, relay_outbox, turns
from handoff.channel_models import desk_posts
from handoff.clock import new_id
from handoff.incoming import Incoming
from handoff.messages import Said
from handoff.people import Person, add
from handoff.relay import Pressed, Rewrote, Wrote
from handoff.relay_view import Line, Ticket
from handoff.services import Services
from handoff.turns import Outcome

PLACE = "C0DESK"
RAHIM = "T0NODI:U0RAHIM"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server() as opened:
        yield opened


def working(services: Services, slack: SlackServer) -> Relay:
    web = AsyncWebClient(base_url=slack.api, timeout=3, retry_handlers=[])
    return Relay(services, OUTSIDE, SlackDesk(BOT_TOKEN, web))


@pytest.fixture
async def posts(services: Services, slack: SlackServer) -> Relay:
    """What posts, begun before anybody waits."""
    made = working(services, slack)
    await until_quiet(made)
    return made


async def until_quiet(relaying: Relay) -> None:
    while await relaying.step():
        pass


async def ask_for_person(services: Services, address: str = "amina", text: str = "a person, please") -> str:
    """A conversation in the queue; its id."""
    await inbox.receive(services, Incoming("fake", new_id(), address, text))
    turn = await turns.lease_next(services, "w")
    assert turn is not None
    assert await turns.finish(
        services, turn, Outcome([Said("one moment")], "en", handoff_reason="human_agent"), "w", None
    )
    return turn.conversation.id


async def write(services: Services, text: str, address: str = "amina") -> None:
    await inbox.receive(services, Incoming("fake", new_id(), address, text))


async def hire(services: Services) -> Person:
    person = await add(services.database, "rahim", "Rahim", "agent", "only-for-tests")
    await linked(services.database, person)
    return person


async def time_passes(services: Services, by: timedelta) -> None:
    """For all that is to be posted."""
    p = desk_posts.c
    async with services.database.write() as tx:
        for row in await tx.rows(sa.select(desk_posts)):
            mine = sa.and_(p.thread_id == row["thread_id"], p.position == row["position"])
            older = {name: row[name] - by for name in ("next_at", "updated_at") if row[name] is not None}
            await tx.execute(sa.update(desk_posts).where(mine).values(**older))


async def fates(services: Services, conversation_id: str) -> list[tuple[str, str]]:
    return list(await relay_outbox.fates(services.database, conversation_id))


def in_thread(slack: SlackServer) -> list[str]:
    return [one.shown for one in slack.posted(PLACE) if one.thread_ts is not None]


def roots(slack: SlackServer) -> list[Message]:
    return [one for one in slack.posted(PLACE) if one.thread_ts is None]


async def test_a_ticket_is_posted_and_what_follows_goes_into_its_thread_in_order(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    conversation_id = await ask_for_person(services)
    for number in range(5):
        await write(services, f"message {number}")
    await until_quiet(posts)
    (root,) = roots(slack)
    assert "Asked for a person" in root.shown and "Waiting for somebody." in root.shown
    assert f"<https://desk.test/desk/conversations/{conversation_id}|Open at the desk>" in root.shown
    assert [button["action_id"] for button in root.buttons] == ["desk:claim"]
    assert [line.splitlines()[-1] for line in in_thread(slack)] == [f"message {number}" for number in range(5)]
    assert {one.thread_ts for one in slack.posted(PLACE)} == {None, root.ts}


async def test_the_first_post_follows_who_has_it(services: Services, slack: SlackServer, posts: Relay) -> None:
    conversation_id = await ask_for_person(services)
    rahim = await hire(services)
    await until_quiet(posts)
    await ownership.claim(services, conversation_id, rahim)
    await until_quiet(posts)
    (root,) = roots(slack)
    assert "Rahim has it." in root.shown
    assert [button["action_id"] for button in root.buttons] == ["desk:return", "desk:resolve"]
    await ownership.resolve(services, conversation_id, rahim)
    await until_quiet(posts)
    assert "Done; Rahim had it." in root.shown and root.buttons == []
    assert in_thread(slack) == ["Rahim has it now.", "Resolved by Rahim."]


async def test_many_that_post_at_once_post_each_once_and_in_order(services: Services, slack: SlackServer) -> None:
    crew = [working(services, slack) for _ in range(4)]
    await until_quiet(crew[0])
    for address in ("amina", "jonas", "lucia"):
        await ask_for_person(services, address)
        for number in range(3):
            await write(services, f"{address} {number}", address)
    for _ in range(3):
        await asyncio.gather(*(until_quiet(one) for one in crew))
    assert len(roots(slack)) == 3
    for root in roots(slack):
        said = [one.shown.splitlines()[-1] for one in slack.posted(PLACE, root.ts)]
        name = said[0].split()[0]
        assert said == [f"{name} {number}" for number in range(3)]


@pytest.mark.parametrize("trouble", [Throttled(1), CUT, "not_in_channel", "channel_not_found", "invalid_auth"])
async def test_what_was_provably_not_taken_is_posted_later_and_before_what_follows_it(
    services: Services, slack: SlackServer, posts: Relay, trouble: Any
) -> None:
    slack.plan("chat.postMessage", trouble)
    conversation_id = await ask_for_person(services)
    await write(services, "hello?")
    await until_quiet(posts)
    assert slack.posted(PLACE) == []
    await time_passes(services, timedelta(minutes=3))
    await until_quiet(posts)
    assert len(roots(slack)) == 1 and len(in_thread(slack)) == 1
    assert await fates(services, conversation_id) == [("opening", "sent"), ("message", "sent")]


@pytest.mark.parametrize("trouble", [DROP, GARBAGE])
async def test_a_post_that_was_taken_without_a_word_is_found_and_not_posted_again(
    services: Services, slack: SlackServer, posts: Relay, trouble: str
) -> None:
    slack.plan("chat.postMessage", trouble)
    conversation_id = await ask_for_person(services)
    await write(services, "hello?")
    await until_quiet(posts)
    assert len(slack.posted(PLACE)) == 1
    slack.plan("chat.postMessage", trouble)
    for _ in range(3):
        await time_passes(services, timedelta(minutes=1))
        await until_quiet(posts)
    assert len(roots(slack)) == 1 and len(in_thread(slack)) == 1
    assert await fates(services, conversation_id) == [("opening", "sent"), ("message", "sent")]


async def test_a_post_of_which_nobody_knows_is_posted_once_it_is_sure_that_it_is_not_there(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    slack.plan("chat.postMessage", 500)
    conversation_id = await ask_for_person(services)
    await until_quiet(posts)
    assert await fates(services, conversation_id) == [("opening", "unknown")]
    await time_passes(services, timedelta(seconds=6))
    await until_quiet(posts)
    # Slack may show it yet
    assert await fates(services, conversation_id) == [("opening", "unknown")]
    await time_passes(services, timedelta(seconds=30))
    await until_quiet(posts)
    assert await fates(services, conversation_id) == [("opening", "sent")]
    assert len(roots(slack)) == 1


async def test_what_cannot_be_looked_for_stays_unknown_and_is_never_posted_twice(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    slack.plan("chat.postMessage", DROP)
    slack.plan("conversations.history", "missing_scope")
    conversation_id = await ask_for_person(services)
    await write(services, "hello?")
    for _ in range(3):
        await until_quiet(posts)
        await time_passes(services, timedelta(minutes=1))
    assert len(roots(slack)) == 1
    assert await fates(services, conversation_id) == [("opening", "unknown"), ("message", "failed")]


async def test_a_press_on_a_post_that_nobody_knew_of_says_that_it_is_there(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    slack.plan("chat.postMessage", DROP)
    conversation_id = await ask_for_person(services)
    await hire(services)
    await until_quiet(posts)
    (root,) = roots(slack)
    value = root.buttons[0]["value"]
    assert await relay.take(services, OUTSIDE, Pressed(RAHIM, "rahim", "claim", value, root.ts)) is None
    await until_quiet(posts)
    assert await fates(services, conversation_id) == [("opening", "sent"), ("state", "sent"), ("refresh", "sent")]
    assert "Rahim has it." in root.shown and len(roots(slack)) == 1


async def test_a_killed_workers_post_is_looked_for_and_posted_once(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    conversation_id = await ask_for_person(services)
    await relay_feed.follow(services, OUTSIDE)
    assert await relay_outbox.take(services.database, OUTSIDE.channel, 8)  # and the process dies
    await until_quiet(posts)
    assert slack.posted(PLACE) == []
    await time_passes(services, relay_outbox.STALE)
    await until_quiet(posts)
    assert len(roots(slack)) == 1
    assert await fates(services, conversation_id) == [("opening", "sent")]


async def test_one_that_slack_will_never_take_holds_up_nothing(
    services: Services, slack: SlackServer, posts: Relay
) -> None:
    conversation_id = await ask_for_person(services)
    await until_quiet(posts)
    slack.plan("chat.postMessage", "msg_too_long")
    await write(services, "one")
    await write(services, "two")
    await until_quiet(posts)
    assert [line.splitlines()[-1] for line in in_thread(slack)] == ["two"]
    assert await fates(services, conversation_id) == [("opening", "sent"), ("message", "failed"), ("message", "sent")]


@on_sqlite
async def test_no_word_of_a_customer_is_in_a_log_or_in_the_outbox(
    services: Services, slack: SlackServer, posts: Relay, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    slack.plan("chat.postMessage", "msg_too_long", DROP, 500, GARBAGE)
    await ask_for_person(services, text="secret words")
    await write(services, "secret words")
    for _ in range(4):
        await until_quiet(posts)
        await time_passes(services, timedelta(minutes=1))
    printed = capsys.readouterr()
    assert "secret words" not in printed.out + printed.err + caplog.text
    async with services.database.read() as tx:
        stored = [str(dict(row)) for row in await tx.rows(sa.select(desk_posts))]
    assert stored and "secret words" not in "".join(stored)


TICKET = Ticket(
    "0192-thread",
    "Amina: Asked for a person",
    (("Language", "Bengali"), ("Order", "10001, shipped")),
    (("where is it & <why>", "Order status"),),
    "Waiting for somebody.",
    ("claim",),
    "https://desk.test/desk/conversations/1",
)


def test_words_of_people_are_neither_mentions_nor_links_of_ours() -> None:
    shown = made(Line("<!channel> & <@U0RAHIM> *bold* <https://evil.test|shop.example>", "Amina <!here>"))
    written = json.dumps(shown.blocks) + shown.text
    assert "<!channel>" not in written and "<@U0" not in written and "<!here>" not in written
    assert "|shop.example>" not in written


@given(st.text(max_size=9000), st.text(max_size=400), st.lists(st.text(max_size=300), max_size=12))
def test_whatever_is_said_fits_what_slack_takes(text: str, name: str, files: list[str]) -> None:
    line = made(Line(text, name or None, files=tuple(files)))
    ticket = made(
        Ticket(
            "id",
            name,
            tuple((str(place), one) for place, one in enumerate(files)),
            ((text, name),),
            text,
            (),
            "https://x",
        )
    )
    for shown in (line, ticket):
        assert wrong_with(shown.blocks) == []


def test_a_ticket_reads_at_one_glance() -> None:
    shown = made(TICKET)
    assert wrong_with(shown.blocks) == []
    text = json.dumps(shown.blocks, ensure_ascii=False)
    for words in (
        "*Amina: Asked for a person*",
        "*Language*\\nBengali",
        "“where is it &amp; &lt;why&gt;” – _Order status_",
    ):
        assert words in text
    assert shown.text == "Amina: Asked for a person – Waiting for somebody."


def sender(slack: SlackServer) -> Sender:
    return Sender(slack, user="U0RAHIM", channel=PLACE)


def seconds(since_1970: float) -> datetime:
    return datetime.fromtimestamp(since_1970, UTC)


def test_what_agents_do_is_read_from_what_slack_sends(slack: SlackServer) -> None:
    sends = sender(slack)
    body = sends.message("we&amp;you, see <https://x.test|x.test>", ts="2.0", thread_ts="1.0")
    wrote = desk_deeds.written(body)
    assert wrote == Wrote(RAHIM, "U0RAHIM", PLACE, "1.0", "2.0", "we&you, see x.test", seconds(2))
    aside = desk_deeds.written(sends.message("not in a thread", ts="3.0"))
    assert aside == Wrote(RAHIM, "U0RAHIM", PLACE, "", "3.0", "not in a thread", seconds(3))
    assert desk_deeds.written(sends.said_by_a_bot("weather")) is None
    assert desk_deeds.written(sends.said_by_a_bot("mine", own=True)) is None
    changed = desk_deeds.written(sends.changed("2.0", "new", "old", thread_ts="1.0"))
    assert isinstance(changed, Rewrote) and (changed.place, changed.thread, changed.provider_id) == (
        PLACE,
        "1.0",
        "2.0",
    )
    assert desk_deeds.written(sends.changed("2.0", "same", "same", thread_ts="1.0")) is None
    gone = desk_deeds.written(sends.deleted("2.0", "old", thread_ts="1.0"))
    assert isinstance(gone, Rewrote) and gone.provider_id == "2.0"
    shown = made(TICKET)
    message = Message("T0NODI", PLACE, "1.0", shown.text, shown.blocks, None, 0.0)
    pressed = desk_deeds.pressed(sends.pressed(message, message.buttons[0]))
    assert pressed == Pressed(RAHIM, "amina", "claim", "0192-thread", "1.0")
    foreign = {**message.buttons[0], "action_id": "choice:0"}
    assert desk_deeds.pressed(sends.pressed(message, foreign)) is None


@pytest.mark.parametrize(
    ("text", "emoji", "read"),
    [
        ("hello :wave: :wave:", {"name": "wave", "unicode": "1f44b"}, "hello 👋 👋"),
        (":wave::skin-tone-2:", {"name": "wave", "unicode": "1f44b-1f3fb", "skin_tone": 2}, "👋🏻"),
        (":shop_logo: yes", {"name": "shop_logo"}, ":shop_logo: yes"),
        (":x: no", {"name": "x", "unicode": "d800"}, ":x: no"),
        (":x: no", {"name": "x", "unicode": "0000"}, ":x: no"),
        (":x: no", {"name": 7, "unicode": ["274c"]}, ":x: no"),
    ],
)
def test_an_emoji_is_its_character_and_not_its_name(slack: SlackServer, text: str, emoji: Any, read: str) -> None:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}, {"type": "emoji", **emoji}]}
    body = sender(slack).message(text, thread_ts="1.0", blocks=[{"type": "rich_text", "elements": [section]}])
    wrote = desk_deeds.written(body)
    assert isinstance(wrote, Wrote) and wrote.text == read


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "type",
    "subtype",
    "user",
    "team",
    "channel",
    "ts",
    "thread_ts",
    "text",
    "message",
    "previous_message",
    "files",
)


@given(
    st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(["1.0", "U0", "C0", "message_changed"])),
    st.dictionaries(st.sampled_from(["team_id", "authorizations", "user", "container", "actions"]), JSON),
)
def test_malformed_requests_are_deeds_or_bad_requests_and_nothing_else(event: Any, body: Any) -> None:
    for read in (desk_deeds.written, desk_deeds.pressed):
        try:
            read({**body, "event": event})
        except BadRequest:
            continue


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("C0123", {"*": "C0123"}),
        (" support = C0123 , payments=G0456", {"support": "C0123", "payments": "G0456"}),
        ("payments=C0456,C0123", {"payments": "C0456", "*": "C0123"}),
    ],
)
def test_channels_of_teams_are_read(text: str, places: dict[str, str]) -> None:
    assert desk_places.parse(text) == places


@pytest.mark.parametrize(
    "text", ["", "#support", "support", "=C0123", "support=C0123,support=C0456", "C0123,C0456", "D01"]
)
def test_channels_that_cannot_be_read_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="name "):
        desk_places.parse(text)
