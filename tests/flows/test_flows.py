"""`rasa test` on the flows: the customer's first words, as they are typed, lead to the right form and action."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.core.test import test as rasa_test

from bot import models

STORIES = Path(__file__).with_name("test_flows.yml")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.model


def test_every_flow_is_there_in_english_and_bengali_and_one_in_each_other_variant() -> None:
    titles = {one["story"] for one in yaml.safe_load(STORIES.read_text(encoding="utf-8"))["stories"]}
    forms = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["forms"]
    flows = [form.removesuffix("_form").replace("_", " ") for form in forms]
    assert {f"{flow}, {language}" for flow in flows for language in ("en", "bn")} <= titles
    assert {title.rpartition(", ")[2] for title in titles} == {"en", "bn", "bn-Latn", "hi", "hi-Latn", "es", "fr", "de"}


def test_the_stories_run_as_they_are_told(models_dir: Path, tmp_path: Path) -> None:
    agent = Agent.load(str(models.current(models_dir)))
    report = asyncio.run(rasa_test(str(STORIES), agent, out_directory=str(tmp_path), e2e=True, disable_plotting=True))
    failed = tmp_path / "failed_test_stories.yml"
    told = failed.read_text(encoding="utf-8") if failed.exists() else ""
    assert report["report"]["conversation_accuracy"]["accuracy"] == 1.0, told
