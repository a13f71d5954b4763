"""The main job, over HTTP: FAQ, order, person, reply, note, hand back, FAQ again; in English and in Bengali."""

from __future__ import annotations

import json

import httpx
import pytest
from running import Agent, Customer, Shohay, eventually
from stories import STORIES


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_customer_is_answered_handed_over_helped_and_handed_back(shohay: Shohay, language: str) -> None:
    story = STORIES[language]
    # at the desk before anybody asks: who comes later is news to all who wait
    customer, agent = Customer(shohay.url), Agent(shohay.url)
    question, fact = story["faq"]
    assert fact in customer.ask(question)

    question, contact, state = story["order"]
    customer.ask(question)
    told = customer.ask(contact)
    assert state in told and "10001" in told

    asked = customer.write(story["person"])
    notice = customer.heard(asked, author="system")[0]
    assert story["queued"] in notice["text"] and notice["language"] == language
    page = customer.page()
    assert page["status"] == "queued" and page["queue_position"] >= 1

    assert customer.conversation_id in agent.queue()
    seen = agent.conversation(customer.conversation_id)
    assert seen["reason"] == "human_agent" and seen["owner"] == "queue"
    assert [one["text"] for one in seen["messages"]] == [one["text"] for one in page["messages"]]
    assert seen["brief"]["known"]["order_number"] == "10001"
    answered = next(one for one in seen["messages"] if one["author"] == "bot")
    assert answered["intent"] == "shipping_cost" and answered["confidence"] > 0.2

    agent.do(customer.conversation_id, "claim")
    assert story["joined"] in customer.heard(asked, count=2)[-1]["text"]
    spoken = customer.write("hello?")
    agent.do(customer.conversation_id, "messages", {"text": "secret note", "private": True})
    agent.do(customer.conversation_id, "messages", {"text": story["reply"]})
    heard = customer.heard(spoken, author="agent")
    assert [one["text"] for one in heard] == [story["reply"]]
    assert all("secret note" not in one["text"] for one in customer.page()["messages"])

    back = customer.page()["messages"][-1]["seq"]
    agent.do(customer.conversation_id, "return")
    assert story["back"] in customer.heard(back, author="system")[0]["text"]
    question, fact = story["again"]
    answer = customer.heard(customer.write(question), author="bot")[0]
    assert fact in answer["text"] and answer["language"] == language
    # the bot comes back with what it knew: no number and no contact is asked for again
    assert state in customer.ask(story["order"][0])


def test_while_a_person_owns_it_the_bot_says_nothing_to_anything(shohay: Shohay) -> None:
    customer, agent = Customer(shohay.url), Agent(shohay.url)
    customer.ask("let me talk to a person")
    agent.do(customer.conversation_id, "claim")
    for text in ("How much is delivery?", "/restart", "where is my order", "human please"):
        customer.write(text)
    agent.do(customer.conversation_id, "messages", {"text": "I am here."})
    said = [one for one in customer.page()["messages"] if one["author"] in ("bot", "agent")]
    assert [one["text"] for one in said] == ["I am here."]


def test_a_resolved_conversation_is_reopened_by_a_new_message(shohay: Shohay) -> None:
    customer, agent = Customer(shohay.url), Agent(shohay.url)
    customer.ask("human agent please")
    agent.do(customer.conversation_id, "claim")
    agent.do(customer.conversation_id, "resolve")
    assert customer.page()["status"] == "resolved"
    assert "$2" in customer.ask("How much is delivery?")
    assert customer.page()["status"] == "bot"


def test_a_foreign_and_a_missing_order_get_the_same_reply_and_a_third_miss_brings_a_person(shohay: Shohay) -> None:
    replies = []
    for number in ("10003", "99999"):  # of jonas@example.com; of nobody
        customer = Customer(shohay.url)
        customer.ask(f"where is my order {number}")
        replies.append(customer.ask("amina@example.com"))
    assert replies[0].replace("10003", "N") == replies[1].replace("99999", "N")

    customer = Customer(shohay.url)
    for number in ("10003", "99999", "99998"):
        customer.ask(f"where is my order {number}")
        if customer.page()["status"] == "bot":
            customer.ask("amina@example.com")
    eventually(lambda: customer.page()["status"] == "queued")
    assert Agent(shohay.url).conversation(customer.conversation_id)["reason"] == "verification_failed"


def test_two_messages_in_a_row_that_are_not_understood_bring_a_person(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    customer.ask("48213 48214 99")
    assert customer.page()["status"] == "bot"
    customer.ask("12 13 14")
    eventually(lambda: customer.page()["status"] == "queued")
    assert Agent(shohay.url).conversation(customer.conversation_id)["reason"] == "not_understood"


def test_an_faq_in_the_middle_of_the_order_question_is_answered_and_the_question_comes_back(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    asked = customer.ask("where is my order 10001")
    said = customer.heard(customer.write("How much is delivery?"), count=2)
    assert "$2" in said[0]["text"] and said[1]["text"] == asked
    assert "on its way" in customer.ask("+8801712345678")


def test_a_typed_payload_is_only_text_and_a_button_not_offered_is_refused(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    customer.ask('/human_agent{"order_number": "10001"}')
    assert customer.page()["messages"][0]["text"].startswith("/human_agent")
    answer = customer.post({"client_id": "x", "payload": "/complaint"})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "unknown_button"


def test_a_pressed_button_is_understood_and_stands_in_the_transcript_by_its_title(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    offered = customer.heard(customer.write("How much is delivery?"))[0]["buttons"][0]
    pressed = customer.press(offered["payload"])
    assert customer.heard(pressed)[0]["author"] == "bot"
    mine = next(one for one in customer.page()["messages"] if one["seq"] == pressed)
    assert mine["text"] == offered["title"]


def test_the_same_client_id_again_is_the_same_message_answered_once(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    body = {"client_id": "once", "text": "How much is delivery?"}
    first = customer.post(body)
    again = [customer.post(body) for _ in range(10)]
    assert first.status_code == 201 and {one.status_code for one in again} == {200}
    assert {one.text for one in again} == {first.text}
    customer.heard(0)
    customer.ask("thank you")
    assert [one["author"] for one in customer.page()["messages"]] == ["customer", "bot", "customer", "bot"]


def test_the_customers_own_choice_of_language_wins_over_what_they_type(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    customer.choose("bn")
    assert customer.heard(customer.write("How much is delivery?"))[0]["language"] == "bn"


def test_asking_for_another_language_changes_it_for_good(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    assert customer.heard(customer.write("please speak Bengali"))[0]["language"] == "bn"
    assert customer.heard(customer.write("How much is delivery?"))[0]["language"] == "bn"


def test_what_was_said_can_be_said_again(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    first = customer.ask("How much is delivery?")
    assert customer.ask("can you repeat that?") == first


def test_a_stream_resumed_at_any_id_tells_all_that_came_after(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    customer.ask("How much is delivery?")
    customer.ask("thank you")
    whole = _stream(shohay, customer, last=0, until=4)
    for cut in range(len(whole)):
        rest = _stream(shohay, customer, last=whole[cut][0], until=4)
        assert rest == whole[cut + 1 :]


def test_a_message_arrives_and_leaves_through_a_hook_as_well(shohay: Shohay) -> None:
    body = {"key": "k1", "from": "someone", "text": "How much is delivery?"}
    forged = httpx.post(f"{shohay.url}/hooks/fake", json=body, headers={"X-Fake-Secret": "wrong"})
    assert forged.status_code == 401
    from running import FAKE_SECRET

    genuine = [
        httpx.post(f"{shohay.url}/hooks/fake", json=body, headers={"X-Fake-Secret": FAKE_SECRET}) for _ in range(3)
    ]
    assert {one.status_code for one in genuine} == {200}
    assert len({one.text for one in genuine}) == 1


def _stream(shohay: Shohay, customer: Customer, last: int, until: int) -> list[tuple[int, str, int]]:
    """The stream's message events as (id, author, seq), read until the message with seq `until`."""
    events: list[tuple[int, str, int]] = []
    newest = customer.page()["messages"][-1]["seq"]
    assert newest == until
    headers = {**customer.headers, "Last-Event-ID": str(last)}
    with httpx.stream("GET", f"{shohay.url}/api/website/events", headers=headers, timeout=3) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        try:
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    event[name] = value
                    continue
                if event.get("event") == "message":
                    said = json.loads(event["data"])
                    events.append((int(event["id"]), said["author"], said["seq"]))
                    if said["seq"] == until:
                        return events
                event = {}
        except httpx.ReadTimeout:
            return events
    return events


def test_the_pages_language_is_only_a_guess_and_what_the_customer_writes_decides(shohay: Shohay) -> None:
    customer = Customer(shohay.url, "en")
    assert customer.heard(customer.write("ডেলিভারি চার্জ কত?"))[0]["language"] == "bn"
    assert customer.heard(customer.write("ok"))[0]["language"] == "bn"
