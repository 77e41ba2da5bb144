"""A room over two workers, beside the same room on one; and what a worker pays that has no member of it."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from tests.bench.client import Client
from tests.bench.fanout import speak, while_busy
from tests.bench.listener import Crowd
from tests.bench.measure import Window
from tests.bench.peers import Peer

ELSEWHERE = 10
"""So many people, the last ones, are in another room, on a worker that has nobody else."""


async def measure(peer: Peer, rate: float, seconds: float, warm_up_s: float) -> dict[str, float]:
    """The first person says ``rate`` messages a second; the others listen, spread over all workers but the last.

    That one has the last ``ELSEWHERE`` people, whose room is quiet.
    """
    *serving, spectator = peer.workers
    speaker, *others = peer.people[:-ELSEWHERE]
    client = await Client.joined(serving[0].port, speaker.token)
    async with Crowd() as crowd:
        for number, worker in enumerate(serving):
            await crowd.join(worker.port, others[number :: len(serving)])
        await crowd.join(spectator.port, peer.people[-ELSEWHERE:])
        speaking = asyncio.create_task(speak(client, speaker, rate, 0.0))
        try:
            await while_busy([speaking], warm_up_s)
            with ExitStack() as stack:
                windows = [stack.enter_context(Window(worker.pid)) for worker in serving]
                watching = stack.enter_context(Window(spectator.pid))
                heard = client.delivered + crowd.delivered
                await while_busy([speaking], seconds)
                heard = client.delivered + crowd.delivered - heard
        finally:
            speaking.cancel()
            client.close()
    return {
        "cpu_us_per_delivery": round(sum(window.cpu_us(heard) for window in windows), 2),
        "deliveries_per_s": windows[0].per_second(heard),
        "spectator_percent": watching.cpu_percent,
        "load_percent": windows[0].load_percent,
    }
