"""The programs that are measured: Madang, and what stands beside it. Each runs pinned to the server's core."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.bench.peers import crowd
from tests.bench.peers.crowd import Person
from tests.services_under_test import NODE, ROOT, MadangProcess, plain_environment
from tools.build_web import node_and_npm

FOLDER = Path(__file__).parent
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
_PINNED = (sys.executable, "-m", "tests.bench.pinned", str(SERVER_CORE))
PINNED_SERVER = (*_PINNED, sys.executable, "-m", "server")


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server with people in it."""

    process: Callable[[], int]
    port: int
    people: tuple[Person, ...]
    restart: Callable[[], None] | None = None
    """Stops it and starts it again, where that is measured."""
    workers: tuple[Peer, ...] = ()
    """The processes of a deployment that has several, this one first."""

    @property
    def pid(self) -> int:
        """Its process; another one after a restart."""
        return self.process()


Start = Callable[[Path, int, int], AbstractContextManager[Peer]]
"""Starts a server with a folder of its own, for so many people, so many to a conversation."""


@contextlib.contextmanager
def madang(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """Madang as `madang serve` runs it, with real accounts, sessions and groups; nothing of it is switched off."""
    members = crowd.settle(folder, people, group_size)
    with MadangProcess(folder, command=PINNED_SERVER, message_rate="off", log_level="warning") as server:

        def restart() -> None:
            server.stop()
            server.start()

        yield Peer(lambda: server.pid, server.port, members, restart)


@contextlib.contextmanager
def node_broadcast(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """Node's Socket.IO: a bare broadcast, a bare answer."""
    with _program(people, group_size, *_NODE, FOLDER / "broadcast.js", str(group_size)) as peer:
        yield peer


@contextlib.contextmanager
def node_durable(folder: Path, people: int, group_size: int, *, synchronous: str = "full") -> Iterator[Peer]:
    """Node's Socket.IO with node:sqlite, a commit for each message."""
    script = (FOLDER / "durable.js", str(group_size), folder / "messages.db", str(people), synchronous)
    with _program(people, group_size, *_NODE, *script) as peer:
        yield peer


@contextlib.contextmanager
def node_normal(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """The same without waiting for the disk: a power cut may take the last messages."""
    with node_durable(folder, people, group_size, synchronous="normal") as peer:
        yield peer


@contextlib.contextmanager
def stock(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """python-socketio as it is published, on aiohttp and uvloop: a bare broadcast, a bare answer."""
    with _program(people, group_size, sys.executable, FOLDER / "stock.py", str(group_size)) as peer:
        yield peer


def versions() -> dict[str, str]:
    """What is compared with what."""
    install_packages()
    script = "console.log(process.version, require('socket.io/package.json').version)"
    found = subprocess.run([NODE, "-e", script], cwd=FOLDER, capture_output=True, text=True, check=True).stdout.split()
    packages = {name: version(name) for name in ("madang", "python-socketio", "aiohttp", "uvloop")}
    python = ".".join(str(part) for part in sys.version_info[:3])
    return {"python": python, **packages, "node": found[0].lstrip("v"), "socket.io": found[1]}


def install_packages() -> None:
    """Fetches Node's packages once, as the lock file names them."""
    stamp = FOLDER / "node_modules" / ".package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime:
        return
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])}
    done = subprocess.run([node, npm, "ci"], cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`npm ci` failed in {FOLDER}:\n{done.stdout}{done.stderr}")
    stamp.touch()


_NODE = (str(NODE), "--no-warnings")


@contextlib.contextmanager
def _program(people: int, group_size: int, *command: str | Path) -> Iterator[Peer]:
    """A program that prints its port when it listens; its people are called 1, 2, 3."""
    process = subprocess.Popen(
        [*_PINNED, *command],
        cwd=ROOT,
        env=plain_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.wait()} before it listened.")
        members = tuple(Person(str(number + 1), number // group_size + 1) for number in range(people))
        yield Peer(lambda: process.pid, int(port), members)
    finally:
        process.kill()
        process.wait()
