"""A place outside the desk as the relay's tests see it: what is posted there, and who does what."""

from __future__ import annotations

from handoff import addresses, relay, relay_feed, relay_outbox, relay_view
from handoff.clock import new_id, now
from handoff.database import Database
from handoff.people import Person
from handoff.relay_outbox import Post
from handoff.relay_threads import ANY_TEAM, Outside
from handoff.relay_view import Act, Line, Ticket
from handoff.services import Services

CHANNEL = "slack"
OUTSIDE = Outside(
    CHANNEL,
    {ANY_TEAM: "C0DESK"},
    desk_url=lambda conversation_id: f"https://desk.test/desk/conversations/{conversation_id}",
    link_url=lambda address, name: f"https://desk.test/desk/link?token={address}",
)


def address(person: Person) -> str:
    """Where this person writes from."""
    return f"T0NODI:U0{person.name.upper()}"


async def linked(database: Database, *persons: Person) -> None:
    for person in persons:
        await addresses.link(database, CHANNEL, address(person), person)


async def posted(services: Services, outside: Outside = OUTSIDE) -> list[str]:
    """Follows what has happened and sends all of it; what was posted, a line for each, in order. What is written over a
    first post begins with `=`."""
    while await relay_feed.follow(services, outside):
        pass
    lines = []
    while posts := await relay_outbox.take(services.database, outside.channel, 8):
        for post in posts:
            lines.append(await _sent(services, outside, post))
    return lines


async def _sent(services: Services, outside: Outside, post: Post) -> str:
    shown = await relay_view.shown(services, outside, post)
    await relay_outbox.sent(services.database, post, root(post.thread_id) if post.kind == "opening" else new_id())
    if isinstance(shown, Ticket):
        return f"{'= ' if post.kind == 'refresh' else ''}{shown.title} [{shown.state}] {' '.join(shown.acts)}".strip()
    assert isinstance(shown, Line)
    who = f"{shown.speaker}{' (note)' if shown.note else ''}: " if shown.speaker else ""
    return who + shown.text + "".join(f" <{name}>" for name in shown.files)


def root(thread_id: str) -> str:
    """What the provider calls the first post of this thread."""
    return f"ts-{thread_id}"


async def press(services: Services, person: Person, thread_id: str, act: Act, outside: Outside = OUTSIDE) -> str | None:
    """What they are told."""
    deed = relay.Pressed(address(person), person.display_name, act, thread_id, root(thread_id))
    word = await relay.take(services, outside, deed)
    return word.text if word else None


async def write_there(
    services: Services, person: Person, thread_id: str, text: str, key: str | None = None, files: bool = False
) -> str | None:
    """They write in the ticket's thread; what they are told."""
    place, thread = OUTSIDE.places[ANY_TEAM], root(thread_id)
    deed = relay.Wrote(address(person), person.display_name, place, thread, key or new_id(), text, now(), files)
    word = await relay.take(services, OUTSIDE, deed)
    return word.text if word else None
