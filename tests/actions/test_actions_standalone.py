"""The same actions behind Rasa's own action server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor
from shop_testing import ROOT, EngineMaker, Said, user
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from actions.cancel_order import ValidateCancelOrderForm
from actions.shop import tables
from actions.standalone import ShopNotConfigured, StandaloneShop, database_url, phone_regions, policy


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


async def in_cancel_form(number: str, contact: str, **slots: str) -> Said:
    """The form before a cancellation as Rasa's own server asks for it: made without anything."""
    executor = ActionExecutor()
    executor.register_action(ValidateCancelOrderForm())
    slots = {"order_number": number, "order_contact": contact, **slots}
    asked = user("1")
    events = [{"event": "active_loop", "name": "cancel_order_form"}, asked]
    tracker = {"sender_id": "c", "slots": slots, "latest_message": asked["parse_data"], "events": events}
    called = {"next_action": "validate_cancel_order_form", "tracker": tracker, "domain": {}}
    result = await executor.run(called)
    assert result is not None
    return Said(result["responses"], result["events"])


async def states() -> dict[str, str]:
    engine = create_async_engine(database_url(), poolclass=NullPool)
    async with engine.connect() as connection:
        found = (await connection.execute(select(tables.orders.c.number, tables.orders.c.state))).all()
        changes = (await connection.execute(select(tables.changes.c.id))).all()
        codes = (await connection.execute(select(tables.codes.c.id))).all()
    await engine.dispose()
    assert (changes, codes) == ([], [])
    return {number: state for number, state in found}


@pytest.mark.parametrize(
    "slots",
    [
        {},
        {"requested_slot": "one_time_code", "one_time_code": "123456"},
        {"requested_slot": "confirmation", "confirmation": "yes", "stepped_up_order": "10003"},
    ],
)
async def test_without_letters_a_change_goes_to_a_person_whatever_is_typed(
    demo_url: str, slots: dict[str, str]
) -> None:
    said = await in_cancel_form("10003", "jonas@example.com", **slots)
    assert said.keys == ["code_not_possible"]
    assert said.slots["handoff_reason"] == "verification_failed"
    assert (said.slots["approved_order"], said.slots["requested_slot"]) == (None, None)
    assert (await states())["10003"] == "processing"


async def test_what_the_shops_file_does_not_allow_is_refused_there_too(demo_url: str) -> None:
    said = await in_cancel_form("10002", "amina@example.com")
    assert said.keys == ["cancel_too_late"]
    assert said.slots["approved_order"] is None


async def test_somebody_elses_order_is_not_found_there_either(demo_url: str) -> None:
    said = await in_cancel_form("10003", "amina@example.com")
    assert said.keys == ["order_no_match"]
    assert said.slots["requested_slot"] == "order_number"


def test_the_policy_is_the_one_of_the_shops_file() -> None:
    shop = yaml.safe_load((ROOT / "data" / "shop.yml").read_text(encoding="utf-8"))
    assert set(policy().cancel_while) == set(shop["policies"]["cancel_while"])
    assert policy().code_valid == timedelta(minutes=shop["facts"]["code_valid"]["minutes"])


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


async def test_another_shop_system_is_not_taken_for_ours(demo_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOHAY_SHOP", "woocommerce")
    with pytest.raises(ShopNotConfigured, match="SHOHAY_SHOP is woocommerce"):
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
