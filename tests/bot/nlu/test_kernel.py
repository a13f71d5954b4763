"""Nearness in meaning tells intents apart, also with some of the examples standing for all, and says so by shape."""

import numpy as np
import pytest

from bot.nlu import kernel
from bot.nlu.kernel import fit


def around(centres: int, each: int, seed: int, width: int = 12, apart: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors scattered around as many centres, and the names of those."""
    chance = np.random.default_rng(0)
    middle = chance.normal(size=(centres, width))
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    rows = np.repeat(middle, each, axis=0) + np.random.default_rng(seed).normal(
        scale=apart, size=(centres * each, width)
    )
    names = np.repeat([f"intent_{number}" for number in range(centres)], each)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32), names


def right(rows: np.ndarray, names: np.ndarray, asked: np.ndarray, wanted: np.ndarray) -> float:
    learnt = fit(rows, names)
    return float((learnt.classes[learnt.scores(asked).argmax(axis=1)] == wanted).mean())


def test_it_is_what_scikit_learn_makes_of_the_same_kernel() -> None:
    from sklearn.kernel_ridge import KernelRidge

    rows, names = around(4, 10, seed=1)
    asked, _ = around(4, 5, seed=2)
    learnt = fit(rows, names)
    wanted = np.where(names[:, None] == learnt.classes, 1.0, -1.0)
    same = KernelRidge(alpha=kernel.RIDGE, kernel="rbf", gamma=kernel.WIDTH).fit(rows, wanted).predict(asked)
    assert np.allclose(learnt.scores(asked), same, atol=0.02)


def test_what_lies_near_an_intents_examples_is_that_intent() -> None:
    assert right(*around(8, 20, seed=1), *around(8, 10, seed=2)) > 0.95


def test_some_examples_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "MOST", 60)
    rows, names = around(8, 40, seed=1)
    assert fit(rows, names).examples.shape == (60, 12)
    assert right(rows, names, *around(8, 10, seed=2)) > 0.9


def test_a_few_axes_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, names = around(4, 20, seed=1, width=40, apart=0.05)
    whole = fit(rows, names).scores(rows)
    monkeypatch.setattr(kernel, "AXES", 8)
    fewer = fit(rows, names)
    assert fewer.axes.shape == (40, 8)
    assert np.allclose(fewer.scores(rows), whole, atol=0.15)


def test_of_more_classes_the_unknown_are_never_the_best() -> None:
    rows, names = around(3, 10, seed=1)
    learnt = fit(rows, names)
    more = learnt.over(np.array(["a_new_one", *learnt.classes, "other"]))
    scores = more.scores(rows)
    assert (more.classes[scores.argmax(axis=1)] == names).all()
    assert np.allclose(scores[:, 1:4], learnt.scores(rows))


def test_equal_examples_of_two_intents_are_no_trouble_and_no_rows_have_no_scores() -> None:
    rows = np.repeat(np.eye(3, dtype=np.float32)[:1], 4, axis=0)
    learnt = fit(rows, np.array(["a", "b", "a", "b"]))
    assert np.allclose(learnt.scores(rows), 0.0, atol=0.01)
    assert learnt.scores(rows[:0]).shape == (0, 2)
