"""Bad lines to single people: cut, slow, half open, or with somebody at the end who does not read."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from server.chaos.client import Client
from server.chaos.nemeses.nemesis import Outcome, Scene
from server.chaos.proxy import Proxy
from server.chaos.workers import Worker

CLOSED_WITHIN_S = 30.0
HERE_S = 10.0
MOST_GROWTH_MB = 40.0
MOST_FLOODED_S = 20.0
FLOOD_TEXT = "x" * 7000
FLOOD_AT_ONCE = 10
"""Each speaker's messages that wait for an answer."""
DELAY_S = 0.4


@contextlib.asynccontextmanager
async def _someone(scene: Scene, among: Sequence[str] = ()) -> AsyncIterator[tuple[str, Proxy]]:
    """Somebody with a line of their own, who is connected, and does not lose it by anything but this."""
    name = scene.chance.choice(among or sorted(scene.lines))
    client = scene.client(name)
    scene.workload.steady.add(name)
    try:
        deadline = time.monotonic() + HERE_S * scene.patience
        while not client.is_here and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        yield name, scene.lines[name]
    finally:
        scene.workload.steady.discard(name)


async def cut(scene: Scene) -> Outcome:
    """A line that ends again and again."""
    async with _someone(scene) as (name, line):
        before = line.cut_off
        for _ in range(max(3, round(8 * scene.pace))):
            await asyncio.sleep(scene.chance.uniform(0.2, 1.2))
            line.cut()
        return Outcome(line.cut_off > before, f"{name} lost {line.cut_off - before} connections")


async def delay(scene: Scene) -> Outcome:
    """Everything takes its time, in both directions."""
    async with _someone(scene) as (name, line):
        before = line.passed
        line.delay_s = DELAY_S
        await asyncio.sleep(scene.lasting(10, 3))
        line.thaw()
        return Outcome(line.passed > before, f"{line.passed - before} bytes of {name} took {DELAY_S} s longer")


async def trickle(scene: Scene) -> Outcome:
    """A byte a second passes, in each direction."""
    async with _someone(scene) as (name, line):
        before = line.passed
        line.bytes_per_s = 1.0
        # What is read already passes at once; from the next connection on it is a byte a second from the beginning.
        await asyncio.sleep(scene.lasting(12, 4))
        passed = line.passed - before
        line.thaw()
        line.cut()
        return Outcome(passed > 0, f"{passed} bytes of {name} passed")


async def half_open(scene: Scene) -> Outcome:
    """Nothing passes, and neither end is told: each has to find out by itself."""
    async with _someone(scene) as (name, line):
        links, closed = line.open_links, line.closed_by_server
        line.freeze()
        wait_s = scene.lasting(CLOSED_WITHIN_S + 2, 3)
        await asyncio.sleep(wait_s)
        # The end that the worker has made is seen when the line is read from again.
        line.open_to_client()
        await asyncio.sleep(0.3)
        gone = line.closed_by_server - closed
        line.cut()
        line.thaw()
    wrong = []
    if wait_s > CLOSED_WITHIN_S and links and not gone:
        wrong.append(f"the worker kept the connection of {name} for more than {CLOSED_WITHIN_S:.0f} s")
    detail = f"{links} connections of {name} stood still for {wait_s:.0f} s, the worker ended {gone}"
    return Outcome(links > 0, detail, wrong)


async def stop_reading(scene: Scene) -> Outcome:
    """Somebody takes nothing more from their socket, while others say much in a conversation of theirs."""
    # A proxy between takes in megabytes before the worker feels anything.
    workers = {worker.port: worker for worker in scene.setup.workers}
    straight = [name for name, line in sorted(scene.lines.items()) if line.target[1] in workers]
    async with _someone(scene, straight) as (name, line):
        worker = workers[line.target[1]]
        before, closed = worker.resident_mb(), await _closed_as_slow(scene, worker)
        line.freeze(to_server=False)
        began = scene.journal.now()
        await _flooded(scene, scene.client(name), worker, closed)
        grown = worker.resident_mb() - before if worker.is_alive else 0.0
        held = (await worker.metrics(scene.http)).get("madang_engine_unsent_bytes", 0)
        closed = await _closed_as_slow(scene, worker) - closed
        p99_ms = scene.sends_since(began).p99_ms
        line.cut()
        line.thaw()
    wrong = [f"{worker.name} grew by {grown:.0f} MB"] if grown > MOST_GROWTH_MB else []
    detail = (
        f"{name} read nothing: {held / 1e6:.1f} MB waited, {closed:.0f} closed as slow, {worker.name} grew by "
        f"{grown:.1f} MB; p99 of sends {p99_ms:.0f} ms"
    )
    return Outcome(held > 0 or closed > 0, detail, wrong)


async def _flooded(scene: Scene, slow: Client, worker: Worker, closed: float) -> None:
    """Others say much in a conversation of theirs, for a while and until it is felt."""
    room = next(room for room in scene.cast.rooms if not room.direct and slow.account.id in room.members)
    speakers = [
        client
        for client in scene.clients
        if client.account.id in room.members and client.name not in scene.lines and client.is_here
    ][:4]
    began = scene.journal.now()
    flood = asyncio.create_task(_flood(scene, room.id, speakers))
    try:
        await asyncio.sleep(scene.lasting(10, 4))
        # A busy machine takes longer to say so much.
        while scene.journal.now() - began < MOST_FLOODED_S * scene.patience:
            if await _is_felt(scene, worker, closed):
                break
            await asyncio.sleep(0.5)
    finally:
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)


async def _is_felt(scene: Scene, worker: Worker, closed: float) -> bool:
    """Whether bytes wait for somebody, or somebody was closed for it."""
    waiting = (await worker.metrics(scene.http)).get("madang_engine_unsent_bytes", 0)
    return waiting > 0 or await _closed_as_slow(scene, worker) > closed


async def _closed_as_slow(scene: Scene, worker: Worker) -> float:
    return (await worker.metrics(scene.http)).get('madang_engine_closed_total{reason="slow consumer"}', 0)


async def _flood(scene: Scene, conversation_id: int, speakers: list[Client]) -> None:
    while True:
        for speaker in speakers:
            label = scene.workload.label(speaker, scene.chance)
            if speaker.outbox.unfinished < FLOOD_AT_ONCE:
                speaker.do(_said(speaker, conversation_id, label))
        await asyncio.sleep(0.05)


async def _said(speaker: Client, conversation_id: int, label: str) -> None:
    await speaker.outbox.send(conversation_id, label, f"{label} {FLOOD_TEXT}")
