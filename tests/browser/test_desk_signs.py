"""Signs between an agent and their customer in a real browser, one's picture, changed messages, the same customer's
other chats."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import httpx
import pytest
from desk_story import change, given_to, set_scene
from playwright.sync_api import expect
from running import Agent, Customer, Shohay, eventually
from windows import PHONE, DeskWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def tell(shohay: Shohay, customer: Customer, sign: str, body: dict[str, Any] | None = None) -> None:
    answer = httpx.post(f"{shohay.url}/api/website/{sign}", headers=customer.headers, json=body)
    assert answer.status_code == 204, answer.text


def seen_by_agent(customer: Customer) -> int:
    return int(customer.page()["agent_seen"])


def png(colour: tuple[int, int, int], width: int = 96, height: int = 64) -> bytes:
    """A picture of one colour."""

    def piece(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", zlib.compress(rows)) + piece(b"IEND", b"")


def test_both_see_that_the_other_types_and_has_read(shohay: Shohay, window, picture) -> None:
    set_scene(shohay)
    customer = given_to(shohay)
    asked = customer.write("It is the blue one, and it has not come.")
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    # in sight, in an open window
    eventually(lambda: seen_by_agent(customer) == asked)

    typing = desk.page.get_by_test_id("customer-typing")
    expect(typing).to_have_text("")
    box = desk.page.get_by_test_id("reply-text")
    heard = []
    with httpx.stream("GET", f"{shohay.url}/api/website/events", headers=customer.headers, timeout=30) as stream:
        box.press_sequentially("I look")
        for line in stream.iter_lines():
            heard.append(line)
            if line.startswith("data:") and json.loads(line[5:]) == {"author": "agent", "active": True}:
                break
    assert "event: typing" in heard[-2:][0] or "event: typing" in heard

    box.fill("I look where it is.")
    box.press("Enter")
    reply = eventually(
        lambda: next((one for one in customer.page()["messages"] if one["text"].startswith("I look")), None)
    )
    expect(desk.page.get_by_test_id("seen")).to_have_count(0)
    tell(shohay, customer, "seen", {"seq": reply["seq"]})
    expect(desk.said("I look where").get_by_test_id("seen")).to_be_visible()
    tell(shohay, customer, "typing")
    expect(typing).to_have_text("Customer is typing…")
    picture(desk.page, "desk-signs")
    customer.write("Thank you!")
    expect(typing).to_have_text("")
    eventually(lambda: seen_by_agent(customer) > asked)

    # the mark goes to the newest that was read
    box.fill("You are welcome.")
    box.press("Enter")
    eventually(lambda: customer.page()["messages"][-1]["text"] == "You are welcome.")
    tell(shohay, customer, "seen", {"seq": customer.page()["messages"][-1]["seq"]})
    expect(desk.said("You are welcome.").get_by_test_id("seen")).to_be_visible()
    expect(desk.page.get_by_test_id("seen")).to_have_count(1)


def test_a_note_is_no_typing_and_who_only_looks_on_gives_no_sign(shohay: Shohay, window) -> None:
    customer = given_to(shohay)
    other = DeskWindow(window(), shohay, "agent2")
    sent: list[str] = []
    other.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    other.visit(customer.conversation_id, "assigned")
    other.page.get_by_test_id("note-toggle").click()
    other.page.get_by_test_id("reply-text").press_sequentially("for us alone")
    customer.write("are you there?")
    expect(other.said("are you there?")).to_be_visible()
    own = DeskWindow(window(), shohay)
    own.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    own.visit(customer.conversation_id, "mine")
    own.page.get_by_test_id("note-toggle").click()
    own.page.get_by_test_id("reply-text").press_sequentially("for us alone too")
    eventually(lambda: seen_by_agent(customer) > 0)
    assert [url for url in sent if url.endswith("/typing")] == []
    assert len([url for url in sent if url.endswith("/seen")]) == 1


def test_a_picture_is_chosen_shown_and_taken_away(shohay: Shohay, window, picture) -> None:
    customer = given_to(shohay)
    desk = DeskWindow(window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    desk.page.get_by_test_id("profile").click()
    picture(desk.page, "desk-picture")
    desk.page.get_by_test_id("picture-file").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(desk.page.get_by_test_id("toast")).to_contain_text("no picture in PNG")
    desk.page.get_by_test_id("picture-file").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": png((15, 118, 110))}
    )
    face = desk.page.get_by_test_id("profile").locator("img")
    expect(face).to_be_visible()
    expect(desk.page.get_by_test_id("toast")).to_contain_text("Customers see your picture now.")
    assert face.evaluate("image => image.complete && image.naturalWidth") == 96
    Agent(shohay.url).do(customer.conversation_id, "messages", {"text": "Hello, I am here"})
    (said,) = [one for one in customer.page()["messages"] if one["text"].startswith("Hello, I am")]
    assert httpx.get(shohay.url + said["author_picture"]).headers["content-type"] == "image/png"
    desk.page.goto(f"{shohay.url}/desk/team")
    desk.page.get_by_test_id("profile").click()
    desk.page.get_by_test_id("picture-remove").click()
    expect(face).to_have_count(0)
    assert httpx.get(shohay.url + said["author_picture"]).status_code == 404


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_a_changed_message_and_the_same_customers_other_chats_are_shown(
    shohay: Shohay, window, picture, size: dict[str, int] | None
) -> None:
    customer = given_to(shohay)
    for text in ("The red one, in size L", "my neighbour is called Karim"):
        customer.write(text)
    first, second = customer.page()["messages"][-2:]
    values = (first["id"], customer.conversation_id, "The blue one, in size M")
    change(
        shohay,
        "insert into message_edits (message_id, position, conversation_id, text, created_at) values"
        " (?, 0, ?, ?, datetime('now'))",
        *values,
    )
    change(shohay, "update messages set edited_at = datetime('now') where id = ?", first["id"])
    change(shohay, "update messages set deleted = 1, text = '' where id = ?", second["id"])
    elsewhere = Customer(shohay.url)
    elsewhere.ask("how much is delivery?")
    for each in (elsewhere, customer):
        voucher = httpx.get(f"{shohay.url}/demo/voucher", params={"email": "jonas@example.com"}).json()["voucher"]
        answer = httpx.post(f"{shohay.url}/api/website/identity", json={"voucher": voucher}, headers=each.headers)
        assert answer.status_code == 200

    desk = DeskWindow(window(size) if size else window(), shohay)
    desk.visit(customer.conversation_id, "mine")
    edited = desk.said("The red one").get_by_test_id("edited")
    expect(edited).not_to_contain_text("Karim")
    expect(edited.get_by_text("The blue one, in size M")).to_be_hidden()
    edited.locator("summary").click()
    expect(edited.get_by_text("The blue one, in size M")).to_be_visible()
    expect(desk.page.get_by_test_id("deleted")).to_have_text("Deleted by the customer")
    if size:
        desk.page.locator("#brief > summary").click()
    also = desk.page.get_by_test_id("also-on")
    also.scroll_into_view_if_needed()
    expect(also).to_contain_text("Website")
    picture(desk.page, "desk-phone-edited" if size else "desk-edited")
    also.locator(f'a[data-conversation="{elsewhere.conversation_id}"]').click()
    expect(desk.said("how much is delivery?")).to_be_visible()
