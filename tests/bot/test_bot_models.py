"""The models folder: one model in use, replaced in one step, and known to be stale as soon as it is."""

import json
from pathlib import Path

import pytest
from content_testing import replace, write
from hypothesis import given
from hypothesis import strategies as st

from bot import models
from bot.content.errors import ContentError
from bot.models import Manifest

QUESTION = "data/faq/returns/return_policy.yml"


def made(root: Path, name: str = "first") -> Manifest:
    return Manifest(
        name=name,
        fingerprint=models.fingerprint(root),
        trained_at="2026-11-22T10:00:00+00:00",
        seconds=33.5,
        examples=14,
        intents=3,
        languages=("en", "bn"),
        rasa="3.6.21",
        stages={"Reading": 1.5},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "models"
    found.mkdir()
    return found


def publish(folder: Path, manifest: Manifest) -> None:
    (folder / f"{manifest.name}.tar.gz").write_bytes(b"model")
    models.publish(folder, manifest)


def test_what_is_published_is_in_use_with_its_manifest(project: Path, folder: Path) -> None:
    manifest = made(project)
    publish(folder, manifest)
    archive = models.current(folder)
    assert archive == folder / "first.tar.gz"
    assert models.manifest(archive) == manifest
    assert models.fresh(project, folder)


def test_a_new_model_replaces_the_old_one_which_stays_in_the_folder(project: Path, folder: Path) -> None:
    publish(folder, made(project))
    publish(folder, made(project, "second"))
    assert models.current(folder) == folder / "second.tar.gz"
    assert sorted(path.name for path in folder.iterdir()) == [
        "current",
        "first.json",
        "first.tar.gz",
        "second.json",
        "second.tar.gz",
    ]


def test_a_publication_cut_off_before_the_pointer_leaves_the_old_model(
    project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(folder, made(project))
    replaced = Path.replace

    def power_cut(path: Path, target: Path) -> Path:
        if target.name == models.CURRENT:
            raise OSError("power cut")
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", power_cut)
    with pytest.raises(OSError, match="power cut"):
        publish(folder, made(project, "second"))
    archive = models.current(folder)
    assert archive == folder / "first.tar.gz"
    found = models.manifest(archive)
    assert found is not None
    assert found.name == "first"


@pytest.mark.parametrize("pointer", [None, "gone", ""])
def test_without_a_model_there_is_none_in_use(project: Path, folder: Path, pointer: str | None) -> None:
    if pointer is not None:
        (folder / models.CURRENT).write_text(pointer, encoding="utf-8")
    assert models.current(folder) is None
    assert not models.fresh(project, folder)


def test_a_folder_that_is_not_there_has_no_model(tmp_path: Path) -> None:
    assert models.current(tmp_path / "nowhere") is None


def test_a_model_of_rasa_train_has_no_manifest_and_is_never_fresh(project: Path, folder: Path) -> None:
    (folder / "by-hand.tar.gz").write_bytes(b"model")
    (folder / models.CURRENT).write_text("by-hand\n", encoding="utf-8")
    archive = models.current(folder)
    assert archive is not None
    assert models.manifest(archive) is None
    assert not models.fresh(project, folder)


def test_the_manifest_is_readable_json(project: Path, folder: Path) -> None:
    publish(folder, made(project))
    raw = json.loads((folder / "first.json").read_text(encoding="utf-8"))
    assert (raw["name"], raw["languages"], raw["stages"]) == ("first", ["en", "bn"], {"Reading": 1.5})


UNTRAINED = {
    "an answer": (QUESTION, "You have", "Everybody has"),
    "a title": (QUESTION, "en: Returns", "en: Send it back"),
    "what follows": (QUESTION, "[human_agent]", "[order_status]"),
    "a phrase": ("data/phrases/orders.yml", "en: Send", "en: Send it"),
    "a fact": ("data/shop.yml", "{days: 30}", "{days: 60}"),
    "a comment": (QUESTION, "title:", "# better\ntitle:"),
    "a locale": ("data/shop.yml", "bn_BD", "bn_IN"),
    "a nearest language": ("data/shop.yml", "phone_regions", "nearest: {as: bn}\nphone_regions"),
    "a way of typing that nobody has typed in": ("data/shop.yml", "phone_regions", "typings: [bn-Latn]\nphone_regions"),
}


@pytest.mark.parametrize(("file", "old", "new"), UNTRAINED.values(), ids=list(UNTRAINED))
def test_a_change_of_words_needs_no_training(project: Path, folder: Path, file: str, old: str, new: str) -> None:
    publish(folder, made(project))
    replace(project, file, old, new)
    assert models.fresh(project, folder)


TRAINED = {
    "an example": (QUESTION, "what is your return policy", "what is your returns policy"),
    "an example less": (QUESTION, "    how long may I send things back\n", ""),
    "an example in another language": (QUESTION, "রিটার্ন পলিসি কী", "রিটার্ন পলিসি কি"),
    "examples in another order": (
        QUESTION,
        "    can I return this\n    what is your return policy\n",
        "    what is your return policy\n    can I return this\n",
    ),
    "handing over instead of answering": ("data/faq/service/human_agent.yml", "handoff: true", "handoff: false"),
    "a rule": ("data/rules.yml", "action_order_status", "action_return_status"),
    "an example typed in other letters": (
        QUESTION,
        "  bn: |\n    জিনিস",
        "  bn-Latn: |\n    ferot\n  bn: |\n    জিনিস",
    ),
    "an alias of a language": ("data/shop.yml", "[bangla]", "[bangla, bengali]"),
    "a phrase more": ("data/phrases/orders.yml", "widget_send:", "fresh: {en: A, bn: ক}\nwidget_send:"),
}


@pytest.mark.parametrize(("file", "old", "new"), TRAINED.values(), ids=list(TRAINED))
def test_a_change_of_what_is_learnt_makes_the_model_stale(
    project: Path, folder: Path, file: str, old: str, new: str
) -> None:
    publish(folder, made(project))
    replace(project, file, old, new)
    assert not models.fresh(project, folder)


@pytest.mark.parametrize(
    "file",
    [
        "config.yml",
        "domain.yml",
        "data/stories.yml",
        "bot/nlu/intent.py",
        "bot/nlu/weights/student.json",
        "bot/importer.py",
    ],
)
def test_configuration_and_components_are_part_of_what_is_learnt(
    project: Path, folder: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "COMPONENTS", project / "bot")
    publish(folder, made(project))
    write(project, file, "# changed\n")
    assert not models.fresh(project, folder)


def test_an_answer_that_is_new_makes_the_model_stale_since_it_is_a_response(project: Path, folder: Path) -> None:
    publish(folder, made(project))
    write(project, "data/faq/orders/gift.yml", (project / QUESTION).read_text(encoding="utf-8"))
    assert not models.fresh(project, folder)


def test_undoing_a_change_makes_the_model_fresh_again(project: Path, folder: Path) -> None:
    publish(folder, made(project))
    replace(project, QUESTION, "can I return this", "may I return this")
    assert not models.fresh(project, folder)
    replace(project, QUESTION, "may I return this", "can I return this")
    assert models.fresh(project, folder)


def test_broken_content_has_no_fingerprint(project: Path) -> None:
    replace(project, QUESTION, "title:", "titel:")
    with pytest.raises(ContentError):
        models.fingerprint(project)


@given(name=st.from_regex(r"[0-9]{8}-[0-9]{6}-[0-9]{1,6}", fullmatch=True), seconds=st.floats(0, 1e6))
def test_a_manifest_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, name: str, seconds: float
) -> None:
    folder = tmp_path_factory.mktemp("models")
    manifest = Manifest(name, "f", "2026-11-22T10:00:00+00:00", seconds, 1, 1, ("en",), "3.6.21")
    publish(folder, manifest)
    archive = models.current(folder)
    assert archive is not None
    assert models.manifest(archive) == manifest
