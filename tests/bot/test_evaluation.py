"""What is measured is what happened."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation import Judged, report

INTENTS = st.sampled_from(["greet", "thank", "order_status"])
JUDGED = st.builds(
    Judged,
    text=st.text(max_size=8),
    wanted=INTENTS,
    got=st.one_of(st.none(), INTENTS),
    confidence=st.floats(0, 1),
    language=st.sampled_from(["en", "bn"]),
)


def test_accuracy_confusions_and_mistakes_are_told_by_language() -> None:
    told = report(
        [
            Judged("hi", "greet", "greet", 0.9, "en"),
            Judged("thx", "thank", "greet", 0.61234, "en"),
            Judged("ty", "thank", "greet", 0.8, "en"),
            Judged("হাই", "greet", None, 0.1, "bn"),
        ],
        worst=1,
    )
    assert told == {
        "messages": 4,
        "accuracy": 0.25,
        "languages": {
            "bn": {
                "messages": 1,
                "accuracy": 0.0,
                "worst": [{"text": "হাই", "wanted": "greet", "got": None, "confidence": 0.1}],
            },
            "en": {
                "messages": 3,
                "accuracy": 0.3333,
                "worst": [{"text": "ty", "wanted": "thank", "got": "greet", "confidence": 0.8}],
            },
        },
        "confusions": [{"wanted": "thank", "got": "greet", "times": 2}, {"wanted": "greet", "got": None, "times": 1}],
    }


def test_nothing_judged_has_no_accuracy() -> None:
    assert report([]) == {"messages": 0, "accuracy": None, "languages": {}, "confusions": []}


@given(st.lists(JUDGED, max_size=40), st.integers(1, 5))
def test_the_parts_add_up_to_the_whole(judged: list[Judged], worst: int) -> None:
    told = report(judged, worst)
    wrong = [one for one in judged if one.got != one.wanted]
    assert told["messages"] == len(judged) == sum(row["messages"] for row in told["languages"].values())
    if judged:
        assert abs(told["accuracy"] - (1 - len(wrong) / len(judged))) < 1e-4
    pairs = Counter((one.wanted, one.got) for one in wrong)
    assert len(told["confusions"]) == min(len(pairs), 2 * worst)
    assert all(pairs[row["wanted"], row["got"]] == row["times"] for row in told["confusions"])
    times = [row["times"] for row in told["confusions"]]
    assert times == sorted(times, reverse=True)
    for code, row in told["languages"].items():
        confident = sorted((one.confidence for one in wrong if one.language == code), reverse=True)
        assert [one["confidence"] for one in row["worst"]] == [round(one, 3) for one in confident[:worst]]
