"""The state machine alone: who may own a conversation after whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handoff import conversations
from handoff.conversations import Conversation, Refused

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
AGENTS = ("rahim", "sadia")

WITH_BOT = Conversation(
    id="c",
    contact_id="p",
    identity_id="i",
    channel="fake",
    status="bot",
    epoch=3,
    language="bn",
    created_at=NOW,
    updated_at=NOW,
    language_chosen=True,
    last_seq=7,
    turn_waiting_since=NOW,
    lease_owner="w",
    lease_until=LATER,
)
QUEUED = conversations.request_handoff(WITH_BOT, "complaint", 3, LATER, NOW)
ASSIGNED = conversations.claim(QUEUED, "rahim", NOW)
RESOLVED = conversations.resolve(ASSIGNED, "rahim", NOW)
STATES = {"bot": WITH_BOT, "queued": QUEUED, "assigned": ASSIGNED, "resolved": RESOLVED}

Step = Callable[[Conversation], Conversation]
STEPS: dict[str, Step] = {
    "request_handoff": lambda c: conversations.request_handoff(c, "human_agent", 1, LATER, NOW),
    "claim": lambda c: conversations.claim(c, "rahim", NOW),
    "transfer": lambda c: conversations.transfer(c, "rahim", "sadia", NOW),
    "requeue": lambda c: conversations.requeue(c, "rahim", LATER, NOW),
    "return_to_bot": lambda c: conversations.return_to_bot(c, "rahim", NOW),
    "resolve": lambda c: conversations.resolve(c, "rahim", NOW),
    "expire": lambda c: conversations.expire(c, LATER),
}
ALLOWED = {
    ("bot", "request_handoff"): ("queued", None),
    ("queued", "claim"): ("assigned", "rahim"),
    ("queued", "expire"): ("bot", None),
    ("assigned", "transfer"): ("assigned", "sadia"),
    ("assigned", "requeue"): ("queued", None),
    ("assigned", "return_to_bot"): ("bot", None),
    ("assigned", "resolve"): ("resolved", None),
}
REFUSED_WITH = {
    "request_handoff": "not_with_bot",
    "claim": "not_queued",
    "transfer": "not_yours",
    "requeue": "not_yours",
    "return_to_bot": "not_yours",
    "resolve": "not_yours",
    "expire": "not_due",
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", STATES)
def test_each_step_leads_where_the_drawing_says_or_is_refused(status: str, step: str) -> None:
    before = STATES[status]
    if (status, step) not in ALLOWED:
        with pytest.raises(Refused) as refused:
            STEPS[step](before)
        assert refused.value.code == REFUSED_WITH[step]
        assert refused.value.message.endswith(".")
        return
    after = STEPS[step](before)
    assert (after.status, after.agent_id) == ALLOWED[status, step]
    assert after.epoch == before.epoch + 1


@pytest.mark.parametrize("step", ["transfer", "requeue", "return_to_bot", "resolve"])
def test_only_the_agent_who_owns_it_may_pass_it_on(step: str) -> None:
    of_sadia = conversations.transfer(ASSIGNED, "rahim", "sadia", NOW)
    with pytest.raises(Refused) as refused:
        STEPS[step](of_sadia)
    assert refused.value.code == "not_yours"


def test_a_transfer_to_oneself_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        conversations.transfer(ASSIGNED, "rahim", "rahim", NOW)
    assert refused.value.code == "already_yours"


def test_a_conversation_does_not_expire_before_its_deadline() -> None:
    with pytest.raises(Refused):
        conversations.expire(QUEUED, LATER - timedelta(microseconds=1))
    assert conversations.expire(QUEUED, LATER).status == "bot"


def test_a_message_reopens_a_resolved_conversation_and_leaves_every_other_with_its_owner() -> None:
    reopened = conversations.receive(RESOLVED, LATER)
    assert (reopened.status, reopened.epoch) == ("bot", RESOLVED.epoch + 1)
    for status in ("bot", "queued", "assigned"):
        assert conversations.receive(STATES[status], LATER) == replace(STATES[status], updated_at=LATER)


def test_the_queue_keeps_reason_and_priority_until_it_is_left_for_good() -> None:
    assert (QUEUED.reason, QUEUED.priority, QUEUED.waiting_since, QUEUED.deadline) == ("complaint", 3, NOW, LATER)
    assert (ASSIGNED.reason, ASSIGNED.priority) == ("complaint", 3)
    again = conversations.requeue(ASSIGNED, "rahim", LATER + timedelta(hours=1), LATER)
    assert (again.reason, again.priority, again.waiting_since) == ("complaint", 3, LATER)
    assert again.deadline == LATER + timedelta(hours=1)
    for left in (RESOLVED, conversations.return_to_bot(ASSIGNED, "rahim", NOW), conversations.expire(QUEUED, LATER)):
        assert (left.reason, left.priority, left.waiting_since, left.deadline) == (None, 0, None, None)


def test_only_its_agent_passes_the_owner_check() -> None:
    conversations.check_owner(ASSIGNED, "rahim")
    for conversation, agent in [(ASSIGNED, "sadia"), (QUEUED, "rahim"), (WITH_BOT, "rahim"), (RESOLVED, "rahim")]:
        with pytest.raises(Refused):
            conversations.check_owner(conversation, agent)


class OwnershipMachine(RuleBasedStateMachine):
    """Any steps in any order by anybody, against a model of two lines: who owns it, and how often that changed."""

    @initialize(language=st.sampled_from(["en", "bn"]), seq=st.integers(0, 50))
    def begin(self, language: str, seq: int) -> None:
        self.now = NOW
        self.first = Conversation(
            "c", "p", "i", "fake", "bot", 0, language, NOW, NOW, last_seq=seq, language_chosen=True
        )
        self.conversation = self.first
        self.owner: tuple[str, str | None] = ("bot", None)
        self.deadline = NOW
        self.changes = 0

    def step(self, allowed: bool, owner: tuple[str, str | None], take: Step) -> None:
        before = self.conversation
        if not allowed:
            with pytest.raises(Refused):
                take(before)
            return
        self.conversation = take(before)
        self.changes += self.owner != owner
        self.owner = owner

    @rule(seconds=st.integers(0, 900))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def a_worker_leases_it(self) -> None:
        if self.owner[0] == "bot":
            self.conversation = replace(
                self.conversation, turn_waiting_since=self.now, lease_owner="w", lease_until=self.now
            )

    @rule()
    def receive(self) -> None:
        owner = ("bot", None) if self.owner[0] == "resolved" else self.owner
        self.step(True, owner, lambda c: conversations.receive(c, self.now))

    @rule(priority=st.integers(0, 5), wait=st.integers(1, 900))
    def request_handoff(self, priority: int, wait: int) -> None:
        allowed = self.owner[0] == "bot"
        if allowed:
            self.deadline = self.now + timedelta(seconds=wait)
        self.step(
            allowed,
            ("queued", None),
            lambda c: conversations.request_handoff(c, "human_agent", priority, self.deadline, self.now),
        )

    @rule(agent=st.sampled_from(AGENTS))
    def claim(self, agent: str) -> None:
        self.step(self.owner[0] == "queued", ("assigned", agent), lambda c: conversations.claim(c, agent, self.now))

    @rule(agent=st.sampled_from(AGENTS), to=st.sampled_from(AGENTS))
    def transfer(self, agent: str, to: str) -> None:
        allowed = self.owner == ("assigned", agent) and agent != to
        self.step(allowed, ("assigned", to), lambda c: conversations.transfer(c, agent, to, self.now))

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def requeue(self, agent: str, wait: int) -> None:
        allowed = self.owner == ("assigned", agent)
        if allowed:
            self.deadline = self.now + timedelta(seconds=wait)
        self.step(allowed, ("queued", None), lambda c: conversations.requeue(c, agent, self.deadline, self.now))

    @rule(agent=st.sampled_from(AGENTS))
    def return_to_bot(self, agent: str) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, ("bot", None), lambda c: conversations.return_to_bot(c, agent, self.now))

    @rule()
    def expire(self) -> None:
        allowed = self.owner[0] == "queued" and self.deadline <= self.now
        self.step(allowed, ("bot", None), lambda c: conversations.expire(c, self.now))

    @rule(agent=st.sampled_from(AGENTS))
    def resolve(self, agent: str) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, ("resolved", None), lambda c: conversations.resolve(c, agent, self.now))

    @invariant()
    def nothing_but_the_drawn_steps_changes_the_owner(self) -> None:
        assert (self.conversation.status, self.conversation.agent_id) == self.owner

    @invariant()
    def the_epoch_counts_the_changes_of_owner(self) -> None:
        assert self.conversation.epoch == self.changes

    @invariant()
    def an_agent_is_named_exactly_while_one_owns_it(self) -> None:
        assert (self.conversation.agent_id is not None) == (self.conversation.status == "assigned")

    @invariant()
    def only_a_waiting_conversation_has_a_deadline(self) -> None:
        waiting = self.conversation.status == "queued"
        assert self.conversation.deadline == (self.deadline if waiting else None)
        assert (self.conversation.waiting_since is not None) == (waiting or self.conversation.status == "assigned")

    @invariant()
    def only_the_bot_has_turns_to_do(self) -> None:
        if self.conversation.status != "bot":
            assert self.conversation.turn_waiting_since is None
            assert self.conversation.lease_owner is None
            assert self.conversation.lease_until is None

    @invariant()
    def what_was_agreed_with_the_customer_stays(self) -> None:
        kept = ("id", "contact_id", "identity_id", "channel", "language", "language_chosen", "created_at", "last_seq")
        assert [asdict(self.conversation)[name] for name in kept] == [asdict(self.first)[name] for name in kept]


TestOwnershipMachine = OwnershipMachine.TestCase
TestOwnershipMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
