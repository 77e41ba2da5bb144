"""R26: broadcasts to 10,000 connections; the longest that the loop was held at once."""

from __future__ import annotations

import asyncio
import time

import uvloop

from tests.prove.house import crowd_of, serving
from tests.prove.proof import Options, Proof, percentile

CONNECTIONS = 10_000
ROUNDS = 20
BOUND_MS = 10.0
TEXT = "The quick brown fox jumps over the lazy dog, again and again, until it is tired." + " " * 40
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class Turns:
    """Runs in every turn of the loop; ``longest`` is the largest distance between two."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._last = time.perf_counter()
        self._goes_on = True
        self.longest = 0.0
        self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now
        if self._goes_on:
            self._loop.call_soon(self._turn)

    def end(self) -> float:
        """Milliseconds."""
        self._goes_on = False
        return self.longest * 1000


def prove(options: Options) -> Proof:
    """The median broadcast's longest turn is short enough, on both loops; the worst of all is printed."""
    proof = Proof(figures={"connections": options.inputs or CONNECTIONS})
    for name, factory in LOOPS.items():
        with asyncio.Runner(loop_factory=factory) as runner:
            longest, through = runner.run(_measure(options))
        proof.figures |= {
            f"{name}: longest turn ms, median": percentile(longest, 50),
            f"{name}: worst": max(longest),
            f"{name}: everybody has it after ms": percentile(through, 50),
        }
        proof.must(percentile(longest, 50) <= BOUND_MS, f"{name}: the loop was held for more than {BOUND_MS:.0f} ms")
    return proof


async def _measure(options: Options) -> tuple[list[float], list[float]]:
    longest, through = [], []
    async with serving() as house, crowd_of(house.port, options.inputs or CONNECTIONS) as crowd:
        for number in range(1, (options.rounds or ROUNDS) + 1):
            turns, began = Turns(), time.perf_counter()
            await house.says({"number": number, "text": TEXT})
            await crowd.asked(hears=number)
            through.append((time.perf_counter() - began) * 1000)
            longest.append(turns.end())
    return longest, through
