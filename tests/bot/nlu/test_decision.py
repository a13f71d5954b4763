"""What is done about a message follows from probabilities, and the thresholds are those that are worth most."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bot.nlu import decision
from bot.nlu.decision import OUT_OF_SCOPE, Thresholds, choose, decide, softmax, temperature

T = Thresholds(certain=0.5, pair=0.6, outside=0.4)
CLASSES = np.array(["a", "b", "c", OUT_OF_SCOPE])


@pytest.mark.parametrize(
    ("ranking", "decided"),
    [
        ([], "ask_again"),
        ([("a", 0.9), ("b", 0.1)], "answer"),
        ([("a", 0.5), ("b", 0.2)], "answer"),
        ([("a", 0.4999), ("b", 0.2)], "choose"),
        ([("a", 0.375), ("b", 0.225)], "choose"),
        ([("a", 0.375), ("b", 0.2249)], "ask_again"),
        ([("a", 0.45)], "ask_again"),
        ([("a", 0.6)], "answer"),
        ([(OUT_OF_SCOPE, 0.3), ("a", 0.2)], "out_of_scope"),
        ([("a", 0.5), (OUT_OF_SCOPE, 0.4)], "out_of_scope"),
        ([("a", 0.5), (OUT_OF_SCOPE, 0.3999)], "answer"),
        # what is nothing of ours is no second meaning
        ([("a", 0.375), (OUT_OF_SCOPE, 0.35), ("b", 0.1)], "ask_again"),
        ([("a", 0.375), (OUT_OF_SCOPE, 0.2), ("b", 0.225)], "choose"),
        ([("a", 0.45), (OUT_OF_SCOPE, 0.3)], "ask_again"),
    ],
)
def test_what_is_done_follows_from_the_thresholds(ranking: list[tuple[str, float]], decided: str) -> None:
    assert decide(ranking, T) == decided


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=6), st.booleans())
def test_a_higher_threshold_never_makes_an_answer_of_what_was_none(weights: list[float], outside: bool) -> None:
    names = [*(f"intent_{place}" for place in range(len(weights) - 1)), OUT_OF_SCOPE if outside else "last"]
    ranking = sorted(((name, weight / sum(weights)) for name, weight in zip(names, weights, strict=True)),
                     key=lambda one: -one[1])  # fmt: skip
    answered = [decide(ranking, Thresholds(certain, 0.5, 0.5)) == "answer" for certain in (0.0, 0.3, 0.6, 1.0)]
    assert answered == sorted(answered, reverse=True)


def worth(chances: np.ndarray, classes: np.ndarray, truth: np.ndarray, thresholds: Thresholds) -> float:
    """The mean worth of what `decide` does, counted message by message."""
    total = 0.0
    for row, wanted in zip(chances, truth, strict=True):
        ranking = sorted(zip(classes, row, strict=True), key=lambda one: -one[1])
        ours = [name for name, _ in ranking if name != OUT_OF_SCOPE]
        match decide([(str(name), float(chance)) for name, chance in ranking], thresholds):
            case "out_of_scope":
                total += decision.RIGHT if wanted == OUT_OF_SCOPE else decision.WRONG
            case "answer":
                total += decision.RIGHT if wanted == ours[0] else decision.WRONG
            case "choose":
                total += decision.OFFERED if wanted in ours[:2] else decision.OFFERED_WRONG
            case "ask_again":
                total += decision.ASKED
    return total / len(truth)


def predictions(seed: int, classes: np.ndarray, skill: float, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Made-up probabilities of messages whose right class they favour by `skill`, and those classes."""
    chance = np.random.default_rng(seed)
    numbers = chance.integers(len(classes), size=count)
    logits = chance.normal(size=(count, len(classes)))
    logits[np.arange(count), numbers] += skill
    return softmax(logits.astype(np.float32)), classes[numbers]


@pytest.mark.parametrize("classes", [CLASSES, CLASSES[:3], CLASSES[2:], CLASSES[:2]], ids=lambda one: "-".join(one))
@pytest.mark.parametrize(("seed", "skill"), [(0, 0.0), (1, 1.0), (2, 2.5)])
def test_no_other_thresholds_are_worth_more(classes: np.ndarray, seed: int, skill: float) -> None:
    chances, truth = predictions(seed, classes, skill)
    chosen = worth(chances, classes, truth, choose(chances, classes, truth))
    grid = itertools.product(decision._CERTAIN, decision._PAIR[::2], decision._OUTSIDE[::3])
    assert chosen + 1e-3 >= max(worth(chances, classes, truth, Thresholds(*one)) for one in grid)


def rows(*of: list[float]) -> np.ndarray:
    return np.array(of, dtype=np.float64)


def test_what_is_surely_known_is_answered_and_what_is_not_is_asked_again() -> None:
    known, unknown = [0.7, 0.1, 0.1, 0.1], [0.3, 0.24, 0.23, 0.23]
    chances = rows(*[known] * 20, *[unknown] * 20)
    truth = np.array(["a"] * 20 + ["c"] * 20)
    found = choose(chances, CLASSES, truth)
    decided = [decide(list(zip(CLASSES, row, strict=True)), found) for row in (known, unknown)]
    assert decided == ["answer", "ask_again"]


def test_two_close_meanings_are_offered_where_one_of_them_is_right() -> None:
    chances = rows(*[[0.45, 0.4, 0.1, 0.05]] * 20)
    truth = np.array(["a", "b"] * 10)
    found = choose(chances, CLASSES, truth)
    assert decide(list(zip(CLASSES, chances[0], strict=True)), found) == "choose"


def test_where_every_guess_is_right_every_guess_is_answered() -> None:
    chances, truth = predictions(3, CLASSES[:3], skill=0.0)
    truth = CLASSES[:3][chances.argmax(axis=1)]
    found = choose(chances, CLASSES[:3], truth)
    assert worth(chances, CLASSES[:3], truth, found) == decision.RIGHT


def test_where_every_guess_is_wrong_no_guess_is_answered() -> None:
    chances = rows(*[[0.5, 0.2, 0.2, 0.1]] * 10)
    found = choose(chances, np.array(["a", "b", "c", "d"]), np.array(["d"] * 10))
    assert decide([("a", 0.5), ("b", 0.2), ("c", 0.2), ("d", 0.1)], found) == "ask_again"


def test_what_is_nothing_of_ours_is_said_to_be_even_where_it_is_not_likeliest() -> None:
    outside, ours = [0.4, 0.15, 0.1, 0.35], [0.8, 0.1, 0.05, 0.05]
    found = choose(rows(*[outside] * 10, *[ours] * 10), CLASSES, np.array([OUT_OF_SCOPE] * 10 + ["a"] * 10))
    assert decide(list(zip(CLASSES, outside, strict=True)), found) == "out_of_scope"
    assert decide(list(zip(CLASSES, ours, strict=True)), found) == "answer"


def test_what_is_likeliest_nothing_of_ours_is_lost_whatever_the_thresholds_and_sways_them_not() -> None:
    lost, found = [0.32, 0.2, 0.1, 0.38], [0.45, 0.15, 0.1, 0.3]
    chosen = choose(rows(*[lost] * 20, *[found] * 10), CLASSES, np.array(["a"] * 20 + [OUT_OF_SCOPE] * 10))
    assert decide(list(zip(CLASSES, found, strict=True)), chosen) == "out_of_scope"


@pytest.mark.parametrize(("name", "decided"), [("a", "answer"), (OUT_OF_SCOPE, "out_of_scope")])
def test_one_class_is_all_there_is(name: str, decided: str) -> None:
    found = choose(np.ones((4, 1)), np.array([name]), np.array([name] * 4))
    assert decide([(name, 1.0)], found) == decided


@pytest.mark.parametrize("known", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(known: float) -> None:
    chance = np.random.default_rng(7)
    logits = chance.normal(scale=2.0, size=(4000, 6)).astype(np.float32)
    cumulated = softmax(logits / known).cumsum(axis=1)
    truth = (chance.random((4000, 1)) > cumulated).sum(axis=1).clip(max=5)
    assert temperature(logits, truth) == pytest.approx(known, rel=0.15)


def test_finding_a_temperature_leaves_the_scores_as_they_are() -> None:
    logits = np.array([[1.0, 2.0], [3.0, 1.0]], dtype=np.float32)
    before = logits.copy()
    temperature(logits, np.array([1, 0]))
    assert (logits == before).all()


SCORES = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
)


@given(SCORES)
def test_probabilities_of_a_row_are_one_together_however_large_the_scores(scores: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        chances = softmax(scores)
    assert np.allclose(chances.sum(axis=1), 1.0)
    assert (chances >= 0.0).all()
    assert (chances[np.arange(len(scores)), scores.argmax(axis=1)] == chances.max(axis=1)).all()
