"""The webs and workers under test, restarted as a supervisor would."""

from __future__ import annotations

import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from running import Shohay

# what a process says that was started while the database was away; a supervisor starts it again
NO_DATABASE = "Is it running, and is SHOHAY_DATABASE_URL right?"
LOADED = '"event": "model_in_use"'


@dataclass
class Crew:
    """Processes of `shohay web` and `shohay worker` over one database; `faults` holds what no kill of ours explains."""

    settings: Mapping[str, str]
    folder: Path
    webs: list[Shohay] = field(default_factory=list)
    workers: list[Shohay] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=lambda: {"web": 0, "worker": 0})
    _frozen: set[int] = field(default_factory=set)
    _began: dict[int, int] = field(default_factory=dict)  # by port: where in its log the present process begins

    def start(self, webs: int, workers: int) -> None:
        """Starts them all at once, without waiting."""
        self.webs = [self._make("web", number) for number in range(webs)]
        self.workers = [self._make("worker", number) for number in range(workers)]
        for one in [*self.webs, *self.workers]:
            self._start(one)

    @property
    def urls(self) -> list[str]:
        return [web.url for web in self.webs]

    def kill(self, one: Shohay, again: bool = True) -> None:
        """Kill -9; started again at once when `again`, else out of the crew."""
        one.kill()
        self.kills[one.role] += 1
        if again:
            self._start(one)
        else:
            (self.webs if one.role == "web" else self.workers).remove(one)

    def freeze(self, worker: Shohay) -> None:
        """Stops it where it stands, as a machine that is suspended does."""
        assert worker.process is not None
        worker.process.send_signal(signal.SIGSTOP)
        self._frozen.add(worker.port)

    def thaw(self, worker: Shohay) -> None:
        """It goes on and does not know that time has passed."""
        assert worker.process is not None
        worker.process.send_signal(signal.SIGCONT)
        self._frozen.discard(worker.port)

    def loaded(self, worker: Shohay) -> bool:
        """Whether the worker, as it runs now, has its model and answers."""
        return worker.port not in self._frozen and LOADED in self._said(worker)

    def a_worker(self, chance: random.Random) -> Shohay | None:
        """One that answers, while there is another that does; None otherwise."""
        ready = [worker for worker in self.workers if self.loaded(worker)]
        return chance.choice(ready) if len(ready) > 1 else None

    def look_after(self) -> None:
        """Starts again what ended by itself; unless for want of a database, that is a fault."""
        for one in [*self.webs, *self.workers]:
            assert one.process is not None
            if one.process.poll() is not None:
                said = self._said(one)
                if NO_DATABASE not in "".join(said.split("\n")):
                    self.faults.append(f"a {one.role} ended by itself, with {one.process.returncode}:\n{said[-3000:]}")
                self._start(one)

    def stop(self) -> None:
        """Ends everything, at once: there is nothing left to look at."""
        for one in [*self.webs, *self.workers]:
            if one.process is not None and one.process.poll() is None:
                one.process.kill()
                one.process.wait()

    def _make(self, role: str, number: int) -> Shohay:
        return Shohay(dict(self.settings), self.folder / f"{role}{number}.log", role=role)

    def _said(self, one: Shohay) -> str:
        """What it has written since its present process was started."""
        with one.log.open("rb") as log:
            log.seek(self._began[one.port])
            return log.read().decode(errors="replace")

    def _start(self, one: Shohay) -> None:
        self._began[one.port] = one.log.stat().st_size if one.log.exists() else 0
        one.start()
