"""Worker processes that a run starts, kills, freezes and asks how they are."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from server.workers import Answer, Place, ask

READY_S = 120.0
END_S = 60.0
_NUMBER = re.compile(r"^(\w+)(\{[^}]*\})? ([\d.e+-]+)$", re.MULTILINE)


class NotReady(Exception):
    """A worker has ended, or stayed silent, instead of becoming ready."""


@dataclass
class Worker:
    """``madang serve`` in a process of its own, whose words go to ``log``. ``address`` leads to it alone."""

    name: str
    port: int
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    async def start(self) -> float:
        """Returns when it is ready, after how many seconds. Raises NotReady with its last words."""
        began = time.monotonic()
        self.launch()
        while not (answer := await self.ask(1.0)) or not answer.ready:
            if not self.is_alive:
                raise NotReady(f"{self.name} has ended instead of becoming ready:\n{self.last_words()}")
            if time.monotonic() - began > READY_S:
                raise NotReady(f"{self.name} is not ready after {READY_S:.0f} s: {answer}\n{self.last_words()}")
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    def launch(self) -> None:
        """Begins to run it."""
        assert not self.is_alive, f"{self.name} runs already"
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                # Supervised, it ends when its standard input does, and that is when the driver has gone.
                [*self.command, "serve", "--supervised", "--port", str(self.port), "--data", str(self.folder)],
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal reaches a whole group: it is for the driver, who ends its workers.
                process_group=0,
            )
        self.starts += 1

    async def ask(self, timeout_s: float = 3.0) -> Answer | None:
        """What it says of itself; None when it does not answer."""
        return await ask(Place(self.name, "127.0.0.1", self.port), timeout_s)

    async def kill(self) -> int:
        """As ``kill -9`` does it; the process id that has gone. Harmless when it has ended already."""
        if self._process is None:
            return 0
        gone = self._process.pid
        self._process.kill()
        await self.ended(END_S)
        return gone

    async def terminate(self) -> tuple[int | None, float]:
        """SIGTERM: the exit code, None when it does not come, and how long the goodbye took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        code = await self.ended(END_S)
        return code, time.monotonic() - began

    async def ended(self, within_s: float) -> int | None:
        """The exit code, when it has ended in time."""
        assert self._process is not None
        deadline = time.monotonic() + within_s
        while (code := self._process.poll()) is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return code

    def freeze(self) -> None:
        """It keeps its sockets and its locks, and does nothing."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        self.signal(signal.SIGCONT)

    def is_frozen(self) -> bool:
        """Whether the system says that it is stopped."""
        return self.is_alive and _state(self.pid) == "T"

    def signal(self, which: signal.Signals) -> None:
        """Sends it a signal."""
        if self.is_alive:
            os.kill(self.pid, which)

    def last_words(self, lines: int = 20) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def metrics(self, http: aiohttp.ClientSession) -> dict[str, float]:
        """Its counters: each as it is called with its labels, and all of one name added up."""
        async with http.get(f"{self.address}/metrics", timeout=aiohttp.ClientTimeout(5)) as answer:
            text = await answer.text()
        found: dict[str, float] = {}
        for name, labels, value in _NUMBER.findall(text):
            found[name] = found.get(name, 0.0) + float(value)
            if labels:
                found[name + labels] = float(value)
        return found

    def resident_mb(self) -> float:
        """What it holds in memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
