"""The heads beacon for 10,000 people: what a round asks the database, what it costs, how long it holds the loop.

The server is in this process, as it is served, with everybody connected to it over sockets of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from server import app, logs
from server.parts import Parts
from server.protocol import chat
from server.realtime.heads import Beacon
from server.settings import Settings
from server.storage.sqlite import SqliteConnection
from server.storage.unit import fetch_all
from tests.bench.peers import crowd
from tests.prove.broadcast import Turns
from tests.prove.proof import LOAD_CORE, ROOT, SERVER_CORE, Options, Proof
from tests.services_under_test import free_port

PEOPLE = 10_000
LARGE, SMALL = 5000, 10
"""Members of a conversation."""
MOST_STATEMENTS = 2
MOST_TURN_MS = 10.0
"""CPU time that a round may hold the loop at once, as a broadcast to as many may."""


@dataclass
class Round:
    """One round of the beacon."""

    statements: int
    told: int
    cpu_ms: float
    turn_ms: float


class Watched(Beacon):
    """The beacon of the server that was built last; its rounds are begun by the proof."""

    last: Watched

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"interval_s": 3600})
        Watched.last = self


def prove(options: Options) -> Proof:
    """At most two statements a round, and short turns, whatever was written."""
    people = options.inputs or PEOPLE
    proof = Proof({"people": people})
    for size in (LARGE, SMALL):
        with tempfile.TemporaryDirectory() as folder:
            rounds = uvloop.run(_measured(Path(folder), people, min(size, people)))
        for load, one in rounds.items():
            what = f"conversations of {size}, {load}"
            proof.figures |= {
                f"{what}: statements": one.statements,
                f"{what}: told": one.told,
                f"{what}: CPU ms": round(one.cpu_ms, 1),
                f"{what}: longest turn ms": round(one.turn_ms, 1),
            }
            proof.must(one.statements <= MOST_STATEMENTS, f"{what}: {one.statements} statements")
            proof.must(one.told == (people if load == "a message in each" else 0), f"{what}: {one.told} were told")
            proof.must(one.turn_ms <= MOST_TURN_MS, f"{what}: the loop was held for {one.turn_ms:.1f} ms")
    return proof


async def _measured(folder: Path, people: int, group_size: int) -> dict[str, Round]:
    os.sched_setaffinity(0, {SERVER_CORE})
    members = await asyncio.to_thread(crowd.settle, folder, people, group_size)
    async with _served(folder) as (parts, port), _joined(port, members):
        beacon, rounds = Watched.last, {}
        await _round(beacon)  # whoever has come since the last one is told once
        rounds["nothing"] = await _round(beacon)
        await _write_to_each(parts)
        rounds["a message in each"] = await _round(beacon)
        return rounds


@contextlib.asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[tuple[Parts, int]]:
    app.Beacon = Watched  # type: ignore[misc]
    settings = Settings(data_dir=folder, port=free_port(), message_rate=None, log_level="warning")
    logs.set_up(settings.log_level, settings.log_format)
    built = app.build_app(settings)
    runner = web.AppRunner(built, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port, backlog=1024).start()
    try:
        yield built[app.PARTS], settings.port
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def _joined(port: int, people: tuple[crowd.Person, ...]) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove.idle_crowd", str(port), str(LOAD_CORE)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(msgspec.json.encode(people) + b"\n")
        if int(await process.stdout.readline() or 0) != len(people):
            raise RuntimeError("not everybody came")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _write_to_each(parts: Parts) -> None:
    """A message in each conversation; returns when everybody has it."""
    writers = await parts.db.read(
        fetch_all, "select conversation_id, min(account_id) from membership group by conversation_id"
    )
    for conversation_id, account_id in writers:
        send = chat.SendMessage(conversation_id=conversation_id, client_id=f"heads-{conversation_id:06}", text="Hello")
        await parts.chat.messages.send(account_id, send)
    busy = 1.0
    while busy > 0.1:
        began = time.process_time()
        await asyncio.sleep(0.5)
        busy = (time.process_time() - began) / 0.5


async def _round(beacon: Beacon) -> Round:
    told = 0
    emit = beacon._sockets.emit_here

    async def counted(event: str, data: Any, *, room: Any, namespace: str) -> None:
        nonlocal told
        told += 1 if isinstance(room, str) else len(room)
        await emit(event, data, room=room, namespace=namespace)

    beacon._sockets.emit_here = counted  # type: ignore[method-assign]
    with _statements() as statements:
        turns, cpu = Turns(), time.process_time()
        await beacon._tell()
        await asyncio.sleep(0)
        cpu_ms = (time.process_time() - cpu) * 1000
        _, turn_ms = turns.end()
    beacon._sockets.emit_here = emit  # type: ignore[method-assign]
    return Round(len(statements), told, cpu_ms, turn_ms)


@contextlib.contextmanager
def _statements() -> Iterator[list[str]]:
    """What the beacon asks the database while inside."""
    asked: list[str] = []
    one, several = SqliteConnection.fetch_all, SqliteConnection.fetch_each

    def note(sql: str) -> None:
        # Other jobs of the server go on meanwhile: the sweep, the session check.
        if "account_version" in sql or "membership" in sql or "from entry where position" in sql:
            asked.append(sql)

    def asks_one(self: SqliteConnection, sql: str, parameters: Any) -> list[tuple[Any, ...]]:
        note(sql)
        return one(self, sql, parameters)

    def asks_several(self: SqliteConnection, queries: Any) -> list[list[tuple[Any, ...]]]:
        for sql, _ in queries:
            note(sql)
        return several(self, queries)

    SqliteConnection.fetch_all, SqliteConnection.fetch_each = asks_one, asks_several  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        SqliteConnection.fetch_all, SqliteConnection.fetch_each = one, several  # type: ignore[method-assign]
