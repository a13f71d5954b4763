"""A program that answers customers does without TensorFlow, and a pipeline that needs it still gets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT

ANSWERING = """
import asyncio, sys
from pathlib import Path
from bot import models
from bot.dialogue import speed
from rasa.core.agent import Agent

speed.install()
agent = Agent.load(models.current(Path(sys.argv[1])))
assert asyncio.run(agent.parse_message("where is my order 10001"))["intent"]["name"] == "order_status"
print(sorted({"tensorflow", "keras"} & set(sys.modules)))
"""
TRAINING = """
import sys
import bot
import rasa.nlu.extractors.extractor
import rasa.utils.train_utils
import inspect

inspect.getmodule(inspect.currentframe())  # looks at every module there is
print("tensorflow" in sys.modules)
from rasa.nlu.classifiers.diet_classifier import DIETClassifier
from rasa.utils import train_utils

print("tensorflow" in sys.modules, callable(train_utils.rank_and_mask), train_utils is rasa.utils.train_utils)
try:
    train_utils.no_such_thing
except AttributeError:
    print("as any module")
"""


def printed(script: str, *arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.model
def test_a_model_is_loaded_and_understands_without_it(models_dir: Path) -> None:
    assert printed(ANSWERING, str(models_dir))[-1] == "[]"


def test_what_rasa_trains_with_it_is_there_when_it_is_used() -> None:
    assert printed(TRAINING) == ["False", "True True True", "as any module"]
