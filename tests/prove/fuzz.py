"""100,000 clients made by a grammar: most in memory, where the seed decides everything, some over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import uvloop

from tests.engine.abuse.fuzz import fuzz
from tests.engine.abuse.player import Wrong
from tests.engine.abuse.wires import LeapingLoop
from tests.prove.proof import Options, Proof, resident_mb

MOST_GROWN_MB = 20.0
WORLDS = {
    "in memory": (LeapingLoop, True),
    "in memory, left with aiohttp": (LeapingLoop, False),
    "asyncio": (asyncio.new_event_loop, True),
    "asyncio, left with aiohttp": (asyncio.new_event_loop, False),
    "uvloop": (uvloop.new_event_loop, True),
    "uvloop, left with aiohttp": (uvloop.new_event_loop, False),
}
SHARES = [
    ("in memory", 5_000),
    ("in memory, left with aiohttp", 5_000),
    *[(world, 5_000) for world in list(WORLDS)[2:]],
    ("in memory", 40_000),
    ("in memory, left with aiohttp", 30_000),
]
WARM = 6
"""Shares until every world has been there, and memory is what it will be."""


def prove(options: Options) -> Proof:
    """Each share in its world; in each it ends at the first thing that is wrong."""
    proof, began = Proof(), time.monotonic()
    total, codes = Counter[str](), Counter[str]()
    warm = 0.0
    for place, (world, numbers) in enumerate(_plan(options)):
        loop, take_over = WORLDS[world]
        if place == WARM:
            warm = resident_mb()
        try:
            found = fuzz(seed=options.seed, numbers=numbers, take_over=take_over, loop=loop)
        except Wrong as wrong:
            proof.failures.append(f"{world}: {wrong}")
            continue
        total.update(inputs=found.inputs, known=found.known, heard=found.heard)
        codes += found.codes
    proof.figures = {
        "seed": options.seed,
        "inputs": total["inputs"],
        "with a known outcome": total["known"],
        "events handled": total["heard"],
        "closed by code": dict(sorted(codes.items())),
        "inputs per second": round(total["inputs"] / (time.monotonic() - began)),
    }
    if warm:
        grown = resident_mb() - warm
        proof.figures["MB grown"] = round(grown, 1)
        proof.must(grown < MOST_GROWN_MB, f"grown by {grown:.1f} MB")
    return proof


def _plan(options: Options) -> Iterator[tuple[str, range]]:
    if options.inputs is not None:
        # What was named is played in every world.
        for world in WORLDS:
            yield world, range(options.first, options.first + options.inputs)
        return
    first = options.first
    for world, count in SHARES:
        yield world, range(first, first + count)
        first += count
