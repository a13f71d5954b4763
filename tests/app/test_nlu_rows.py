"""Rows are read whole or refused by file, line and mend; splits are even, the same each time, and leak nothing."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nlu_cases import BASE, chosen, content_rows, ours, public
from benchmarks.nlu_cases import given as files
from benchmarks.rows import BadRows, Row, read, write
from benchmarks.splits import few, folds, held_out
from bot.content.library import read as read_content

ROOT = Path(__file__).parents[2]
ROWS = st.lists(
    st.builds(
        Row,
        text=st.text(min_size=1).filter(str.strip),
        intent=st.sampled_from(["greet", "thank", "refund"]),
        language=st.sampled_from([None, "en", "bn-Latn"]),
        id=st.sampled_from([None, "1", "2", "3"]),
    ),
    min_size=1,
    max_size=60,
)


def fill(folder: Path, *names: str) -> Path:
    """A folder with files of ten rows each."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, [Row(f"{intent} {number}", intent) for intent in ("a", "b") for number in range(5)])
    return folder


@given(rows=ROWS)
def test_what_is_written_is_read_again(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write(path, rows)
    assert read(path) == rows


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("hello", "this is no JSON"),
        ('["hello", "greet"]', "this is no JSON object"),
        ('{"text": "hello"}', "'intent' is missing"),
        ('{"intent": "greet"}', "'text' is missing"),
        ('{"text": "  ", "intent": "greet"}', "'text' is missing"),
        ('{"text": 7, "intent": "greet"}', "'text' is missing or no text"),
        ('{"text": "hello", "intent": "greet", "language": 7}', "'language' is no text"),
        ('{"text": "hello", "intent": "greet", "id": 7}', "'id' is no text"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_shape(line: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "hi", "intent": "greet"}\n\n' + line + "\n", encoding="utf-8")
    with pytest.raises(BadRows) as error:
        read(path)
    assert str(error.value).startswith(f"{path}:3: ")
    assert what in str(error.value)
    assert '{"text": "…", "intent": "…"}' in str(error.value)


@pytest.mark.parametrize(("content", "what"), [(None, "no such file"), (b"\n\n", "no rows"), (b"\xff", "UTF-8")])
def test_a_file_that_cannot_be_used_is_named(content: bytes | None, what: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRows, match=what):
        read(path)


@given(rows=ROWS, count=st.integers(2, 6))
def test_every_row_is_asked_once_and_nothing_that_says_the_same_is_learnt(rows: list[Row], count: int) -> None:
    splits = folds(rows, count)
    assert len(splits) == count
    assert Counter(row for _, test in splits for row in test) == Counter(rows)
    for train, test in splits:
        assert Counter(train) + Counter(test) == Counter(rows)
        together = {(row.intent, row.id) for row in train if row.id}
        assert not together & {(row.intent, row.id) for row in test if row.id}


@given(rows=ROWS, count=st.integers(2, 6))
def test_the_same_rows_are_split_the_same_way(rows: list[Row], count: int) -> None:
    assert folds(rows, count) == folds(list(rows), count)
    assert few(rows, 2) == few(list(rows), 2)


@given(sizes=st.lists(st.integers(1, 23), min_size=1, max_size=8), count=st.integers(2, 6))
def test_every_intent_is_spread_evenly(sizes: list[int], count: int) -> None:
    rows = [Row(f"{number}", f"intent {place}") for place, size in enumerate(sizes) for number in range(size)]
    parts = [Counter(row.intent for row in test) for _, test in folds(rows, count)]
    for place in range(len(sizes)):
        found = [part[f"intent {place}"] for part in parts]
        assert max(found) - min(found) <= 1
    whole = [part.total() for part in parts]
    assert max(whole) - min(whole) <= 1


def test_another_seed_splits_otherwise() -> None:
    rows = [Row(f"{number}", "greet") for number in range(40)]
    assert folds(rows, 4, seed=1) != folds(rows, 4, seed=2)
    assert few(rows, 5, seed=1) != few(rows, 5, seed=2)


def test_a_fifth_is_held_out_of_every_intent() -> None:
    rows = [Row(f"{number}", f"intent {number % 7}") for number in range(140)]
    train, test = held_out(rows)
    assert (len(train), len(test)) == (112, 28)
    assert set(Counter(row.intent for row in test).values()) == {4}


def test_few_takes_as_many_of_each_intent_and_the_same_lines_of_parallel_files() -> None:
    english = [Row(f"english {number}", f"intent {number % 3}", id=str(number)) for number in range(90)]
    bengali = [Row(f"bengali {number}", f"intent {number % 3}", id=str(number)) for number in range(90)]
    english.append(Row("only one", "rare"))
    taken = few(english, 10)
    assert Counter(row.intent for row in taken) == {"intent 0": 10, "intent 1": 10, "intent 2": 10, "rare": 1}
    assert [row.id for row in taken if row.id] == [row.id for row in few(bengali, 10)]


def test_fewer_than_two_folds_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        folds([Row("hi", "greet")], 1)


def test_the_test_file_is_asked_before_dev_and_dev_before_part_of_train(tmp_path: Path) -> None:
    names = ["banking77/train.jsonl", "clinc150/train.jsonl", "clinc150/dev.jsonl", "hwu64-10/train.jsonl"]
    names += ["hwu64-10/dev.jsonl", "hwu64-10/test.jsonl"]
    names += [f"hint3/{name}.train.jsonl" for name in ("sofmattress", "curekart", "powerplay11")]
    for locale in ("en-US", "bn-BD", "hi-IN", "es-ES", "fr-FR", "de-DE"):
        names += [f"massive/{locale}.train.jsonl", f"massive/{locale}.dev.jsonl"]
    cases = {case.name: case for case in public(fill(tmp_path, *names))}
    how = {name: case.how for name, case in cases.items()}
    assert how["banking77"] == "a fifth of train asked"
    assert how["clinc150"] == "dev asked"
    assert how["hwu64-10"] == "test asked"
    assert how["hint3-curekart"] == "5 folds of train"
    assert how["massive-10-bn-BD"] == "10 examples an intent, dev asked"
    assert [(len(train), len(test)) for train, test in cases["banking77"].splits()] == [(8, 2)]
    assert len(cases["hint3-curekart"].splits()) == 5
    folded = {case.name: case for case in public(tmp_path, fold_count=3)}
    assert len(folded["banking77"].splits()) == len(folded["hint3-curekart"].splits()) == 3
    assert folded["clinc150"].how == "dev asked"


def test_a_missing_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match=r"banking77/train\.jsonl: there is no such file"):
        public(tmp_path)


def test_given_files_are_asked_in_the_same_order(tmp_path: Path) -> None:
    fill(tmp_path, "a.jsonl", "b.jsonl", "c.jsonl")
    train, dev, test = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "c.jsonl"))
    assert files(train, dev, test, 5).how == "c.jsonl asked"
    assert files(train, dev, None, 5).how == "b.jsonl asked"
    assert len(files(train, None, None, 4).splits()) == 4


def test_our_content_is_asked_in_folds_that_keep_parallel_lines_together() -> None:
    rows = content_rows(read_content(ROOT / "data"))
    assert {row.language for row in rows} > {BASE}
    languages = defaultdict(set)
    for row in rows:
        if row.id:
            languages[row.intent, row.id].add(row.language)
    assert any(len(found) > 1 for found in languages.values())
    train, test = folds(rows)[0]
    assert not {(row.intent, row.id) for row in train if row.id} & {(row.intent, row.id) for row in test if row.id}


def test_in_plain_folds_every_line_of_our_content_is_asked_by_itself(tmp_path: Path) -> None:
    cases = {case.name: case for case in ours(5, ROOT, tmp_path)}
    strict, plain = (cases[name].splits() for name in ("content-folds", "content-plain-folds"))
    asked = Counter((row.text, row.intent, row.language) for _, test in plain for row in test)
    assert asked == Counter((row.text, row.intent, row.language) for _, test in strict for row in test)
    assert len(plain) == len(strict) == 5
    id_of = {(row.text, row.intent, row.language): row.id for row in content_rows(read_content(ROOT / "data"))}
    for train, test in plain:
        learnt, held = ({id_of[row.text, row.intent, row.language] for row in part} - {None} for part in (train, test))
        assert len(held & learnt) > 0.9 * len(held)


def test_zero_shot_learns_english_alone_and_asks_everything(tmp_path: Path) -> None:
    write(tmp_path / "bn.jsonl", [Row("কোথায়", "order_status", "bn")])
    write(tmp_path / "en.jsonl", [Row("where", "order_status", "en")])
    cases = {case.name: case for case in ours(5, ROOT, tmp_path)}
    ((train, test),) = cases["content-zero-shot"].splits()
    assert {row.language for row in train} == {BASE}
    assert {row.language for row in test} == {"bn", "en"}
    assert cases["content-zero-shot"].told
    assert not cases["content-dev"].told


def test_without_development_questions_there_are_folds_only(tmp_path: Path) -> None:
    assert [case.name for case in ours(5, ROOT, tmp_path)] == ["content-folds", "content-plain-folds"]


def test_cases_are_chosen_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    write(tmp_path / "en.jsonl", [Row("where", "order_status", "en")])
    cases = ours(5, ROOT, tmp_path)
    assert chosen(cases, []) == cases
    assert [case.name for case in chosen(cases, ["content-d"])] == ["content-dev"]
    with pytest.raises(BadRows, match="--only clinc: nothing is called so"):
        chosen(cases, ["content", "clinc"])
