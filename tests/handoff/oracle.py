"""What must be true of the stored conversations at any moment, in words where it is not."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from handoff_testing import rows
from world import World


async def violations(world: World) -> list[str]:
    """Everything that is wrong now; empty when all promises hold."""
    tables = {name: await rows(world.database, name) for name in ("conversations", "messages", "turns", "handoffs")}
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in sorted(tables["messages"], key=lambda row: row["seq"]):
        said[message["conversation_id"]].append(message)
    found = [*_once(world, tables), *_two_voices(world, said)]
    for conversation in tables["conversations"]:
        found += _in_order(world, conversation, said[conversation["id"]])
        found += _limbo(conversation, said[conversation["id"]], tables)
    return found


def _once(world: World, tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Promises 2 and 4: one delivery one message, one conversation for each who wrote."""
    found = []
    wrote = [address for address in world.sent if world.sent[address]]
    if len(tables["conversations"]) < len(wrote):
        found.append(f"{len(wrote)} customers wrote, {len(tables['conversations'])} conversations")
    identities = [row["identity_id"] for row in tables["conversations"]]
    if len(identities) != len(set(identities)):
        found.append("two conversations of one identity")
    stored = sorted(row["id"] for row in tables["messages"] if row["author"] == "customer")
    acknowledged = sorted(world.message_of[key] for keys in world.sent.values() for key in keys)
    if stored != acknowledged:
        found.append(f"{len(acknowledged)} messages acknowledged, {len(stored)} stored")
    return found


def _in_order(world: World, conversation: dict[str, Any], said: list[dict[str, Any]]) -> list[str]:
    """Promise 5: no gap, no inversion of what the customer wrote or of what it was answered."""
    found = []
    if [row["seq"] for row in said] != list(range(1, conversation["last_seq"] + 1)):
        found.append(f"seqs {[row['seq'] for row in said]} up to {conversation['last_seq']}")
    seq_of = {row["id"]: row["seq"] for row in said}
    wrote = [row["id"] for row in said if row["author"] == "customer"]
    sent = [[world.message_of[key] for key in keys] for keys in world.sent.values()]
    if wrote and wrote not in sent:
        found.append("the customer's messages are in another order than they were acknowledged")
    answered = [seq_of[row["text"].removeprefix("re:")] for row in said if row["author"] == "bot"]
    if answered != sorted(set(answered)):
        found.append(f"answers to messages {answered}")
    return found


def _two_voices(world: World, said: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Promise 12: no bot message while a person owns the conversation."""
    spans = [*world.owned, *((key, begun, 10**9) for key, begun in world.begun.items())]
    return [
        f"the bot spoke at {row['seq']} while a person had it from {begun} to {ended}"
        for conversation_id, begun, ended in spans
        for row in said[conversation_id]
        if row["author"] == "bot" and begun < row["seq"] <= ended
    ]


def _limbo(
    conversation: dict[str, Any], said: list[dict[str, Any]], tables: dict[str, list[dict[str, Any]]]
) -> list[str]:
    """Promise 13: who waits for a person has a ticket and a deadline; who waits for the bot has a turn."""
    found = []
    status = conversation["status"]
    tickets = [
        row for row in tables["handoffs"] if row["conversation_id"] == conversation["id"] and row["closed_at"] is None
    ]
    parked = [row for row in tickets if row["parked_at"] is not None]
    if len(tickets) > 1:
        found.append(f"{len(tickets)} open tickets")
    if status in ("queued", "assigned") and len(tickets) != 1:
        found.append(f"{status} with {len(tickets)} open tickets")
    if status in ("queued", "assigned") and parked:
        found.append(f"{status} with a parked ticket")
    if status in ("bot", "resolved") and len(parked) != len(tickets):
        found.append(f"{status} with an open ticket that is not parked")
    if status == "queued" and (conversation["deadline"] is None or conversation["waiting_since"] is None):
        found.append("queued without a deadline")
    public = [row for row in said if not row["private"] and row["author"] != "system"]
    asks = bool(public) and public[-1]["author"] == "customer" and public[-1]["payload"] is None
    if status == "assigned" and asks and conversation["deadline"] is None and conversation["snoozed_until"] is None:
        found.append("an agent has it, the customer wrote last, and there is no deadline")
    waiting = [
        row for row in tables["turns"] if row["conversation_id"] == conversation["id"] and row["status"] == "waiting"
    ]
    if status != "bot" and waiting:
        found.append(f"{status}, and the bot has turns to do")
    if waiting and conversation["turn_waiting_since"] is None:
        found.append("a turn waits that no worker will look for")
    if status == "bot" and conversation["deadline"] is not None:
        found.append("with the bot, and a deadline runs")
    return found
