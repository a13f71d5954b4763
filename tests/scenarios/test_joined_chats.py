"""Whoever types a code from the same mail in two chats is one customer at the desk; whoever only knows an order is
not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from running import Agent, Customer, Shohay, eventually

pytestmark = pytest.mark.model

JONAS = "jonas@example.com"
WORDS = {
    "en": ("I want to cancel order 10003", "no"),
    "bn": ("আমার অর্ডার ১০০০৩ বাতিল করতে চাই", "না"),
}


@pytest.fixture
def letters(shohay: Shohay) -> Iterator[sa.Engine]:
    """The running demo's database, with its letters and codes gone afterwards."""
    engine = sa.create_engine(f"sqlite:///{shohay.settings['DATABASE_URL'].removeprefix('sqlite+aiosqlite:///')}")
    yield engine
    with engine.begin() as connection:
        for table in ("shop_mails", "shop_codes"):
            connection.execute(sa.text(f"delete from {table}"))
    assert Path(str(engine.url.database)).exists()


def code_of(engine: sa.Engine) -> str:
    """The code of the newest letter, once there is one."""
    with engine.connect() as connection:
        newest = sa.text("select text from shop_mails order by at desc, id desc limit 1")
        text = eventually(lambda: connection.execute(newest).scalar())
    (code,) = re.findall(r"^\d{6}$", str(text), re.MULTILINE)
    return str(code)


def proved(shohay: Shohay, letters: sa.Engine, language: str) -> Customer:
    """Somebody who has typed the code from Jonas's mail, and then left the order as it was."""
    customer = Customer(shohay.url, language)
    wish, no = WORDS[language]
    customer.ask(wish)
    customer.ask(JONAS)
    customer.ask(code_of(letters), count=2)
    customer.ask(no)
    return customer


def elsewhere(shohay: Shohay, customer: Customer) -> list[dict[str, Any]]:
    detail = Agent(shohay.url).conversation(customer.conversation_id)
    return list(detail["brief"]["also_on"])


def test_the_desk_sees_one_customer_where_the_same_mail_was_read(shohay: Shohay, letters: sa.Engine) -> None:
    english, bengali = [proved(shohay, letters, language) for language in WORDS]
    knows = Customer(shohay.url)
    knows.ask("where is my order 10003?")
    knows.ask(JONAS)
    for one, other in ((english, bengali), (bengali, english)):
        found = {each["conversation_id"]: each for each in elsewhere(shohay, one)}
        assert other.conversation_id in found
        assert found[other.conversation_id]["channel"] == "website"
        assert knows.conversation_id not in found
    assert elsewhere(shohay, knows) == []
