"""Somebody is erased from the command line while the program runs, is answering others, and has their chat open."""

from __future__ import annotations

from threading import Thread

import httpx
import pytest
from running import Agent, Customer, Shohay

pytestmark = [pytest.mark.model, pytest.mark.timeout(180)]

MARK = "zq-velvet-harbour"


def traces(running: Shohay) -> list[str]:
    """In which files beside the database the mark is, the program's own output among them."""
    folder = running.log.parent
    return [path.name for path in folder.iterdir() if path.is_file() and MARK.encode() in path.read_bytes()]


def test_an_erased_customer_is_gone_from_the_files_and_every_open_page_and_others_notice_nothing(
    shohay: Shohay,
) -> None:
    customer, other = Customer(shohay.url), Customer(shohay.url)
    customer.ask("How much is delivery?")
    other.ask("How much is delivery?")
    customer.write(f"my secret word is {MARK}")
    customer.heard(3)
    customer.ask("I want to talk to a person")
    agent = Agent(shohay.url)
    agent.do(customer.conversation_id, "claim")
    agent.do(customer.conversation_id, "messages", {"text": f"{MARK} sounds odd", "private": True})
    agent.do(customer.conversation_id, "messages", {"text": "Hello, I am here."})
    assert traces(shohay)

    ended: list[int] = []

    def watch() -> None:
        with httpx.stream("GET", f"{shohay.url}/api/website/events", headers=customer.headers, timeout=60) as stream:
            for _ in stream.iter_lines():
                pass
            ended.append(stream.status_code)

    watching = Thread(target=watch)
    watching.start()
    exported = shohay.command("export-contact", customer.conversation_id)
    assert (exported.returncode, exported.stdout.count(MARK)) == (0, 2), exported.stderr

    erased = shohay.command("erase-contact", customer.conversation_id, "--yes")
    assert (erased.returncode, erased.stderr) == (0, "")
    assert traces(shohay) == []
    watching.join(20)
    assert ended == [200]

    url = f"{shohay.url}/api/website/messages"
    assert httpx.get(url, headers=customer.headers).status_code == 401
    again = httpx.post(url, headers=customer.headers, json={"client_id": "new", "text": "hello?"})
    assert (again.status_code, again.json()["error"]["code"]) == (401, "unknown_session")
    assert agent.get(f"/conversations/{customer.conversation_id}").status_code == 404
    assert agent.post(f"/conversations/{customer.conversation_id}/messages", {"text": "?"}).status_code == 404
    assert shohay.command("export-contact", customer.conversation_id).returncode == 1

    other.ask("how long do refunds take")
    assert [one["seq"] for one in other.page()["messages"]] == [1, 2, 3, 4]
    returned = Customer(shohay.url)
    assert "$2" in returned.ask("How much is delivery?")
    assert returned.page()["messages"][0]["seq"] == 1
    assert traces(shohay) == []
