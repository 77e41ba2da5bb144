"""The programs that are measured: Madang, and what stands beside it. Each runs pinned to the server's core."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from server.clock import now
from server.records import Account
from server.storage import accounts, conversations, sessions
from server.storage.database import Database
from tests.services_under_test import NODE, MadangProcess, plain_environment
from tools.build_web import node_and_npm

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
_PINNED = (sys.executable, "-m", "tests.bench.pinned", str(SERVER_CORE))
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server with people in it, ``group_size`` to a conversation."""

    pid: int
    port: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Person:
    token: str
    conversation_id: int


@contextlib.contextmanager
def madang(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """Madang as `madang serve` runs it, with real accounts, sessions and groups; nothing of it is switched off."""
    crowd = asyncio.run(_crowd(folder, people, group_size))
    command = (*_PINNED, sys.executable, "-m", "server")
    with MadangProcess(folder, command=command, message_rate="off", log_level="warning") as server:
        yield Peer(server.pid, server.port, crowd)


@contextlib.contextmanager
def node_broadcast(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """Node's Socket.IO, doing a bare broadcast."""
    with _node(people, group_size, "broadcast.js", str(group_size)) as peer:
        yield peer


@contextlib.contextmanager
def node_durable(folder: Path, people: int, group_size: int) -> Iterator[Peer]:
    """Node's Socket.IO with node:sqlite, a commit with a full fsync for each message."""
    database = folder / "messages.db"
    with _node(people, group_size, "durable.js", str(group_size), str(database), str(people)) as peer:
        yield peer


def versions() -> dict[str, str]:
    """What is compared with what."""
    install_packages()
    script = "console.log(process.version, require('socket.io/package.json').version)"
    found = subprocess.run([NODE, "-e", script], cwd=FOLDER, capture_output=True, text=True, check=True).stdout.split()
    packages = {name: version(name) for name in ("python-socketio", "aiohttp")}
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


@contextlib.contextmanager
def _node(people: int, group_size: int, *script: str) -> Iterator[Peer]:
    process = subprocess.Popen(
        [*_PINNED, str(NODE), "--no-warnings", str(FOLDER / script[0]), *script[1:]],
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
            raise SystemExit(f"{script[0]} ended with {process.wait()} before it listened.")
        crowd = tuple(Person(str(number + 1), number // group_size + 1) for number in range(people))
        yield Peer(process.pid, int(port), crowd)
    finally:
        process.kill()
        process.wait()


async def _crowd(folder: Path, people: int, group_size: int) -> tuple[Person, ...]:
    """Accounts with a signed-in device each, and their groups, written into a new data folder."""
    db = Database(folder / "madang.db")
    await db.open()
    try:
        return await db.write(_write_crowd, people, group_size)
    finally:
        await db.close()


def _write_crowd(people: int, group_size: int) -> tuple[Person, ...]:
    crowd: list[Person] = []
    for start in range(0, people, group_size):
        ids = [_person(number).id for number in range(start, min(start + group_size, people))]
        group = conversations.create_group(ids[0], f"bench-group-{start}", f"Group {start}", ids[1:], now())
        crowd += [Person(_token(account_id), group.id) for account_id in ids]
        for account_id in ids:
            token_hash = hashlib.sha256(_token(account_id).encode()).digest()
            sessions.add(account_id, token_hash, "benchmark", now(), now() + _HOUR_MS)
    return tuple(crowd)


def _person(number: int) -> Account:
    name = f"person{number + 1}"
    return accounts.add(accounts.NewAccount(name, name.title(), "person", None, now()))


def _token(account_id: int) -> str:
    return f"benchmark-token-of-account-{account_id:08}"
