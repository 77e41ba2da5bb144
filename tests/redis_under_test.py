"""A Redis that a test may kill, freeze and start again; on loopback, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

from redis.asyncio import Redis

from tests.services_under_test import START_TIMEOUT_S, STOP_TIMEOUT_S, free_port, listens, wait_until


class RedisProcess:
    """``options`` are more of redis-server's command line. Runs within its ``with`` block."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.options = options
        self.url = f"redis://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it listens: the same port again, and nothing of what it held."""
        program = shutil.which("redis-server")
        assert program, "Redis is not installed; `tools/system_packages` says what the tests need"
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "redis.log"
        places = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--logfile", str(log)]
        quiet = ["--save", "", "--appendonly", "no", *self.options]
        self._process = subprocess.Popen([program, *places, *quiet], stdin=subprocess.DEVNULL)
        wait_until(lambda: listens(self.port), START_TIMEOUT_S, log.read_text)

    def kill(self) -> None:
        """As ``kill -9`` does it; harmless when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)
            self._process = None

    def freeze(self) -> None:
        """It keeps its connections and does nothing, until ``thaw``."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def client(self) -> Redis:
        """For commands of the test itself."""
        return Redis.from_url(self.url)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
