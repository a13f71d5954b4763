"""What is held out was not learnt, and of unknown intents nothing is."""

import numpy as np
import pytest

from bot.nlu import trying
from bot.nlu.decision import OUT_OF_SCOPE
from bot.nlu.trying import trials


def intents(count: int, each: int, outside: bool = False) -> np.ndarray:
    names = [f"intent_{number}" for number in range(count)]
    return np.repeat([*names, OUT_OF_SCOPE] if outside else names, each)


def test_of_few_messages_each_is_asked_once_and_never_learnt_then() -> None:
    labels = intents(12, 10, outside=True)
    made = trials(labels, seed=0)
    assert sorted(np.concatenate([one.held for one in made])) == list(range(len(labels)))
    for one in made:
        assert not set(one.seen) & set(one.held)
        assert one.known.all()


def test_of_many_messages_a_fifth_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "FEW", 100)
    labels = intents(12, 10, outside=True)
    (only,) = trials(labels, seed=0)
    assert len(only.held) == len(labels) // 5


def test_where_nothing_shows_what_is_out_of_scope_every_intent_is_once_taken_away() -> None:
    labels = intents(12, 10)
    made = trials(labels, seed=0)
    gone = [set(labels) - set(labels[one.seen]) for one in made]
    assert sorted(name for names in gone for name in names) == sorted(set(labels))
    for one, names in zip(made, gone, strict=True):
        assert (one.known == ~np.isin(labels[one.held], list(names))).all()
        assert not one.known.all()


def test_examples_of_what_is_out_of_scope_make_taking_away_needless() -> None:
    labels = intents(12, 10, outside=True)
    assert all(set(labels[one.seen]) == set(labels) for one in trials(labels, seed=0))


def test_an_intent_of_one_message_is_unknown_when_that_is_asked() -> None:
    labels = np.append(intents(3, 5), "alone")
    for one in trials(labels, seed=0):
        assert (one.known == (labels[one.held] != "alone")).all()


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "a"], ["a", "b"], ["a", "b", "c"]])
def test_with_nothing_to_hold_out_there_is_no_trial(labels: list[str]) -> None:
    assert trials(np.array(labels, dtype=np.str_), seed=0) == []


def test_the_same_seed_makes_the_same_trials() -> None:
    labels = intents(12, 10)
    for one, other in zip(trials(labels, seed=3), trials(labels, seed=3), strict=True):
        assert (one.seen == other.seen).all()
        assert (one.held == other.held).all()
