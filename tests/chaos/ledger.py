"""What customers and agents were promised by an answer, and whether the tables and the provider's log bear it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from provider import Provider
from stored import Row, Stored, hashed

MAX_ATTEMPTS = 5
TOO_SLOW = "TimeoutError"


@dataclass(frozen=True)
class Acknowledged:
    """A message that somebody was told is stored; `seq` where the answer names one."""

    channel: str
    key: str
    writer: str
    text: str
    message_id: str
    seq: int | None = None


@dataclass
class Ledger:
    """Everything acknowledged, in the order of the acknowledgements.

    Attributes:
        plain: writers who never ask for a person, so that the bot owes each message an answer.
        wrong: what was wrong with an answer itself.
    """

    acknowledged: dict[tuple[str, str], Acknowledged] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def acknowledge(self, one: Acknowledged) -> None:
        """A 2xx for this message; each further one must say the same."""
        known = self.acknowledged.setdefault((one.channel, one.key), one)
        if known != one:
            self.wrong.append(f"{one.key} was acknowledged as {known.message_id}, and again as {one.message_id}")

    def check(self, stored: Stored, provider: Provider) -> dict[str, list[str]]:
        """Every violation in words, under the name of what was looked at; empty lists when all is well."""
        return {
            "wrong": self.wrong,
            "kept": list(self._kept(stored)),
            "ordered": list(self._ordered(stored)),
            "answered": list(self._answered(stored)),
            "numbered": list(numbered(stored)),
            "one_voice": list(one_voice(stored)),
            "sent": list(sent(stored, provider)),
        }

    def _kept(self, stored: Stored) -> Iterator[str]:
        """Promises 1 and 2: what was acknowledged is there, as it was written, once."""
        receipts = {message_id: (channel, key) for (channel, key), message_id in stored.receipts.items()}
        for one in self.acknowledged.values():
            message = stored.messages.get(one.message_id)
            if message is None:
                yield f"lost: {one.key}, acknowledged as {one.message_id}"
                continue
            channel, key = receipts.get(one.message_id, ("", ""))
            if channel != one.channel or key not in _keys(one.key, message, stored):
                yield f"no receipt, or another message's, for {one.key}"
            if message["text"] != one.text or one.seq not in (None, message["seq"]):
                yield f"{one.key} is not as it was acknowledged"
        texts = Counter(row["text"] for row in stored.messages.values() if row["author"] in ("customer", "agent"))
        yield from (f"stored {number} times: {text}" for text, number in texts.items() if number > 1)
        of_messages = Counter(stored.receipts.values())
        for row in stored.messages.values():
            if row["author"] == "customer" and of_messages[row["id"]] != 1:
                yield f"{of_messages[row['id']]} receipts for {row['text']}"

    def _ordered(self, stored: Stored) -> Iterator[str]:
        """Promise 5: who writes one message after the other finds them in that order, in one conversation."""
        by_writer: dict[str, list[Row]] = {}
        for one in self.acknowledged.values():
            if one.channel != "desk" and one.message_id in stored.messages:
                by_writer.setdefault(one.writer, []).append(stored.messages[one.message_id])
        for writer, rows in by_writer.items():
            if len({row["conversation_id"] for row in rows}) > 1:
                yield f"{writer} has several conversations"
            for earlier, later in pairwise(rows):
                if earlier["seq"] >= later["seq"]:
                    yield f"{writer}: {later['text']} was written after {earlier['text']} and stands before it"

    def _answered(self, stored: Stored) -> Iterator[str]:
        """Promises 5, 6 and 11: each turn done once, in order; only what cannot be answered is given up."""
        owed = {one.message_id: one.writer for one in self.acknowledged.values() if one.writer in self.plain}
        # five tries, or one that took over ten seconds: what is written afterwards is a person's to answer
        given_up = {turn["conversation_id"] for turn in stored.turns.values() if turn["status"] == "failed"}
        for message_id, writer in owed.items():
            turn = stored.turns.get(message_id)
            if message_id in stored.messages and stored.messages[message_id]["conversation_id"] in given_up:
                continue
            if turn is None or turn["status"] != "done":
                yield f"{writer}/{turn['seq'] if turn else message_id} is not answered: {turn and turn['status']}"
        for turn in stored.turns.values():
            who = f"turn {turn['conversation_id']}/{turn['seq']}"
            if turn["status"] == "waiting":
                yield f"{who} still waits"
            elif turn["status"] == "failed" and turn["attempts"] < MAX_ATTEMPTS and turn["error"] != TOO_SLOW:
                yield f"{who} was given up after {turn['attempts']} tries: {turn['error']}"
            elif turn["status"] == "dropped" and not _left_the_bot(stored, turn):
                yield f"{who} was dropped, and no person took over"
        ours = {stored.messages[message_id]["conversation_id"] for message_id in owed if message_id in stored.messages}
        for conversation_id in ours:
            said = stored.said[conversation_id]
            done = [row for row in said if row["id"] in stored.turns and stored.turns[row["id"]]["status"] == "done"]
            answers = [row for row in said if row["author"] == "bot"]
            if len(answers) > len(done):
                yield f"{conversation_id}: {len(answers)} answers to {len(done)} messages"
            if _run_together(answers) != _run_together(done):
                yield f"{conversation_id}: answers {_run_together(answers)} to questions {_run_together(done)}"
            if done and (not answers or answers[-1]["seq"] < done[-1]["seq"]):
                yield f"{conversation_id}: nothing was answered after {done[-1]['text']}"


def numbered(stored: Stored) -> Iterator[str]:
    """Seqs without gaps; every message told of once, in the order of the seqs; one open handoff where one must be."""
    for conversation_id, conversation in stored.conversations.items():
        said = stored.said.get(conversation_id, [])
        if [row["seq"] for row in said] != list(range(1, conversation["last_seq"] + 1)):
            yield f"{conversation_id}: the seqs have gaps"
        told = [
            event["payload"]["message_id"] for event in stored.events[conversation_id] if event["kind"] == "message"
        ]
        if told != [row["id"] for row in said]:
            yield f"{conversation_id}: the events do not tell of each message once, in order"
        status, still_open = conversation["status"], stored.open_handoffs.get(conversation_id, 0)
        if still_open != (1 if status in ("queued", "assigned") else 0):
            yield f"{conversation_id} is {status} with {still_open} open handoffs"


def one_voice(stored: Stored) -> Iterator[str]:
    """Promise 12: the bot speaks only while it owns the conversation, and agents only while they do."""
    for conversation_id, happened in stored.events.items():
        status = "bot"
        for event in happened:
            if event["kind"] == "status":
                status = event["payload"]["status"]
            message = stored.messages.get(event["payload"].get("message_id", ""))
            if event["kind"] != "message" or message is None:
                continue
            if message["author"] == "bot" and status != "bot":
                yield f"{conversation_id}/{message['seq']}: the bot spoke while it was {status}"
            if message["author"] == "agent" and not message["private"] and status != "assigned":
                yield f"{conversation_id}/{message['seq']}: an agent spoke while it was {status}"
        if stored.conversations[conversation_id]["status"] != status:
            yield f"{conversation_id} ends {stored.conversations[conversation_id]['status']}, its events say {status}"


def sent(stored: Stored, provider: Provider) -> Iterator[str]:
    """Promises 5 and 8: each message to each chat at most once, in order, and its status is the truth."""
    taken = Counter(one.message_id for one in provider.attempts if one.taken)
    tried = Counter(one.message_id for one in provider.attempts)
    for message_id, delivery in stored.deliveries.items():
        text, status = stored.messages[message_id]["text"], delivery["status"]
        who = f"delivery {delivery['conversation_id']}/{delivery['seq']} ({text[:40]})"
        allowed = {"sent": {1}, "failed": {0}, "unknown": {0, 1}}.get(status)
        if allowed is None:
            yield f"{who} ends {status}"
        elif taken[message_id] not in allowed:
            yield f"{who} is {status}, and was taken {taken[message_id]} times"
        if tried[message_id] > delivery["attempts"]:
            yield f"{who} counts {delivery['attempts']} tries, and the provider {tried[message_id]}"
    owed = [
        row
        for row in stored.messages.values()
        if row["author"] != "customer"
        and not row["private"]
        and stored.conversations[row["conversation_id"]]["channel"] == "fake"
    ]
    if {row["id"] for row in owed} != set(stored.deliveries):
        yield "not exactly the messages to the fake channel's customers have a delivery"
    for chat, attempts in groupby(sorted(provider.taken(), key=lambda one: one.chat), lambda one: one.chat):
        got = list(attempts)
        for one in got:
            row = stored.messages.get(one.message_id)
            address = stored.conversations[row["conversation_id"]]["address"] if row else None
            if row is None or (row["text"], row["seq"], address) != (one.text, one.seq, chat):
                yield f"{chat} got what is not stored, or not so: {one.text}"
        for earlier, later in pairwise(got):
            if earlier.seq >= later.seq:
                yield f"{chat} got {later.seq} after {earlier.seq}"


def _left_the_bot(stored: Stored, turn: Row) -> bool:
    """Whether the conversation went to people after this message came."""
    happened = iter(stored.events[turn["conversation_id"]])
    for event in happened:
        if event["kind"] == "message" and event["payload"]["message_id"] == turn["message_id"]:
            break
    return any(event["kind"] == "status" and event["payload"]["status"] == "queued" for event in happened)


def _run_together(rows: Sequence[Row]) -> list[str | None]:
    """Intents in order, equal neighbours once: fragments of one thought may be answered together."""
    return [intent for intent, _ in groupby(row["intent"] for row in rows)]


def _keys(key: str, message: Row, stored: Stored) -> set[str]:
    """The stored forms of a key: hashed, on some channels with the writer before it, at the desk with the conversation
    as well."""
    address = stored.conversations[message["conversation_id"]]["address"]
    names = (key, f"{address}:{key}", f"{message['author_id']}:{message['conversation_id']}:{key}")
    return {hashed(name) for name in names}
