"""R21: connections cut at random; how long after the loop learnt of it each disconnect handler runs."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import uvloop

from server.engine.link import WebSocketLink
from tests.prove.house import crowd_of, serving
from tests.prove.proof import Options, Proof, percentile

CONNECTIONS = 1000
WITHIN_S = 2.0
BOUND_MS = 50.0
_LEARNING = ("connection_lost", "eof_received", "closed")
"""Where a link hears that its client has gone: from the transport, or by a farewell frame."""


def prove(options: Options) -> Proof:
    """Each handler runs once, in time."""
    return uvloop.run(_prove(options))


async def _prove(options: Options) -> Proof:
    proof = Proof()
    count = options.inputs or CONNECTIONS
    learnt: dict[Any, float] = {}
    waits: list[float] = []
    _listen(learnt)
    async with serving() as house:

        async def left(sid: str, reason: str) -> None:
            connection = house.server.manager.member(sid, "/plain").connection
            waits.append(time.perf_counter() - learnt[connection])
            house.left.append(reason)

        house.server.on("disconnect", left, "/plain")
        async with crowd_of(house.port, count) as crowd:
            await crowd.asked(leaves=WITHIN_S, seed=options.seed)
            async with asyncio.timeout(30):
                await house.empty()
        milliseconds = [wait * 1000 for wait in waits]
        proof.figures = {
            "connections": count,
            "p50 ms": percentile(milliseconds, 50),
            "p99 ms": percentile(milliseconds, 99),
            "max ms": max(milliseconds, default=0.0),
        }
        proof.must(len(waits) == count, f"{len(waits)} handlers ran for {count} connections")
        proof.must(set(house.left) == {"transport close"}, f"reasons were {set(house.left)}")
        proof.must(max(milliseconds, default=0.0) <= BOUND_MS, f"one waited more than {BOUND_MS:.0f} ms")
    return proof


def _listen(learnt: dict[Any, float]) -> None:
    def heard(tell: Any) -> Any:
        def hears(link: Any, *arguments: Any) -> Any:
            learnt.setdefault(link.connection, time.perf_counter())
            return tell(link, *arguments)

        return hears

    for name in _LEARNING:
        setattr(WebSocketLink, name, heard(getattr(WebSocketLink, name)))
