"""Everybody comes back at the same moment, as after a restart."""

from __future__ import annotations

import asyncio
import time

from tests.bench.listener import Crowd, Listener
from tests.bench.measure import Window, percentile_ms, quiet
from tests.bench.peers import Peer
from tests.bench.peers.crowd import Person


async def measure(peer: Peer) -> dict[str, float]:
    """From the first moment of the server's second life until the last one is ``ready`` in both namespaces."""
    assert peer.restart is not None
    await quiet(peer.pid)
    async with Crowd() as crowd:
        await crowd.join(peer.port, peer.people)
        peer.restart()
        crowd.close()
        waits: list[float] = []
        with Window(peer.pid) as window:
            await asyncio.gather(*(_come(peer.port, person, crowd, waits) for person in peer.people))
    return {
        "all_ready_s": round(window.seconds, 2),
        "ready_p50_ms": percentile_ms(waits, 50),
        "ready_p99_ms": percentile_ms(waits, 99),
        "cpu_us_per_return": window.cpu_us(len(peer.people)),
        "load_percent": window.load_percent,
    }


async def _come(port: int, person: Person, crowd: Crowd, waits: list[float]) -> None:
    started = time.perf_counter()
    await Listener.joined(port, person.token, crowd)
    waits.append(time.perf_counter() - started)
