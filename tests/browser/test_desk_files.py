"""Photos and PDF files that an agent sends: attached, seen before they go, taken away, and what the customer gets."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from desk_story import change
from playwright.sync_api import Page, Route, expect
from running import Agent, Shohay, eventually
from test_widget_files import CUP, INVOICE, PDF, file, photo
from windows import DESKTOP, PHONE, DeskWindow, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def talk(desk_only: Shohay, window) -> tuple[WidgetWindow, DeskWindow]:
    """A customer, and the supervisor who has their conversation open."""
    return begin(desk_only, window)


def begin(shohay: Shohay, window, size: dict[str, int] = DESKTOP) -> tuple[WidgetWindow, DeskWindow]:
    customer = WidgetWindow(window(size), shohay, "en")
    customer.say("Which of the two cups is mine?")
    supervisor = Agent(shohay.url, "supervisor")
    conversation_id = eventually(lambda: newest(supervisor, "Which of the two cups"))
    supervisor.do(conversation_id, "takeover")
    desk = DeskWindow(window(size), shohay, "supervisor")
    desk.visit(conversation_id, "mine")
    return customer, desk


def newest(agent: Agent, words: str) -> str | None:
    found = agent.get("/conversations", q=words, status="bot").json()["conversations"]
    return found[0]["id"] if found else None


def choose(page: Page, *files: dict[str, object]) -> None:
    page.get_by_test_id("attach-input").set_input_files(list(files))


def attached(page: Page, state: str = "done") -> object:
    return page.locator(f'[data-testid="attachment"][data-state="{state}"]')


def stored(shohay: Shohay, desk: DeskWindow) -> list[tuple[str, list[str]]]:
    """Words and files of every message that an agent has sent there."""
    conversation_id = desk.page.url.split("/conversations/")[1].split("?")[0]
    said = Agent(shohay.url, "supervisor").conversation(conversation_id)["messages"]
    return [(one["text"], [sent["name"] for sent in one["files"]]) for one in said if one["author"] == "agent"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["wide", "phone"])
def test_what_an_agent_attaches_is_seen_before_it_goes_and_the_customer_sees_and_saves_it(
    desk_only: Shohay, window, picture, size: dict[str, int]
) -> None:
    customer, desk = begin(desk_only, window, size)
    page = desk.page
    choose(page, file(*CUP, photo()), file(*INVOICE, PDF), file("wrong one.jpg", "image/jpeg", photo(60, 40)))
    expect(attached(page)).to_have_count(3)
    expect(attached(page).first.locator("canvas")).to_be_visible()
    page.get_by_role("button", name="Remove wrong one.jpg").click()
    expect(attached(page)).to_have_count(2)
    page.get_by_test_id("reply-text").fill("It is the one with the crack. Here is the bill too.")
    if size is DESKTOP:
        picture(page, "desk-attach")
    page.get_by_test_id("send").click()
    expect(attached(page)).to_have_count(0)
    sent = customer.of("agent")
    expect(sent).to_have_count(2)
    expect(sent.first).to_contain_text("It is the one with the crack")
    expect(sent.first.locator(".file.picture canvas")).to_be_visible()
    pixel = sent.first.locator("canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(c.width / 2 - 20, c.height / 2, 1, 1).data]"
    )
    assert abs(pixel[0] - 178) < 12
    expect(sent.first.get_by_role("button", name="broken cup.jpg")).to_be_visible()
    with customer.page.expect_download() as started:
        sent.last.locator('[data-type="application/pdf"]').click()
    assert started.value.suggested_filename == "invoice.pdf"
    assert Path(started.value.path()).read_bytes() == PDF
    for window_of in (page, customer.page):
        assert window_of.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(page.locator("#messages .line.agent img")).to_be_visible()
    expect(page.locator("#outgoing .line")).to_have_count(0)
    assert stored(desk_only, desk) == [
        ("It is the one with the crack. Here is the bill too.", ["broken cup.jpg"]),
        ("", ["invoice.pdf"]),
    ]


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_photo_can_be_dropped_on_the_conversation_and_pasted_and_goes_without_words(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow], way: str
) -> None:
    customer, desk = talk
    page = desk.page
    brought = page.evaluate_handle(
        """content => { const brought = new DataTransfer();
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        brought.items.add(new File([bytes], 'brought.jpg', { type: 'image/jpeg' })); return brought }""",
        base64.b64encode(photo(60, 40)).decode(),
    )
    if way == "drop":
        place = page.locator("#scroll")
        place.dispatch_event("dragover", {"dataTransfer": brought})
        expect(page.locator("article[data-drop]")).to_have_count(1)
        place.dispatch_event("drop", {"dataTransfer": brought})
        expect(page.locator("article[data-drop]")).to_have_count(0)
    else:
        page.get_by_test_id("reply-text").evaluate(
            "(input, brought) => input.dispatchEvent(new ClipboardEvent('paste', "
            "{ clipboardData: brought, bubbles: true, cancelable: true }))",
            brought,
        )
    expect(attached(page)).to_contain_text("brought.jpg")
    page.get_by_test_id("reply-text").press("Enter")
    expect(customer.of("agent").get_by_test_id("file")).to_have_count(1)
    expect(customer.of("agent").get_by_test_id("bubble")).to_be_hidden()
    assert stored(desk_only, desk) == [("", ["brought.jpg"])]


def test_what_cannot_be_sent_is_said_and_does_not_go(talk: tuple[WidgetWindow, DeskWindow]) -> None:
    page = talk[1].page
    trouble = page.get_by_test_id("send-error")
    choose(page, file("drawing.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"))
    choose(page, file("photo.png", "image/png", b"MZ this is a program"))
    expect(attached(page, "failed")).to_have_count(2)
    for name in ("drawing.svg", "photo.png"):
        expect(attached(page, "failed").filter(has_text=name)).to_contain_text("Please send a photo")
        page.get_by_role("button", name=f"Remove {name}").click()
    choose(page, file("large.jpg", "image/jpeg", photo() + bytes(5 * 1024 * 1024)))
    expect(trouble).to_have_text("large.jpg is larger than 5 MB.")
    expect(page.get_by_test_id("attachment")).to_have_count(0)
    choose(page, *[file(f"{number}.jpg", "image/jpeg", photo(60, 40)) for number in range(11)])
    expect(trouble).to_have_text("At most 10 files can be sent together.")
    expect(attached(page)).to_have_count(10)


def test_a_note_takes_no_files_and_what_was_attached_waits_for_the_reply(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    page = talk[1].page
    choose(page, file(*CUP, photo(60, 40)))
    expect(attached(page)).to_have_count(1)
    page.get_by_test_id("note-toggle").click()
    expect(page.get_by_test_id("attach")).to_be_hidden()
    expect(attached(page)).to_be_hidden()
    choose(page, file(*INVOICE, PDF))
    expect(page.get_by_test_id("send-error")).to_contain_text("A private note takes no files")
    page.get_by_test_id("reply-text").fill("ask her about the handle")
    page.get_by_test_id("reply-text").press("Enter")
    expect(talk[1].said("ask her about the handle")).to_be_visible()
    page.get_by_test_id("reply-toggle").click()
    expect(attached(page)).to_be_visible()
    assert stored(desk_only, talk[1]) == [("ask her about the handle", [])]


def test_an_upload_that_broke_is_tried_again_and_nothing_goes_before_it(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    customer, desk = talk
    page = desk.page
    held: list[Route] = []
    page.route("**/api/desk/files?**", lambda route: held.append(route))
    choose(page, file(*CUP, photo(60, 40)))
    expect(attached(page, "uploading")).to_have_count(1)
    page.get_by_test_id("reply-text").fill("Here it is")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("send-error")).to_contain_text("still being uploaded")
    eventually(lambda: held or page.wait_for_timeout(50))
    held[0].abort()
    expect(attached(page, "failed")).to_contain_text("Not uploaded")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("send-error")).to_contain_text("was not uploaded")
    page.unroute("**/api/desk/files?**")
    page.get_by_role("button", name="Upload broken cup.jpg again").click()
    expect(attached(page)).to_have_count(1)
    page.get_by_test_id("send").click()
    expect(customer.of("agent")).to_contain_text("Here it is")
    assert stored(desk_only, desk) == [("Here it is", ["broken cup.jpg"])]


def test_the_focus_stays_where_it_is_while_another_file_is_uploaded(talk: tuple[WidgetWindow, DeskWindow]) -> None:
    page = talk[1].page
    choose(page, file(*CUP, photo(60, 40)))
    expect(attached(page)).to_have_count(1)
    held: list[Route] = []
    page.route("**/api/desk/files?**", lambda route: held.append(route))
    choose(page, file(*INVOICE, PDF))
    expect(attached(page, "uploading")).to_have_count(1)
    for name in ("Remove broken cup.jpg", "Remove invoice.pdf"):
        page.get_by_role("button", name=name).focus()
        eventually(lambda: held or page.wait_for_timeout(50))
        held.pop().abort()
        expect(attached(page, "failed")).to_have_count(1)
        expect(page.get_by_role("button", name=name)).to_be_focused()
        page.get_by_role("button", name="Upload invoice.pdf again").click()


def test_what_could_not_be_sent_comes_back_with_its_files_and_is_sent_once(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    customer, desk = talk
    page = desk.page
    choose(page, file(*CUP, photo(60, 40)), file(*INVOICE, PDF))
    expect(attached(page)).to_have_count(2)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/messages", lose_the_answer)
    page.get_by_test_id("reply-text").fill("Both of them")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("send-error")).to_contain_text("it is still here")
    expect(page.get_by_test_id("reply-text")).to_have_value("Both of them")
    expect(attached(page)).to_have_count(2)
    page.unroute("**/messages")
    page.get_by_test_id("send").click()
    expect(customer.of("agent")).to_have_count(2)
    expect(page.locator("#outgoing .line")).to_have_count(0)
    assert stored(desk_only, desk) == [("Both of them", ["broken cup.jpg"]), ("", ["invoice.pdf"])]


def test_what_waited_too_long_is_uploaded_anew(desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]) -> None:
    customer, desk = talk
    page = desk.page
    choose(page, file(*CUP, photo(60, 40)))
    expect(attached(page)).to_have_count(1)
    change(desk_only, "delete from files where message_id is null")
    page.get_by_test_id("reply-text").fill("After a long lunch")
    page.get_by_test_id("send").click()
    expect(page.get_by_test_id("send-error")).to_contain_text("waited too long")
    expect(page.get_by_test_id("reply-text")).to_have_value("After a long lunch")
    expect(attached(page)).to_have_count(1)
    page.get_by_test_id("send").click()
    expect(customer.of("agent").get_by_test_id("file")).to_have_count(1)
    assert stored(desk_only, desk) == [("After a long lunch", ["broken cup.jpg"])]


def test_a_files_name_is_text_and_nothing_else(talk: tuple[WidgetWindow, DeskWindow]) -> None:
    customer, desk = talk
    page = desk.page
    name = "<img src=x onerror=\"document.title='owned'\">.pdf"
    choose(page, file(name, "application/pdf", PDF))
    expect(attached(page)).to_contain_text("onerror")
    page.get_by_test_id("send").click()
    expect(customer.of("agent").get_by_test_id("file")).to_contain_text("onerror")
    expect(page.locator("#messages .line.agent .name")).to_contain_text("onerror")
    for one in (page, customer.page):
        assert "owned" not in one.title()
