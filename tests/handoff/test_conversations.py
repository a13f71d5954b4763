"""The state machine alone: who may own a conversation after whom, and by when somebody must have answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handoff import conversations
from handoff.conversations import Conversation, Refused, Ticket

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
MUCH_LATER = NOW + timedelta(hours=2)
AGENTS = ("rahim", "sadia")

TICKET = Ticket("complaint", 3, "support", NOW, NOW - timedelta(minutes=30), LATER)
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
QUEUED = conversations.request_handoff(WITH_BOT, TICKET, NOW)
ASSIGNED = conversations.claim(QUEUED, "rahim", MUCH_LATER, NOW)
RESOLVED = conversations.resolve(ASSIGNED, "rahim", NOW)
STATES = {"bot": WITH_BOT, "queued": QUEUED, "assigned": ASSIGNED, "resolved": RESOLVED}

Step = Callable[[Conversation], Conversation]
STEPS: dict[str, Step] = {
    "request_handoff": lambda c: conversations.request_handoff(c, TICKET, NOW),
    "claim": lambda c: conversations.claim(c, "rahim", LATER, NOW),
    "take_over": lambda c: conversations.take_over(c, "nasreen", LATER, NOW),
    "transfer": lambda c: conversations.transfer(c, "rahim", "sadia", LATER, NOW),
    "requeue": lambda c: conversations.requeue(c, "rahim", TICKET, NOW),
    "return_to_bot": lambda c: conversations.return_to_bot(c, "rahim", NOW),
    "resolve": lambda c: conversations.resolve(c, "rahim", NOW),
    "leave_queue": lambda c: conversations.leave_queue(c, NOW),
}
ALLOWED = {
    ("bot", "request_handoff"): ("queued", None),
    ("queued", "claim"): ("assigned", "rahim"),
    ("queued", "leave_queue"): ("bot", None),
    ("bot", "take_over"): ("assigned", "nasreen"),
    ("queued", "take_over"): ("assigned", "nasreen"),
    ("assigned", "take_over"): ("assigned", "nasreen"),
    ("assigned", "transfer"): ("assigned", "sadia"),
    ("assigned", "requeue"): ("queued", None),
    ("assigned", "return_to_bot"): ("bot", None),
    ("assigned", "resolve"): ("resolved", None),
}
REFUSED_WITH = {
    "request_handoff": "not_with_bot",
    "claim": "not_queued",
    "leave_queue": "not_queued",
    "take_over": "resolved",
    "transfer": "not_yours",
    "requeue": "not_yours",
    "return_to_bot": "not_yours",
    "resolve": "not_yours",
}


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(Refused) as found:
        step()
    assert found.value.message.endswith(".")
    return found.value.code


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", STATES)
def test_each_step_leads_where_the_drawing_says_or_is_refused(status: str, step: str) -> None:
    before = STATES[status]
    if (status, step) not in ALLOWED:
        assert refused(lambda: STEPS[step](before)) == REFUSED_WITH[step]
        return
    after = STEPS[step](before)
    assert (after.status, after.agent_id) == ALLOWED[status, step]
    assert after.epoch == before.epoch + 1


@pytest.mark.parametrize("step", ["transfer", "requeue", "return_to_bot", "resolve"])
def test_only_the_agent_who_owns_it_may_pass_it_on(step: str) -> None:
    of_sadia = conversations.transfer(ASSIGNED, "rahim", "sadia", LATER, NOW)
    assert refused(lambda: STEPS[step](of_sadia)) == "not_yours"


def test_only_the_agent_who_owns_it_may_put_it_aside() -> None:
    for conversation in (WITH_BOT, QUEUED, RESOLVED, replace(ASSIGNED, agent_id="sadia")):
        for step in (conversations.snooze, lambda c, agent, at: conversations.unsnooze(c, agent, at)):
            assert refused(lambda one=conversation, do=step: do(one, "rahim", LATER)) == "not_yours"


def test_what_is_ones_own_is_neither_transferred_nor_taken_over() -> None:
    assert refused(lambda: conversations.transfer(ASSIGNED, "rahim", "rahim", LATER, NOW)) == "already_yours"
    assert refused(lambda: conversations.take_over(ASSIGNED, "rahim", LATER, NOW)) == "already_yours"


def test_a_message_reopens_a_resolved_conversation_and_leaves_every_other_with_its_owner() -> None:
    reopened = conversations.receive(RESOLVED, LATER, LATER)
    assert (reopened.status, reopened.epoch) == ("bot", RESOLVED.epoch + 1)
    for status in ("bot", "queued", "assigned"):
        received = conversations.receive(STATES[status], MUCH_LATER, LATER)
        assert received == replace(STATES[status], updated_at=LATER)


def test_the_queue_keeps_reason_and_priority_until_it_is_left_for_good() -> None:
    assert (QUEUED.reason, QUEUED.priority, QUEUED.waiting_since, QUEUED.deadline) == ("complaint", 3, NOW, LATER)
    assert (ASSIGNED.reason, ASSIGNED.priority, ASSIGNED.waiting_since) == ("complaint", 3, NOW)
    for left in (RESOLVED, conversations.return_to_bot(ASSIGNED, "rahim", NOW), conversations.leave_queue(QUEUED, NOW)):
        assert (left.reason, left.priority, left.waiting_since) == (None, 0, None)
        assert (left.rank, left.deadline, left.deadline_kind, left.deadline_state) == (None, None, None, None)


def test_what_the_customer_was_asked_or_chose_is_forgotten_when_the_owner_changes() -> None:
    asked = replace(QUEUED, expects="contact", choice="wait", absence_told=True)
    for after in (conversations.claim(asked, "rahim", LATER, NOW), conversations.leave_queue(asked, NOW)):
        assert (after.expects, after.choice, after.absence_told) == (None, None, False)


def test_a_claim_keeps_the_deadline_and_the_answer_ends_it() -> None:
    assert (ASSIGNED.deadline, ASSIGNED.deadline_kind) == (LATER, "first")
    answered = conversations.answered(ASSIGNED)
    assert (answered.deadline, answered.deadline_kind, answered.deadline_state) == (None, None, None)
    asked = conversations.receive(answered, MUCH_LATER, LATER)
    assert (asked.deadline, asked.deadline_kind) == (MUCH_LATER, "next")


def test_a_second_message_of_the_customer_does_not_put_the_deadline_off() -> None:
    asked = conversations.receive(conversations.answered(ASSIGNED), LATER, NOW)
    assert conversations.receive(asked, MUCH_LATER, NOW).deadline == LATER
    late = conversations.breach(asked, LATER)
    assert conversations.receive(late, MUCH_LATER, LATER) == replace(late, updated_at=LATER)


def test_whoever_gets_what_is_late_already_has_time_of_their_own_to_answer() -> None:
    late = conversations.breach(QUEUED, LATER)
    late_with_rahim = conversations.breach(ASSIGNED, LATER)
    for after, kind in (
        (conversations.claim(late, "rahim", MUCH_LATER, LATER), "first"),
        (conversations.take_over(late, "nasreen", MUCH_LATER, LATER), "first"),
        (conversations.transfer(late_with_rahim, "rahim", "sadia", MUCH_LATER, LATER), "first"),
        (conversations.take_over(late_with_rahim, "nasreen", MUCH_LATER, LATER), "first"),
    ):
        assert (after.deadline, after.deadline_kind, after.deadline_state) == (MUCH_LATER, kind, None)


def test_taken_over_from_the_bot_the_customer_has_a_deadline() -> None:
    taken = conversations.take_over(WITH_BOT, "nasreen", LATER, NOW)
    assert (taken.deadline, taken.deadline_kind, taken.waiting_since) == (LATER, "next", NOW)
    assert (taken.turn_waiting_since, taken.lease_owner) == (None, None)


def test_a_deadline_is_not_breached_before_its_time_nor_told_twice_to_an_agent() -> None:
    for conversation in (QUEUED, ASSIGNED):
        assert refused(lambda c=conversation: conversations.breach(c, LATER - timedelta(microseconds=1))) == "not_due"
    late = conversations.breach(ASSIGNED, LATER)
    assert late.deadline_state == "breached"
    assert refused(lambda: conversations.breach(late, MUCH_LATER)) == "not_due"
    assert refused(lambda: conversations.breach(WITH_BOT, MUCH_LATER)) == "not_due"


def test_in_the_queue_one_deadline_follows_another() -> None:
    late = conversations.breach(QUEUED, LATER)
    assert conversations.breach(late, LATER).deadline_state == "breached"
    again = conversations.look_again_at(late, MUCH_LATER)
    assert (again.deadline, again.deadline_state) == (MUCH_LATER, "breached")
    assert refused(lambda: conversations.breach(again, LATER)) == "not_due"
    assert conversations.breach(again, MUCH_LATER).deadline_state == "breached"
    by_choice = conversations.postpone(late, MUCH_LATER)
    assert (by_choice.deadline, by_choice.deadline_state) == (MUCH_LATER, None)


def test_put_aside_it_is_taken_up_again_at_its_time_by_its_agent_or_by_the_customers_words() -> None:
    aside = conversations.snooze(ASSIGNED, "rahim", LATER)
    assert (aside.snoozed_until, aside.deadline, aside.epoch) == (LATER, None, ASSIGNED.epoch)
    assert refused(lambda: conversations.wake(aside, MUCH_LATER, LATER - timedelta(seconds=1))) == "not_due"
    for up in (
        conversations.wake(aside, MUCH_LATER, LATER),
        conversations.unsnooze(aside, "rahim", MUCH_LATER),
        conversations.receive(aside, MUCH_LATER, NOW),
    ):
        assert (up.snoozed_until, up.deadline, up.deadline_kind) == (None, MUCH_LATER, "next")
    assert refused(lambda: conversations.wake(ASSIGNED, MUCH_LATER, LATER)) == "not_due"
    answered = conversations.answered(ASSIGNED)
    assert conversations.unsnooze(answered, "rahim", MUCH_LATER) == answered


def test_only_its_agent_passes_the_owner_check() -> None:
    conversations.check_owner(ASSIGNED, "rahim")
    for conversation, agent in [(ASSIGNED, "sadia"), (QUEUED, "rahim"), (WITH_BOT, "rahim"), (RESOLVED, "rahim")]:
        assert refused(lambda c=conversation, a=agent: conversations.check_owner(c, a)) == "not_yours"


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

    @property
    def mine(self) -> bool:
        return self.owner[0] == "assigned"

    def in_(self, seconds: int) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def ticket(self, priority: int, wait: int) -> Ticket:
        return Ticket("human_agent", priority, "support", self.now, self.now, self.in_(wait))

    @rule(seconds=st.integers(0, 900))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def a_worker_leases_it(self) -> None:
        if self.owner[0] == "bot":
            self.conversation = replace(
                self.conversation, turn_waiting_since=self.now, lease_owner="w", lease_until=self.now
            )

    @rule(wait=st.integers(1, 900))
    def receive(self, wait: int) -> None:
        owner = ("bot", None) if self.owner[0] == "resolved" else self.owner
        self.step(True, owner, lambda c: conversations.receive(c, self.in_(wait), self.now))

    @rule(priority=st.integers(0, 5), wait=st.integers(1, 900))
    def request_handoff(self, priority: int, wait: int) -> None:
        ticket = self.ticket(priority, wait)
        self.step(
            self.owner[0] == "bot", ("queued", None), lambda c: conversations.request_handoff(c, ticket, self.now)
        )

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def claim(self, agent: str, wait: int) -> None:
        self.step(
            self.owner[0] == "queued",
            ("assigned", agent),
            lambda c: conversations.claim(c, agent, self.in_(wait), self.now),
        )

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def take_over(self, agent: str, wait: int) -> None:
        self.step(
            self.owner[0] != "resolved" and self.owner != ("assigned", agent),
            ("assigned", agent),
            lambda c: conversations.take_over(c, agent, self.in_(wait), self.now),
        )

    @rule(agent=st.sampled_from(AGENTS), to=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def transfer(self, agent: str, to: str, wait: int) -> None:
        allowed = self.owner == ("assigned", agent) and agent != to
        self.step(allowed, ("assigned", to), lambda c: conversations.transfer(c, agent, to, self.in_(wait), self.now))

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def requeue(self, agent: str, wait: int) -> None:
        ticket = self.ticket(1, wait)
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, ("queued", None), lambda c: conversations.requeue(c, agent, ticket, self.now))

    @rule(agent=st.sampled_from(AGENTS))
    def return_to_bot(self, agent: str) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, ("bot", None), lambda c: conversations.return_to_bot(c, agent, self.now))

    @rule()
    def leave_queue(self) -> None:
        self.step(self.owner[0] == "queued", ("bot", None), lambda c: conversations.leave_queue(c, self.now))

    @rule(agent=st.sampled_from(AGENTS))
    def resolve(self, agent: str) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, ("resolved", None), lambda c: conversations.resolve(c, agent, self.now))

    @rule()
    def answer(self) -> None:
        if self.mine:
            self.step(True, self.owner, conversations.answered)

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def snooze(self, agent: str, wait: int) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, self.owner, lambda c: conversations.snooze(c, agent, self.in_(wait)))

    @rule(agent=st.sampled_from(AGENTS), wait=st.integers(1, 900))
    def unsnooze(self, agent: str, wait: int) -> None:
        allowed = self.owner == ("assigned", agent)
        self.step(allowed, self.owner, lambda c: conversations.unsnooze(c, agent, self.in_(wait)))

    @rule(wait=st.integers(1, 900))
    def wake(self, wait: int) -> None:
        until = self.conversation.snoozed_until
        allowed = until is not None and until <= self.now
        self.step(allowed, self.owner, lambda c: conversations.wake(c, self.in_(wait), self.now))

    @rule(wait=st.integers(1, 900))
    def breach(self, wait: int) -> None:
        deadline, state = self.conversation.deadline, self.conversation.deadline_state
        allowed = deadline is not None and deadline <= self.now
        allowed = allowed and (state != "breached" or self.owner[0] == "queued")
        self.step(allowed, self.owner, lambda c: conversations.breach(c, self.now))
        if allowed and self.owner[0] == "queued":
            self.conversation = conversations.look_again_at(self.conversation, self.in_(wait))

    @invariant()
    def nothing_but_the_drawn_steps_changes_the_owner(self) -> None:
        assert (self.conversation.status, self.conversation.agent_id) == self.owner

    @invariant()
    def the_epoch_counts_the_changes_of_owner(self) -> None:
        assert self.conversation.epoch == self.changes

    @invariant()
    def an_agent_is_named_exactly_while_one_owns_it(self) -> None:
        assert (self.conversation.agent_id is not None) == self.mine
        assert (self.conversation.agent_since is not None) == self.mine
        assert self.mine or self.conversation.snoozed_until is None

    @invariant()
    def it_has_a_place_exactly_while_it_is_queued(self) -> None:
        assert (self.conversation.rank is not None) == (self.owner[0] == "queued")

    @invariant()
    def who_waits_in_the_queue_has_a_deadline_and_only_who_waits_for_a_person_has_one(self) -> None:
        one = self.conversation
        if self.owner[0] == "queued":
            assert one.deadline is not None
        if self.owner[0] in ("bot", "resolved"):
            assert one.deadline is None
        assert (one.deadline is None) == (one.deadline_kind is None)
        assert one.deadline is not None or one.deadline_state is None
        assert (one.waiting_since is not None) == (self.owner[0] in ("queued", "assigned"))

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
