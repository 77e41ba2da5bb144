"""Durable sends per second: committed to the disk, answered, and delivered to both of the pair."""

from __future__ import annotations

import asyncio
import time

from tests.bench import peers
from tests.bench.client import Client, accepted
from tests.bench.measure import cpu_seconds, joined, percentile_ms
from tests.bench.peers import Peer, Person

PEERS = {"node": peers.node_durable, "madang": peers.madang}
GROUP_SIZE = 2
TEXT = "The quick brown fox jumps over the lazy dog, again and again, until it is tired."
HEADLINE = "sends_per_s"


async def measure(peer: Peer, seconds: float, warm_up_s: float) -> dict[str, float]:
    """Every person keeps one message in flight; the figures are of ``seconds`` after the warm-up."""
    clients = await joined(peer.port, peer.people)
    answered: list[tuple[float, float]] = []
    senders = [
        asyncio.create_task(_send(client, person, index, answered))
        for index, (client, person) in enumerate(zip(clients, peer.people, strict=True))
    ]
    try:
        await _while_sending(senders, warm_up_s)
        cpu, started = cpu_seconds(peer.pid), time.perf_counter()
        await _while_sending(senders, seconds)
        cpu, ended = cpu_seconds(peer.pid) - cpu, time.perf_counter()
    finally:
        for sender in senders:
            sender.cancel()
        for client in clients:
            client.close()
    waits = [wait for at, wait in answered if started <= at < ended]
    return {
        "sends_per_s": round(len(waits) / (ended - started), 1),
        "cpu_us_per_send": round(cpu / max(1, len(waits)) * 1e6, 1),
        "answer_p50_ms": percentile_ms(waits, 50),
        "answer_p99_ms": percentile_ms(waits, 99),
    }


async def _send(client: Client, person: Person, index: int, answered: list[tuple[float, float]]) -> None:
    number = 0
    while True:
        number += 1
        started = time.perf_counter()
        accepted(await client.send(person.conversation_id, f"bench-{index}-{number:08}", TEXT))
        ended = time.perf_counter()
        answered.append((ended, ended - started))


async def _while_sending(senders: list[asyncio.Task[None]], seconds: float) -> None:
    """Waits; a sender that was refused ends the measurement."""
    done, _ = await asyncio.wait(senders, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for sender in done:
        sender.result()
