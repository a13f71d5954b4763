"""A PostgreSQL server of the test's own, which it may stop and restart as roughly as it likes."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from running import free_port, missing

NAME = "shohay"
USER = "postgres"
# Durability is what is looked at, so nothing of it is turned off.
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
shared_buffers = '32MB'
max_connections = 300
fsync = on
synchronous_commit = on
full_page_writes = on
log_min_error_statement = panic
log_line_prefix = '%m [%p] '
"""


@dataclass(frozen=True)
class Server:
    """A cluster in `folder`, listening on `port`, with one empty database."""

    folder: Path
    port: int
    binaries: Path

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self.port}/{NAME}"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Starts it and waits until it lets people in."""
        self._control("start")

    def stop_immediately(self) -> None:
        """Every connection is cut and nothing is tidied up, as when the power fails."""
        self._control("stop", "-m", "immediate")

    def restart_immediately(self) -> None:
        """`pg_ctl restart -m immediate`: returns when it has recovered."""
        self._control("restart", "-m", "immediate")

    def make(self) -> None:
        """Makes the cluster and its database; leaves it running."""
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS.format(port=self.port, folder=self.folder))
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, NAME)

    def _control(self, *step: str) -> None:
        # -l, and no pipe of ours: the server would hold it open for as long as it lives
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-t", "60", "-w", *step)

    def _run(self, program: str, *arguments: str) -> None:
        # initdb and the server refuse to run as root
        as_owner = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [*as_owner, str(self.binaries / program), *arguments], cwd="/", stdout=said, stderr=said
            )
            if done.returncode != 0:
                said.seek(0)
                raise RuntimeError(f"{program} {' '.join(arguments)}:\n{said.read().decode()}")


@contextmanager
def own_server() -> Iterator[Server]:
    """A running server, gone with all its data afterwards; skips where PostgreSQL's programs are not installed."""
    binaries = _binaries()
    if binaries is None:
        missing("PostgreSQL's server programs (initdb, pg_ctl) are not installed")
    assert binaries is not None
    owner = USER if os.geteuid() == 0 else getpass.getuser()
    try:
        pwd.getpwnam(owner)
    except KeyError:
        missing(f"running as root, and there is no user {owner} to run PostgreSQL as")
    # not pytest's folder: the server's user may not enter that
    folder = Path(tempfile.mkdtemp(prefix="shohay-chaos-"))
    if os.geteuid() == 0:
        shutil.chown(folder, owner)
    server = Server(folder, free_port(), binaries)
    try:
        server.make()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop_immediately()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    """The folder of PostgreSQL's server programs, which Debian keeps off the PATH."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.insert(0, Path(said))
    if found := shutil.which("pg_ctl"):
        candidates.append(Path(found).resolve().parent)
    return next((one for one in candidates if (one / "initdb").exists() and (one / "pg_ctl").exists()), None)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0
