"""One customer's messages through the whole path, beside stock Rasa on the same machine in the same run.

Ours: HTTP request → stored → bot's turn → reply stored and seen on the customer's event stream. Stock Rasa: its REST
channel, which keeps trackers in memory and stores nothing. `make bench` writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.servers import ROOT, Server, shohay, stock_rasa

MARKS = (10, 60, 200)
AROUND = 4  # messages on either side of a mark that count for it
CONVERSATIONS = 4

OURS = [
    "How much is delivery?",
    "how long do refunds take",
    "ডেলিভারি চার্জ কত?",
    "can I pay with bKash",
    "do you deliver abroad",
    "what is your return policy",
    "রিফান্ড পেতে কতদিন লাগে",
    "thank you",
]
# an order of the demo, asked for again and again by somebody who has said whose it is
ORDER = ("where is my order 10001", "amina@example.com")
ORDER_TIMES = 60
STOCK = ["hi", "I am feeling very sad", "yes", "hi", "I am great", "are you a bot?", "bye", "hello"]

Ask = Callable[[str], float]


@contextmanager
def our_customer(server: Server) -> Iterator[Ask]:
    """Asks over the website's API; the clock stops when the stored reply arrives on the event stream."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        token = client.post("/api/website/sessions", json={"language": "en"}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with client.stream("GET", "/api/website/events", headers=headers) as stream:
            lines = stream.iter_lines()

            def ask(text: str) -> float:
                body = {"client_id": str(time.monotonic_ns()), "text": text}
                began = time.perf_counter()
                client.post("/api/website/messages", json=body, headers=headers).raise_for_status()
                for line in lines:
                    if line.startswith("data:") and '"author": "bot"' in line and '"text"' in line:
                        return (time.perf_counter() - began) * 1000
                raise RuntimeError("the event stream ended")

            yield ask


@contextmanager
def stock_customer(server: Server) -> Iterator[Ask]:
    """Asks over Rasa's REST channel, which answers with the replies."""
    sender = str(time.monotonic_ns())
    with httpx.Client(base_url=server.url, timeout=30) as client:

        def ask(text: str) -> float:
            began = time.perf_counter()
            client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text}).raise_for_status()
            return (time.perf_counter() - began) * 1000

        yield ask


def converse(ask: Ask, texts: list[str], found: dict[int, list[float]]) -> None:
    """One conversation of as many messages as the last mark needs; times in milliseconds are added to `found`."""
    for place in range(1, MARKS[-1] + AROUND + 1):
        took = ask(texts[place % len(texts)])
        for mark in MARKS:
            if abs(place - mark) <= AROUND:
                found[mark].append(took)


def order_status(server: Server) -> dict[str, float]:
    """How long a warm answer about an order takes: looked up in the shop each time, told in full."""
    with our_customer(server) as ask:
        for text in (*ORDER, ORDER[0]):
            ask(text)
        times = [ask(ORDER[0]) for _ in range(ORDER_TIMES)]
    return {"p50": _percentile(times, 50), "p95": _percentile(times, 95)}


def measure(folder: Path, database_url: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Both servers up at once, conversations in turn, so that the machine's moods meet both; and our `order_status`."""
    arms: dict[str, dict[int, list[float]]] = {name: {mark: [] for mark in MARKS} for name in ("shohay", "stock rasa")}
    with shohay(folder, database_url) as ours, stock_rasa(folder) as stock:
        for _ in range(CONVERSATIONS):
            with our_customer(ours) as ask:
                converse(ask, OURS, arms["shohay"])
            with stock_customer(stock) as ask:
                converse(ask, STOCK, arms["stock rasa"])
        servers = {"shohay": ours, "stock rasa": stock}
        rows = {
            name: {
                "messages": {
                    str(mark): {"p50": _percentile(times, 50), "p95": _percentile(times, 95)}
                    for mark, times in found.items()
                },
                "growth": round(_percentile(found[MARKS[-1]], 50) / _percentile(found[MARKS[0]], 50), 2),
                "start_seconds": round(servers[name].started, 1),
                "resident_mb": round(servers[name].resident_megabytes()),
            }
            for name, found in arms.items()
        }
        return rows, order_status(ours)


def table(results: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| | "
        + " | ".join(f"message {mark}: p50 / p95 ms" for mark in MARKS)
        + f" | message {MARKS[-1]} ÷ {MARKS[0]} | start, s | memory, MB |",
        "|---|" + "---|" * (len(MARKS) + 3),
    ]
    for name, row in results.items():
        cells = [f"{row['messages'][str(mark)]['p50']} / {row['messages'][str(mark)]['p95']}" for mark in MARKS]
        tail = [str(row["growth"]), str(row["start_seconds"]), str(row["resident_mb"])]
        lines.append(f"| {name} | " + " | ".join([*cells, *tail]) + " |")
    return "\n".join(lines)


def machine() -> str:
    """What it ran on."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="default: SQLite in a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database_url or f"sqlite+aiosqlite:///{folder}/bench.db"
        results, order = measure(Path(folder), url)
    text = table(results)
    print(text)
    print(f"order_status: {order}")
    kept = {"machine": machine(), "date": date.today().isoformat(), "turns": results, "order_status": order}
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results" / "turns.json").write_text(json.dumps(kept, indent=2), encoding="utf-8")
    page = ROOT / "docs" / "benchmarks.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text(
        PAGE.format(table=text, order=order, machine=machine(), date=date.today().isoformat()), encoding="utf-8"
    )


PAGE = """# Benchmarks

Written by `make bench`; run it again to get your own. Two noisy cores move single figures by a fifth, so look at
medians and ratios.

Machine: {machine}. Date: {date}.

## One customer's messages

{table}

Ours is the whole path: the HTTP request, the message stored, the bot's turn, the reply stored and seen on the
customer's event stream. Stock Rasa is `rasa init`'s project with its default pipeline (DIET, TED) over its REST
channel; it keeps conversations in memory and stores nothing. Both run at once on the same cores, and conversations
alternate. Start is from the process's start to its first answer; memory is resident, with children.

An answer about an order (`order_status`, asked for again by somebody who has said whose it is; looked up in the shop
each time): p50 {order[p50]} ms, p95 {order[p95]} ms, from the request to the reply on the event stream.
"""


def _percentile(times: list[float], percent: int) -> float:
    return round(statistics.quantiles(times, n=100, method="inclusive")[percent - 1], 1)


if __name__ == "__main__":
    main()
