"""A person at the other end, as the customer sees them: who it is, that they type, that they have read."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect
from running import Agent, Shohay, eventually
from windows import PHONE, WidgetWindow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def portrait() -> bytes:
    """A small picture, red on the left and blue on the right."""
    image = Image.new("RGB", (200, 100), (200, 30, 30))
    image.paste((30, 30, 200), (100, 0, 200, 100))
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


def set_picture(agent: Agent, content: bytes) -> None:
    answer = agent._http.post("/api/desk/picture", content=content, headers={"Content-Type": "image/png"})
    assert answer.status_code == 200, answer.text


@pytest.fixture
def agent(desk_only: Shohay) -> Agent:
    return Agent(desk_only.url, "supervisor")


def taken(desk_only: Shohay, agent: Agent, window: object, text: str) -> tuple[WidgetWindow, str]:
    """A customer on a phone who wrote this, and the conversation, which the agent has."""
    customer = WidgetWindow(window(PHONE), desk_only, "en")  # type: ignore[operator]
    customer.say(text)
    (found,) = eventually(lambda: agent.get("/conversations", q=text).json()["conversations"])
    agent.do(found["id"], "takeover")
    return customer, str(found["id"])


def test_who_answers_is_seen_by_name_and_picture_also_where_a_page_allows_no_images(
    desk_only: Shohay, agent: Agent, window, picture, elsewhere
) -> None:
    set_picture(agent, portrait())
    page = window()
    elsewhere.embed(desk_only.url)
    page.goto(elsewhere.origin)
    customer = WidgetWindow(page, desk_only, "en", goto=False)
    customer.say("who are you in the picture")
    (found,) = eventually(lambda: agent.get("/conversations", q="who are you in the picture").json()["conversations"])
    agent.do(found["id"], "takeover")
    agent.do(found["id"], "messages", {"text": "Somebody with a face."})
    customer.hears("agent", "with a face")
    name = agent.get("/me").json()["display_name"]
    expect(customer.of("agent").first).to_contain_text(name)
    faces = page.get_by_test_id("agent-picture")
    expect(faces).to_have_count(2)  # above the panel and beside the message
    colours = faces.last.evaluate(
        """canvas => { const at = (x) => [...canvas.getContext('2d').getImageData(x, canvas.height / 2, 1, 1).data];
        return [at(2), at(canvas.width - 3)] }"""
    )
    assert colours[0][0] > 150 > colours[0][2]
    assert colours[1][2] > 150 > colours[1][0]
    picture(page, "widget-person")
    agent._http.delete("/api/desk/picture")


def test_both_see_that_the_other_types(desk_only: Shohay, agent: Agent, window) -> None:
    customer, conversation = taken(desk_only, agent, window, "do you type with ten fingers")
    typing = customer.page.get_by_test_id("typing")
    agent.post(f"/conversations/{conversation}/typing")
    expect(typing).to_be_visible()
    expect(typing).to_have_attribute("data-author", "agent")
    expect(typing).to_be_hidden(timeout=12_000)  # by itself, when nothing follows
    calls: list[str] = []
    customer.page.on("request", lambda request: calls.append(request.url) if "/typing" in request.url else None)
    with customer.page.expect_response("**/api/website/typing") as told:
        customer.page.get_by_test_id("input").press_sequentially("with two, like everybody", delay=20)
    assert told.value.status == 204
    assert len(calls) == 1  # not one for each letter


def test_a_message_is_sent_and_then_seen(desk_only: Shohay, agent: Agent, window, picture) -> None:
    customer, conversation = taken(desk_only, agent, window, "have you read the one before")
    customer.say("have you read this")
    receipt = customer.of("customer").last.get_by_test_id("receipt")
    expect(receipt).to_have_text("Sent")
    seq = agent.conversation(conversation)["messages"][-1]["seq"]
    assert agent.post(f"/conversations/{conversation}/seen", {"seq": seq}).status_code == 204
    expect(receipt).to_have_text("Seen")
    expect(customer.page.get_by_test_id("receipt").filter(has_text="Se")).to_have_count(1)
    picture(customer.page, "widget-seen")
    customer.page.reload()
    customer.page.get_by_test_id("launcher").click()
    expect(receipt).to_have_text("Seen")


def test_what_the_customer_has_before_their_eyes_is_told_and_nothing_else(
    desk_only: Shohay, agent: Agent, window
) -> None:
    customer, conversation = taken(desk_only, agent, window, "I look away now and then")
    told: list[int] = []
    customer.page.on(
        "request",
        lambda request: told.append(request.post_data_json["seq"]) if "/website/seen" in request.url else None,
    )
    customer.page.get_by_test_id("close").click()
    agent.do(conversation, "messages", {"text": "Unread as yet."})
    expect(customer.page.get_by_test_id("unread")).to_have_text("1")
    assert told == []
    customer.page.get_by_test_id("launcher").click()
    customer.hears("agent", "Unread as yet")
    seq = agent.conversation(conversation)["messages"][-1]["seq"]
    eventually(lambda: told or customer.page.wait_for_timeout(50))
    assert told == [seq]
    eventually(lambda: agent.conversation(conversation).get("customer_seen") in (seq, None))


def test_the_servers_own_answer_for_a_picture_may_be_shown_anywhere(desk_only: Shohay, agent: Agent) -> None:
    set_picture(agent, portrait())
    person = agent.get("/me").json()["id"]
    answer = httpx.get(f"{desk_only.url}/api/website/agents/{person}/picture")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == portrait()
    agent._http.delete("/api/desk/picture")
