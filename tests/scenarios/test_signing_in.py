"""Who is signed in at the shop picks one of their orders, needs no code, and is known at the desk."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from running import Agent, Customer, Shohay

pytestmark = pytest.mark.model

ASKED = {"en": ("where is my order?", "on its way"), "bn": ("আমার অর্ডার কোথায়?", "পথে আছে")}


def sign_in(shohay: Shohay, customer: Customer, email: str) -> httpx.Response:
    """Signs in where something was said already, so that the chat stays this one."""
    customer.ask("hello")
    voucher = httpx.get(f"{shohay.url}/demo/voucher", params={"email": email}).json()["voucher"]
    return httpx.post(f"{shohay.url}/api/website/identity", json={"voucher": voucher}, headers=customer.headers)


def buttons(customer: Customer, after: int) -> list[dict[str, Any]]:
    (said,) = customer.heard(after)
    return list(said["buttons"])


@pytest.mark.parametrize("language", ASKED)
def test_an_order_is_picked_and_told_without_a_contact(shohay: Shohay, language: str) -> None:
    customer = Customer(shohay.url, language)
    assert sign_in(shohay, customer, "amina@example.com").status_code == 200
    asked, told = ASKED[language]
    offered = buttons(customer, customer.write(asked))
    assert [button["title"][:5] for button in offered] == ["10001", "10002"]
    (answer,) = customer.heard(customer.press(offered[0]["payload"]))
    assert told in answer["text"] and "10001" in answer["text"]


def test_somebody_elses_order_is_not_theirs(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    sign_in(shohay, customer, "amina@example.com")
    answer = customer.ask("where is my order 10003?")
    assert "e-mail" in answer and "processing" not in answer
    assert "processing" not in customer.ask("amina@example.com")


def test_the_desk_sees_who_is_signed_in_and_that_it_is_sure(shohay: Shohay) -> None:
    customer = Customer(shohay.url)
    sign_in(shohay, customer, "amina@example.com")
    customer.ask("where is my order 10001?")
    customer.ask("I want to talk to a human please")
    detail = Agent(shohay.url).conversation(customer.conversation_id)
    assert detail["brief"]["customer"] == "amina@example.com"
    assert detail["brief"]["verification"] == "verified"
