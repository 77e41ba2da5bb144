"""Madang with several workers as a test starts it, and what the system knows about its processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.services_under_test import ROOT, MadangProcess, free_ports, plain_environment, status_of, wait_until

ON_SQLITE = (sys.executable, "-m", "tests.supervisor.on_sqlite")
DEADLINE_S = 60.0


class Workers(MadangProcess):
    """``madang serve --workers N``, ready when all of them are."""

    def __init__(self, data_dir: Path, count: int, **settings: str | int) -> None:
        super().__init__(data_dir, port=free_ports(count), command=ON_SQLITE, workers=count, **settings)
        self.names = [f"w{number + 1}" for number in range(count)]

    def pid_of(self, name: str) -> int | None:
        """The process id of a worker; None while it has none."""
        return workers_of(self.pid).get(name)

    def pids(self) -> dict[str, int]:
        """The process ids of all workers by name; none when the parent has been ended."""
        return {} if self._process is None else workers_of(self.pid)

    def is_ready(self, name: str) -> bool:
        return status_of(self.port + self.names.index(name), "/readyz") == 200

    def waits_for(self, name: str, *, other_than: int) -> int:
        """The process id of the worker when it has another process that is ready."""
        wait_until(
            lambda: self.pid_of(name) not in (None, other_than) and self.is_ready(name), DEADLINE_S, lambda: self.output
        )
        pid = self.pid_of(name)
        assert pid is not None
        return pid

    def _is_ready(self) -> bool:
        return super()._is_ready() and all(self.is_ready(name) for name in self.names)


def workers_of(parent: int) -> dict[str, int]:
    """The process ids of a parent's workers by name."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and parent_of(int(entry.name)) == parent:
            for argument in arguments_of(int(entry.name)):
                if argument.startswith("--worker="):
                    found[argument.removeprefix("--worker=")] = int(entry.name)
    return found


def parent_of(pid: int) -> int | None:
    """None when there is no such process; one that has only not been waited for counts as gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(parent)


def arguments_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_gone(*pids: int) -> bool:
    return all(parent_of(pid) is None for pid in pids)


def madang(
    *arguments: str | Path, stdin: int = subprocess.DEVNULL, **settings: str | int
) -> subprocess.CompletedProcess[str]:
    """Runs a command of ``madang`` and waits for its end; standard error is among its output."""
    return subprocess.run(
        [sys.executable, "-m", "server", *map(str, arguments)],
        cwd=ROOT,
        env=plain_environment() | {f"MADANG_{name.upper()}": str(settings[name]) for name in settings},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
