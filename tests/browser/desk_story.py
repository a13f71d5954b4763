"""What the desk's tests do besides clicking: conversations to work on, and time that passes in the tables."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from running import Agent, Customer, Shohay, eventually

PERSON = "I want to talk to a human please"
CHARGED = "I was charged twice for the same order"


def ask_for_person(shohay: Shohay, text: str = PERSON) -> Customer:
    """A customer of the website whose conversation is in the queue."""
    customer = Customer(shohay.url)
    customer.heard(customer.write(text))
    if text == CHARGED:  # the bot asks which order it is first
        customer.heard(customer.write("I was not given a number"))
    eventually(lambda: customer.page()["status"] == "queued")
    return customer


def given_to(shohay: Shohay, name: str = "agent", text: str = PERSON) -> Customer:
    """A customer of the website whose conversation an agent has claimed."""
    customer = ask_for_person(shohay, text)
    Agent(shohay.url, name).do(customer.conversation_id, "claim")
    return customer


def clear_queue(agent: Agent) -> None:
    """Resolves everything that this agent would take next."""
    while (answer := agent.post("/next")).status_code == 200:
        agent.do(answer.json()["id"], "resolve")


def set_scene(shohay: Shohay) -> None:
    """A desk as it looks on a calm morning, whatever tests were there before: a few customers wait, and nobody else."""
    supervisor = Agent(shohay.url, "supervisor")
    for status, step in (("assigned", "takeover"), ("queued", "claim")):
        for row in supervisor.get("/conversations", status=status).json()["conversations"]:
            supervisor.post(f"/conversations/{row['id']}/{step}")
            supervisor.do(row["id"], "resolve")
    for text in (CHARGED, "Your service is awful, I am really angry", "আমি একজন মানুষের সাথে কথা বলতে চাই"):
        ask_for_person(shohay, text)


def set_deadline(shohay: Shohay, conversation_id: str, in_seconds: float) -> None:
    """By when somebody must have answered, as if the time up to then had passed."""
    at = datetime.now(UTC) + timedelta(seconds=in_seconds)
    change(
        shohay,
        "update conversations set deadline = ?, deadline_state = null where id = ?",
        at.replace(tzinfo=None).isoformat(" "),
        conversation_id,
    )


def set_team(shohay: Shohay, name: str, *teams: str) -> None:
    """Of which teams somebody is; of all when none is named."""
    names = ", ".join(f'"{team}"' for team in teams)
    change(shohay, "update people set teams = ? where name = ?", f"[{names}]", name)


def change(shohay: Shohay, statement: str, *values: Any) -> None:
    path = shohay.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path, timeout=10) as connection:
        connection.execute(statement, values)
    connection.close()
