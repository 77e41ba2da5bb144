"""What each worker holds while nobody is connected: before the clients came, and after they went."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

import aiohttp

from server.chaos import history
from server.chaos.cast import Cast
from server.chaos.history import Journal, Resources
from server.chaos.setup import Setup
from server.chaos.wire import Wire
from server.chaos.workers import Worker

WARM = 8
BACK_S = 8.0
_READ = {
    "connections": "madang_engine_connections",
    "tasks": "madang_tasks",
    "rooms": "madang_rooms",
    "descriptors": "process_open_fds",
}


async def warm_up(setup: Setup, cast: Cast, http: aiohttp.ClientSession) -> None:
    """Opens what a worker opens once and keeps: connections to its database, say."""

    async def visit(worker: Worker) -> None:
        wire = Wire(lambda name, arguments: None, lambda reason: None)
        await wire.open(http, worker.address, {"token": cast.host.token, "protocol": 1})
        room = next(room.id for room in cast.rooms if not room.direct)
        page = {"conversation_id": room, "after_seq": 0}
        await asyncio.gather(*(wire.ask("fetch_entries", page) for _ in range(4)))
        await wire.close()

    for worker in setup.workers:
        await asyncio.gather(*(visit(worker) for _ in range(WARM)))
    for worker in setup.workers:
        await _until_empty(worker, http)


async def note(setup: Setup, http: aiohttp.ClientSession, journal: Journal, moment: Literal["base", "end"]) -> None:
    """Writes down what each worker holds now."""
    for worker in setup.workers:
        journal.note(await _held(worker, http, moment))


async def note_end(setup: Setup, http: aiohttp.ClientSession, journal: Journal, within_s: float) -> None:
    """The same when everybody has gone, as soon as all is back at the base or the time for it is over."""
    base = {
        record.worker: record for record in journal.records if isinstance(record, Resources) and record.moment == "base"
    }
    for worker in setup.workers:
        deadline = time.monotonic() + within_s
        while True:
            now = await _held(worker, http, "end")
            if _is_back(now, base[worker.name]) or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.2)
        journal.note(now)


async def _held(worker: Worker, http: aiohttp.ClientSession, moment: Literal["base", "end"]) -> Resources:
    numbers = await worker.metrics(http)
    found = {name: int(numbers[metric]) for name, metric in _READ.items() if metric in numbers}
    return history.Resources(moment=moment, worker=worker.name, **found)


def _is_back(now: Resources, base: Resources) -> bool:
    pairs = ((getattr(now, name), getattr(base, name)) for name in _READ)
    return all(held is None or before is None or held <= before for held, before in pairs)


async def _until_empty(worker: Worker, http: aiohttp.ClientSession) -> None:
    deadline = time.monotonic() + BACK_S
    while (await _held(worker, http, "base")).connections and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
