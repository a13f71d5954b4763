"""Kill -9 of the whole program between receiving and replying: every acknowledged message is answered, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running import Customer, Shohay, demo_settings, eventually


@pytest.mark.timeout(240)
def test_what_was_acknowledged_before_kill_9_is_answered_once_after_the_restart(
    tmp_path: Path, models_dir: Path
) -> None:
    first = Shohay(demo_settings(tmp_path, models_dir), tmp_path / "log").start().ready()
    customers = [Customer(first.url) for _ in range(40)]

    def write(customer: Customer) -> bool:
        try:
            return customer.post({"client_id": "only", "text": "How much is delivery?"}).status_code == 201
        except httpx.HTTPError:
            return False  # not acknowledged, so nothing is promised

    with ThreadPoolExecutor(8) as pool:
        sending = pool.map(write, customers)
        # dies with some messages answered, some being answered, some waiting and some not even received
        eventually(lambda: any(len(one.page()["messages"]) > 1 for one in customers[:4]))
        first.kill()
        acknowledged = [customer for customer, stored in zip(customers, sending, strict=True) if stored]
    assert acknowledged

    again = Shohay(first.settings, first.log, port=first.port).start().ready(path="/healthz")
    try:
        late = Customer(again.url)
        assert late.page()["ready"] is False
        late.write("How much is delivery?")
        unanswered = [one for one in acknowledged if len(one.page()["messages"]) == 1]
        assert unanswered, "the kill came too late to show anything"
        assert "$2" in eventually(lambda: _answers(late), 60)[0]
        for customer in acknowledged:
            # a turn that was running when its worker died is taken up when its lease has run out
            assert len(eventually(lambda customer=customer: _answers(customer), 60)) == 1
        for customer in set(customers) - set(acknowledged):
            customer.post({"client_id": "only", "text": "How much is delivery?"})  # the widget tries again
            assert len(eventually(lambda customer=customer: _answers(customer), 60)) == 1
    finally:
        again.stop()


def _answers(customer: Customer) -> list[str]:
    return [one["text"] for one in customer.page()["messages"] if one["author"] == "bot"]
