"""What an agent's files meet on their way: lost answers, refusals, long waits. None goes out twice or vanishes."""

from __future__ import annotations

import sqlite3

import pytest
from desk_story import change
from playwright.sync_api import Page, Route, expect
from running import Shohay, eventually
from test_desk_files import attached, begin, choose, stored
from test_widget_files import CUP, INVOICE, PDF, file, photo
from windows import DeskWindow, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

UPLOADS, MESSAGES = "**/api/desk/files?**", "**/messages"
SMALL = photo(60, 40)


@pytest.fixture
def talk(desk_only: Shohay, window) -> tuple[WidgetWindow, DeskWindow]:
    """A customer, and the supervisor who has their conversation open."""
    return begin(desk_only, window)


def unsent(shohay: Shohay) -> int:
    """How many uploads wait to be sent."""
    path = shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path, timeout=10) as connection:
        (found,) = connection.execute("select count(*) from files where message_id is null").fetchone()
    connection.close()
    return found


def trouble(page: Page) -> object:
    return page.get_by_test_id("send-error")


def again(page: Page) -> object:
    return page.get_by_role("button", name="again", exact=False).and_(page.locator(".attachment button"))


def send(page: Page, text: str | None = None) -> None:
    if text is not None:
        page.get_by_test_id("reply-text").fill(text)
    page.get_by_test_id("send").click()


def lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def photos(count: int) -> list[dict[str, object]]:
    return [file(f"{number}.jpg", "image/jpeg", SMALL) for number in range(count)]


def test_a_file_that_arrived_without_our_knowing_is_not_sent_again_with_other_words(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    customer, desk = talk
    page = desk.page
    choose(page, file(*CUP, photo()), file(*INVOICE, PDF))
    expect(attached(page)).to_have_count(2)
    page.route(MESSAGES, lose_the_answer)
    send(page, "Both of them")
    expect(trouble(page)).to_contain_text("it is still here")
    expect(attached(page).first.locator("canvas")).to_be_visible()
    page.unroute(MESSAGES)
    send(page, "Both of them, and something more")
    expect(trouble(page)).to_contain_text("broken cup.jpg was sent already. Your words are still here")
    expect(page.get_by_test_id("reply-text")).to_have_value("Both of them, and something more")
    expect(page.get_by_test_id("attachment")).to_have_count(1)
    expect(attached(page)).to_contain_text("invoice.pdf")
    send(page, "And the bill")
    expect(customer.of("agent")).to_have_count(2)
    assert stored(desk_only, desk) == [("Both of them", ["broken cup.jpg"]), ("And the bill", ["invoice.pdf"])]


def test_when_one_waited_too_long_all_are_uploaded_anew_and_none_waits_twice(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    customer, desk = talk
    page = desk.page
    choose(page, *photos(10))
    expect(attached(page)).to_have_count(10)
    change(desk_only, "delete from files where message_id is null and name = '0.jpg'")
    send(page, "All ten")
    expect(trouble(page)).to_contain_text("waited too long")
    expect(attached(page)).to_have_count(10)
    assert unsent(desk_only) == 10
    send(page)
    expect(customer.of("agent")).to_have_count(10)
    assert [names for _, names in stored(desk_only, desk)] == [[f"{number}.jpg"] for number in range(10)]
    assert unsent(desk_only) == 0


def test_a_file_of_which_the_browser_has_nothing_any_more_says_so_and_takes_no_other_along(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    customer, desk = talk
    page = desk.page
    choose(page, file(*CUP, SMALL), file(*INVOICE, PDF))
    expect(attached(page)).to_have_count(2)
    held: list[Route] = []
    page.route(MESSAGES, lambda route: held.append(route))
    send(page, "Both of them")
    eventually(lambda: held or page.wait_for_timeout(50))
    change(desk_only, "delete from files where message_id is null and name = 'broken cup.jpg'")
    page.reload()  # what is kept in the tab is sent again
    desk.stands()
    eventually(lambda: len(held) == 2 or page.wait_for_timeout(50))
    page.unroute(MESSAGES)  # which lets it go on
    expect(attached(page, "failed")).to_contain_text("attach it anew")
    expect(again(page)).to_have_count(0)
    expect(attached(page)).to_contain_text("invoice.pdf")
    page.get_by_role("button", name="Remove broken cup.jpg").click()
    send(page)
    expect(customer.of("agent")).to_have_count(1)
    assert stored(desk_only, desk) == [("Both of them", ["invoice.pdf"])]


def test_what_the_server_refuses_says_why_where_it_was_attached_even_after_a_look_elsewhere(
    desk_only: Shohay, window, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    here = talk[1].page.url.split("/conversations/")[1].split("?")[0]
    desk = begin(desk_only, window)[1]
    page = desk.page
    elsewhere = page.url.split("/conversations/")[1].split("?")[0]
    desk.open(here)
    expect(page.locator(f'article[data-conversation="{here}"]')).to_be_visible()
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))
    choose(page, file("drawing.svg", "image/svg+xml", b"<svg/>"), file("photo.png", "image/png", b"MZ"))
    expect(attached(page, "uploading")).to_have_count(2)
    eventually(lambda: len(held) == 2 or page.wait_for_timeout(50))
    desk.open(elsewhere)
    expect(page.locator(f'article[data-conversation="{elsewhere}"]')).to_be_visible()
    for route in held:
        route.continue_()
    expect(page.get_by_test_id("attachment")).to_have_count(0)
    desk.open(here)
    expect(attached(page, "failed")).to_have_count(2)
    for refused in attached(page, "failed").all():
        expect(refused).to_contain_text("Please send a photo")
    expect(again(page)).to_have_count(0)
    send(page, "Here they are")
    expect(trouble(page)).to_contain_text("was not uploaded")


def test_of_too_many_waiting_the_last_can_be_tried_again(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow]
) -> None:
    page = talk[1].page
    choose(page, *photos(9))
    expect(attached(page)).to_have_count(9)
    page.reload()  # they wait there all the same
    talk[1].stands()
    choose(page, *photos(2))
    expect(attached(page)).to_have_count(1)
    expect(attached(page, "failed")).to_contain_text("That is a lot of files")
    change(desk_only, "delete from files where message_id is null and name > '1.jpg'")
    again(page).click()
    expect(attached(page)).to_have_count(2)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "json": {"message": "no upstream"}},
        {"status": 502, "json": {"error": "no upstream"}},
        {"status": 200, "content_type": "text/html", "body": "<html>please sign in to this network</html>"},
    ],
    ids=["other JSON", "an error of words", "a page"],
)
def test_what_a_gateway_answers_is_no_answer_and_the_next_message_goes(
    desk_only: Shohay, talk: tuple[WidgetWindow, DeskWindow], answer: dict[str, object]
) -> None:
    customer, desk = talk
    page = desk.page
    page.route(MESSAGES, lambda route: route.fulfill(**answer))
    send(page, "Are you there?")
    why = "The server did not answer." if answer["status"] == 200 else "Something went wrong on our side."
    expect(trouble(page)).to_have_text(f"{why} Your message was not sent; it is still here.")
    expect(page.get_by_test_id("reply-text")).to_have_value("Are you there?")
    page.unroute(MESSAGES)
    send(page)
    expect(customer.of("agent")).to_contain_text("Are you there?")
    assert stored(desk_only, desk) == [("Are you there?", [])]


def test_two_are_uploaded_at_once_and_one_taken_away_before_its_turn_never(
    talk: tuple[WidgetWindow, DeskWindow],
) -> None:
    page = talk[1].page
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))
    choose(page, *photos(5))
    expect(attached(page, "uploading")).to_have_count(5)
    eventually(lambda: len(held) == 2 or page.wait_for_timeout(50))
    page.wait_for_timeout(300)
    assert len(held) == 2
    page.get_by_role("button", name="Remove 2.jpg").click()
    for place in range(4):
        eventually(lambda place=place: len(held) > place or page.wait_for_timeout(50))
        held[place].continue_()
    expect(attached(page)).to_have_count(4)
    assert len(held) == 4


def test_a_failed_upload_is_announced_and_another_enter_takes_nothing_away(
    talk: tuple[WidgetWindow, DeskWindow],
) -> None:
    page = talk[1].page
    status = page.locator("#attach-status")
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))
    choose(page, file(*CUP, SMALL))
    eventually(lambda: held or page.wait_for_timeout(50))
    send(page, "Here it is")
    expect(trouble(page)).to_contain_text("still being uploaded")
    held.pop().abort()
    expect(status).to_have_text("broken cup.jpg: Not uploaded.")
    expect(trouble(page)).to_be_empty()
    send(page)
    expect(trouble(page)).to_contain_text("was not uploaded")
    again(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("reply-text")).to_be_focused()
    expect(trouble(page)).to_be_empty()
    eventually(lambda: held or page.wait_for_timeout(50))
    held.pop().continue_()
    expect(status).to_have_text("broken cup.jpg is attached.")
    expect(trouble(page)).to_be_empty()
    expect(attached(page)).to_have_count(1)


def test_all_that_cannot_be_attached_is_named(talk: tuple[WidgetWindow, DeskWindow]) -> None:
    page = talk[1].page
    large = SMALL + bytes(5 * 1024 * 1024)
    choose(page, *[file(name, "image/jpeg", large) for name in ("one.jpg", "two.jpg")], *photos(12))
    expect(trouble(page)).to_have_text(
        "one.jpg is larger than 5 MB. two.jpg is larger than 5 MB. At most 10 files can be sent together."
    )
    expect(attached(page)).to_have_count(10)
