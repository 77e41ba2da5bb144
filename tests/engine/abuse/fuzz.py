"""The fuzzer: plays visits against the ring, and after each crowd looks for crashes, tracebacks, ghosts and growth.

    found = fuzz(seed=1, numbers=range(5000), take_over=True)      # in memory: the seed alone decides
    found = fuzz(seed=1, numbers=range(500), take_over=True, loop=uvloop.new_event_loop)      # real sockets

Raises Wrong, which names seed and visit, as soon as something is not as it should be.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from tests.engine.abuse.player import Player, Wrong
from tests.engine.abuse.ring import Ring, objects
from tests.engine.abuse.streams import WEBSOCKET, Visit, visit
from tests.engine.abuse.wires import LeapingLoop, MemoryWorld, RealWorld, World

CROWD = 8
"""Visits at the same time."""
LOOK_EVERY = 50
"""Crowds between two looks at memory."""
LONGEST_LIFE_S = 60
SLACK = 6000
"""Objects that caches and the sampled log may keep."""


@dataclass
class Found:
    """What a run went through."""

    inputs: int = 0
    known: int = 0
    """Inputs whose outcome was known beforehand, and came true."""
    kinds: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    heard: int = 0


def fuzz(
    *,
    seed: int,
    numbers: Sequence[int],
    take_over: bool,
    loop: Callable[[], asyncio.AbstractEventLoop] = LeapingLoop,
) -> Found:
    """Plays all ``numbers`` of ``seed``: in memory, or over real sockets when ``loop`` is a real one."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(_fuzz(seed, numbers, take_over))


async def _fuzz(seed: int, numbers: Sequence[int], take_over: bool) -> Found:
    ring = Ring(take_over=take_over)
    logs = logging.getLogger()
    logs.addHandler(ring)
    asyncio.get_running_loop().set_exception_handler(ring.loop_failed)
    runner = web.AppRunner(ring.app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        return await _Run(seed, ring, await _world(runner)).plays(numbers)
    finally:
        logs.removeHandler(ring)
        await runner.cleanup()


async def _world(runner: web.AppRunner) -> World:
    if isinstance(asyncio.get_running_loop(), LeapingLoop):
        return MemoryWorld(runner)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return RealWorld(runner.addresses[0][1])


class _Run:
    def __init__(self, seed: int, ring: Ring, world: World) -> None:
        self._seed = seed
        self._ring = ring
        self._world = world
        self._player = Player(ring, world, seed)
        self._found = Found()
        self._first: Counter[str] | None = None

    async def plays(self, numbers: Sequence[int]) -> Found:
        for place in range(0, len(numbers), CROWD):
            crowd = [visit(self._seed, number) for number in numbers[place : place + CROWD]]
            await self._crowd(crowd)
            if place // CROWD % LOOK_EVERY == 0:
                await self._look(crowd)
        await self._look(crowd)
        return self._found

    async def _crowd(self, crowd: list[Visit]) -> None:
        done = await asyncio.gather(*(self._player.plays(one) for one in crowd), return_exceptions=True)
        for one, outcome in zip(crowd, done, strict=True):
            if isinstance(outcome, BaseException):
                raise self._wrong(
                    [one], "; ".join([str(outcome) or repr(outcome), *self._ring.faults[:1]])
                ) from outcome
        await self._all_gone(crowd)
        for one in crowd:
            heard = self._ring.heard[one.number]
            if not one.least <= heard <= one.most:
                raise self._wrong([one], f"{heard} events were handled, {one.least} to {one.most} were sound")
            self._count(one, heard)
        if self._ring.faults:
            raise self._wrong(crowd, self._ring.faults[0])
        if ghosts := self._ring.ghosts():
            raise self._wrong(crowd, ghosts[0])
        self._ring.forget()

    async def _all_gone(self, crowd: list[Visit]) -> None:
        for _ in range(LONGEST_LIFE_S if self._world.leaps else 1):
            if await self._world.until(self._ring.is_empty, 40):
                return
            await self._world.leap(1)
        raise self._wrong(crowd, "still there: " + ", ".join(self._ring.leftovers()))

    def _count(self, one: Visit, heard: int) -> None:
        self._found.inputs += 1
        self._found.known += one.codes is not None
        self._found.kinds[one.kind] += 1
        self._found.heard += heard
        if one.codes and one.kind == WEBSOCKET:
            self._found.codes[str(*one.codes)] += 1

    async def _look(self, crowd: list[Visit]) -> None:
        """Whether the server still serves, and is no larger than it was."""
        try:
            await self._player.well_behaved()
        except Wrong as wrong:
            raise self._wrong(crowd, f"afterwards a well-behaved client was not served: {wrong}") from wrong
        await self._all_gone(crowd)
        self._ring.forget()
        if not self._world.leaps:
            return
        await self._world.leap(LONGEST_LIFE_S)
        now = objects()
        self._first = self._first or now
        grown = {kind: count - self._first[kind] for kind, count in now.items() if count > self._first[kind]}
        if grown.pop("objects", 0) > SLACK or grown:
            raise self._wrong(crowd, f"grown by {now - self._first}")

    def _wrong(self, crowd: list[Visit], what: str) -> Wrong:
        numbers = f"visit {crowd[0].number}" if len(crowd) == 1 else f"visits {crowd[0].number} to {crowd[-1].number}"
        return Wrong(f"seed {self._seed}, {numbers}: {what}")
