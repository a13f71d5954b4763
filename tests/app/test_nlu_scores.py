"""The scores of hand-made predictions are the ones worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nlu_arms import prediction
from benchmarks.nlu_runs import by_language
from benchmarks.nlu_scores import OUT_OF_SCOPE, Prediction, mean, score
from benchmarks.rows import Row

OUTSIDE = Row("what is the weather", OUT_OF_SCOPE)


def said(intent: str | None, *ranking: tuple[str, float], **more: object) -> Prediction:
    """A prediction; without a ranking its intent has .9."""
    ranked = ranking or (((intent, 0.9),) if intent else ())
    return Prediction(intent, ranked, **{"milliseconds": 1.0, **more})  # type: ignore[arg-type]


def rows(*intents: str) -> list[Row]:
    return [Row(f"message {number}", intent) for number, intent in enumerate(intents)]


def test_known_rows_have_known_scores() -> None:
    asked = rows("greet", "greet", "refund", "refund", OUT_OF_SCOPE, OUT_OF_SCOPE)
    made = [
        said("greet", ("greet", 0.9), ("refund", 0.1), milliseconds=1.0),
        said("nlu_fallback", ("nlu_fallback", 0.3), ("greet", 0.2), ("refund", 0.1), milliseconds=2.0),
        said("refund", ("refund", 0.8), ("greet", 0.2), milliseconds=3.0),
        said("greet", ("greet", 0.5), ("refund", 0.4), milliseconds=4.0),
        said(OUT_OF_SCOPE, (OUT_OF_SCOPE, 0.7), ("greet", 0.1), milliseconds=5.0),
        said("refund", ("refund", 0.6), (OUT_OF_SCOPE, 0.3), milliseconds=6.0),
    ]
    found = score(asked, made)
    assert (found.rows, found.outside) == (6, 2)
    assert found.accuracy == found.unrejected == 0.75
    assert found.answered == found.at_once == 0.5
    # greet: two right, one too many; refund: one right, one missed, one too many
    assert found.macro_f1 == pytest.approx((0.8 + 0.5) / 2)
    assert found.recall == 0.5
    assert found.precision == 0.5
    # doubts .1 .8 .2 .5 inside, .9 .4 outside: (4 + 2) of 8 pairs in order
    assert found.auroc == pytest.approx(6 / 8)
    # 1 rightly, 1 wrongly rejected; 3 rightly, 1 wrongly kept: (1·3 - 1·1) / √(2·2·4·4)
    assert found.mcc == pytest.approx(0.25)
    assert (found.p50, found.p95) == (3.5, pytest.approx(5.75))
    assert (found.offered, found.pair, found.asked, found.language) == (None, None, None, None)


def test_without_rows_out_of_scope_nothing_is_said_about_rejecting() -> None:
    found = score(rows("greet", "refund"), [said("greet"), said("greet")])
    assert found.accuracy == 0.5
    assert (found.recall, found.precision, found.auroc, found.mcc) == (None, None, None, None)


def test_all_rejected_is_no_accuracy_and_all_recall() -> None:
    made = [said(name, ("greet", 0.2)) for name in (None, "nlu_fallback", "foreign_language", OUT_OF_SCOPE)]
    found = score([*rows("greet", "greet", "greet"), OUTSIDE], made)
    # asked again, the best one is still known; of what is called out of scope nothing is
    assert (found.accuracy, found.answered, found.unrejected) == (pytest.approx(1 / 3), 0.0, 1.0)
    assert found.macro_f1 == pytest.approx(0.5)
    assert (found.recall, found.precision, found.mcc) == (1.0, 0.25, 0.0)
    assert found.auroc == 0.5


def test_none_rejected_has_no_precision() -> None:
    found = score([*rows("greet"), OUTSIDE], [said("greet"), said("greet")])
    assert (found.recall, found.precision, found.mcc) == (0.0, None, 0.0)


def test_rows_all_out_of_scope_have_no_accuracy() -> None:
    found = score([OUTSIDE, OUTSIDE], [said("greet"), said(None)])
    assert (found.accuracy, found.unrejected, found.at_once, found.macro_f1) == (None, None, None, None)
    assert (found.recall, found.precision, found.auroc, found.mcc) == (0.5, 1.0, None, None)


def test_no_rows_have_no_scores() -> None:
    found = score([], [])
    assert found.rows == 0
    assert (found.accuracy, found.recall, found.p50, found.p95) == (None, None, None, None)


def test_two_offered_are_no_rejection_and_the_best_of_them_counts() -> None:
    ranking = (("greet", 0.4), ("refund", 0.35), ("thank", 0.1))
    made = [said("nlu_choice", *ranking, decision="choose") for _ in range(3)]
    made.append(said("greet", ("greet", 0.9), decision="answer"))
    made.append(said("nlu_fallback", *ranking, decision="ask_again"))
    found = score([*rows("greet", "refund", "thank", "greet"), OUTSIDE], made)
    assert found.accuracy == 0.5
    assert found.at_once == 0.25
    assert found.pair == pytest.approx(2 / 3)
    assert (found.offered, found.asked) == (0.6, 0.2)
    assert (found.recall, found.precision) == (1.0, 1.0)


def test_a_language_is_asked_of_three_words_or_more() -> None:
    asked = [
        Row("where is it", "a", "en"),
        Row("amar order kothay", "a", "bn-Latn"),
        Row("two words", "a", "en"),
        Row("says no language", "a"),
    ]
    made = [said("a", language=code) for code in ("en", "hi-Latn", "de", "fr")]
    assert score(asked, made).language == 0.5
    by = by_language(asked, made)
    assert {code: one.language for code, one in by.items()} == {"en": 1.0, "bn-Latn": 0.0}
    assert {code: one.rows for code, one in by.items()} == {"en": 2, "bn-Latn": 1}


def test_a_parse_of_rasa_is_understood_with_and_without_our_own_fields() -> None:
    whole = {
        "intent": {"name": "nlu_choice", "confidence": 0.4},
        "intent_ranking": [{"name": "greet", "confidence": 0.4}, {"name": "thank", "confidence": 0.3}],
        "language": {"name": "bn", "confidence": 0.9},
        "decision": "choose",
    }
    assert prediction(whole, 2.0) == Prediction(
        "nlu_choice", [("greet", 0.4), ("thank", 0.3)], 2.0, language="bn", decision="choose"
    )
    assert prediction({"intent": {"name": "greet", "confidence": 0.9}}, 2.0).label == "greet"
    nothing = prediction({"intent": {"name": None, "confidence": 0.0}}, 2.0)
    assert (nothing.label, nothing.inside) == (OUT_OF_SCOPE, [(None, 0.0)])


def test_the_mean_is_of_what_is_known() -> None:
    assert mean([0.5, None, 1.0]) == 0.75
    assert mean([None]) is None


NAMES = ["greet", "thank", OUT_OF_SCOPE, "nlu_fallback", "nlu_choice", None]
RANKINGS = st.lists(st.tuples(st.sampled_from(NAMES[:3]), st.floats(0, 1)), max_size=4)
MADE = st.builds(
    Prediction,
    intent=st.sampled_from(NAMES),
    ranking=RANKINGS,
    milliseconds=st.floats(0, 1000),
    decision=st.sampled_from([None, "answer", "choose", "ask_again", OUT_OF_SCOPE]),
)


@given(st.lists(st.tuples(st.sampled_from(["greet", "thank", OUT_OF_SCOPE]), MADE), max_size=30))
def test_every_score_is_a_share_and_strictness_never_raises_it(pairs: list[tuple[str, Prediction]]) -> None:
    found = score(rows(*(intent for intent, _ in pairs)), [made for _, made in pairs])
    shares = (found.accuracy, found.unrejected, found.at_once, found.pair, found.macro_f1, found.recall)
    for value in (*shares, found.precision, found.auroc, found.offered, found.asked):
        assert value is None or 0.0 <= value <= 1.0
    if found.accuracy is not None and found.answered is not None and found.at_once is not None:
        assert found.at_once <= found.answered <= found.accuracy
