"""People who are there and say nothing: what one costs in memory, and many of them in pings."""

from __future__ import annotations

import asyncio

from tests.bench.listener import Crowd
from tests.bench.measure import Window, quiet, resident_bytes
from tests.bench.peers import Peer

FIRST = 100
"""So many come before memory is looked at: what a server needs for its very first people is not theirs."""


async def memory(peer: Peer) -> dict[str, float]:
    """The growth of the resident size from the first ``FIRST`` people to all, for each of those in between."""
    await quiet(peer.pid)
    others = len(peer.people) - FIRST
    async with Crowd() as crowd:
        await crowd.join(peer.port, peer.people[:FIRST])
        await quiet(peer.pid)
        before = resident_bytes(peer.pid)
        with Window(peer.pid) as window:
            await crowd.join(peer.port, peer.people[FIRST:])
        await quiet(peer.pid)
        grown = resident_bytes(peer.pid) - before
        return {
            "bytes_per_connection": round(grown / others),
            "connections": float(len(peer.people)),
            "still_there": float(len(crowd)),
            "cpu_us_per_connect": window.cpu_us(others),
            "connects_per_s": window.per_second(others),
            "load_percent": window.load_percent,
        }


async def held(peer: Peer, seconds: float) -> dict[str, float]:
    """Everybody stays for ``seconds`` and answers pings."""
    await quiet(peer.pid)
    async with Crowd() as crowd:
        await crowd.join(peer.port, peer.people)
        await quiet(peer.pid, patience_s=10)
        pings = crowd.pings
        with Window(peer.pid) as window:
            await asyncio.sleep(seconds)
        return {
            "cpu_percent": window.cpu_percent,
            "connections": float(len(peer.people)),
            "still_there": float(len(crowd)),
            "pings_per_s": window.per_second(crowd.pings - pings),
            "resident_mb": round(resident_bytes(peer.pid) / 1e6, 1),
            "load_percent": window.load_percent,
        }
