"""The same actions behind Rasa's own action server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from shop_testing import ROOT, EngineMaker

from actions.standalone import ShopNotConfigured, StandaloneShop, database_url, phone_regions


@pytest.fixture
def demo_url(sqlite_demo: EngineMaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = f"sqlite:///{sqlite_demo().url.database}"
    monkeypatch.setenv("SHOHAY_DATABASE_URL", url)
    yield url


def test_the_action_server_finds_just_the_actions_that_the_domain_names() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    # in a process of its own: the server takes every action class that anybody has defined
    program = (
        "import json\n"
        "from rasa_sdk.executor import ActionExecutor\n"
        "executor = ActionExecutor()\n"
        "executor.register_package('actions')\n"
        "print(json.dumps(sorted(executor.actions)))\n"
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert set(json.loads(found.stdout.splitlines()[-1])) == set(domain["actions"])


def test_the_package_serves_in_a_process_of_its_own(demo_url: str, tmp_path: Path) -> None:
    call = {
        "next_action": "action_order_status",
        "tracker": {"sender_id": "c", "slots": {"order_number": "10001", "order_contact": "01712345678"}},
    }
    program = (
        "import asyncio, json, sys\n"
        "from rasa_sdk.executor import ActionExecutor\n"
        "executor = ActionExecutor()\n"
        "executor.register_package('actions')\n"
        "print(json.dumps(asyncio.run(executor.run(json.loads(sys.argv[1])))))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(call)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["responses"][0]["response"] == "utter_order_status_shipped"


async def test_the_shop_of_the_environment_is_opened_when_asked(demo_url: str) -> None:
    shop = StandaloneShop()
    order = await shop.find_order("10002")
    assert order is not None
    assert await shop.find_return("10002", None) == order.returns[0]
    assert len(await shop.orders_of(order.customer.id, 5)) == 2


async def test_without_a_database_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOHAY_DATABASE_URL", raising=False)
    with pytest.raises(ShopNotConfigured, match="SHOHAY_DATABASE_URL"):
        await StandaloneShop().find_order("10001")


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ("sqlite:///shop.db", "sqlite+aiosqlite:///shop.db"),
        ("postgresql://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("postgres://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("postgresql+asyncpg://u@h/db", "postgresql+asyncpg://u@h/db"),
    ],
)
def test_a_database_url_without_a_driver_gets_ours(given: str, opened: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_DATABASE_URL", given)
    assert database_url().render_as_string() == opened


def test_phone_regions_are_the_shops() -> None:
    assert phone_regions()[0] == "BD"
