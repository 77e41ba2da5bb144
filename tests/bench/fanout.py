"""CPU per delivered message: one room, one person who speaks at a steady pace, everybody listens."""

from __future__ import annotations

import asyncio
import time

from tests.bench import peers
from tests.bench.client import Client, accepted
from tests.bench.measure import cpu_seconds, joined, percentile_ms
from tests.bench.peers import Peer

PEERS = {"node": peers.node_broadcast, "madang": peers.madang}
HEADLINE = "cpu_us_per_delivery"
FILLER = "The quick brown fox jumps over the lazy dog, again and again, until it is tired."
_TEXT = b'"text":"'


async def measure(peer: Peer, seconds: float, warm_up_s: float, per_second: float) -> dict[str, float]:
    """The first person speaks ``per_second`` times a second; the last one's clock tells how late it is heard."""
    delays: list[float] = []
    last = peer.people[-1]
    clients = await joined(peer.port, peer.people[:-1])
    clients.append(await Client.joined(peer.port, last.token, lambda packet: delays.append(_delay(packet))))
    speaker = asyncio.create_task(_speak(clients[0], peer.people[0].conversation_id, per_second))
    try:
        await _while_speaking(speaker, warm_up_s)
        delays.clear()
        cpu, heard, started = cpu_seconds(peer.pid), _heard(clients), time.perf_counter()
        await _while_speaking(speaker, seconds)
        cpu, heard, ended = cpu_seconds(peer.pid) - cpu, _heard(clients) - heard, time.perf_counter()
    finally:
        speaker.cancel()
        for client in clients:
            client.close()
    return {
        "cpu_us_per_delivery": round(cpu / max(1, heard) * 1e6, 2),
        "deliveries_per_s": round(heard / (ended - started), 1),
        "offered_per_s": per_second * len(clients),
        "cpu_percent": round(cpu / (ended - started) * 100, 1),
        "delay_p50_ms": percentile_ms(delays, 50),
        "delay_p99_ms": percentile_ms(delays, 99),
    }


async def _speak(client: Client, conversation_id: int, per_second: float) -> None:
    """Sends on the beat, answered or not: the pace is the same for every server."""
    loop = asyncio.get_running_loop()
    start, number = loop.time(), 0
    answers: set[asyncio.Future[bytes]] = set()
    while True:
        number += 1
        await asyncio.sleep(start + number / per_second - loop.time())
        answer = client.send(conversation_id, f"bench-{number:08}", f"{time.perf_counter_ns()} {FILLER}")
        answers.add(answer)
        for done in [answer for answer in answers if answer.done()]:
            answers.discard(done)
            accepted(done.result())


async def _while_speaking(speaker: asyncio.Task[None], seconds: float) -> None:
    """Waits; a refusal ends the measurement."""
    done, _ = await asyncio.wait([speaker], timeout=seconds)
    for ended in done:
        ended.result()


def _heard(clients: list[Client]) -> int:
    return sum(client.delivered for client in clients)


def _delay(packet: bytes) -> float:
    """Seconds since the text was written; it begins with the speaker's clock."""
    start = packet.index(_TEXT) + len(_TEXT)
    return (time.perf_counter_ns() - int(packet[start : packet.index(b" ", start)])) / 1e9
