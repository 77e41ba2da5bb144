"""One room in which some speak at a steady pace, everybody listens, and one looks at the clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.bench import wire
from tests.bench.client import Client
from tests.bench.listener import Crowd
from tests.bench.measure import Window, percentile_ms
from tests.bench.peers import Peer
from tests.bench.peers.crowd import Person

FILLER = "The quick brown fox jumps over the lazy dog, again and again, until it is tired."
_TEXT = b'"text":"'


async def measure(peer: Peer, rate: float, speakers: int, seconds: float, warm_up_s: float) -> dict[str, float]:
    """The first ``speakers`` people say ``rate`` messages a second together, answered or not.

    The pace is the same for every server; one that cannot keep it delivers what it can. The last person hears how
    late a message is: its text begins with the speaker's clock.
    """
    *others, last = peer.people
    speakers = min(speakers, len(others))
    delays: list[float] = []
    clients = [await Client.joined(peer.port, person.token) for person in others[:speakers]]
    clients.append(await Client.joined(peer.port, last.token, lambda packet: delays.append(_delay(packet))))
    async with Crowd() as crowd:
        await crowd.join(peer.port, others[speakers:])
        speaking = [
            asyncio.create_task(speak(client, others[number], rate / speakers, number / rate))
            for number, client in enumerate(clients[:speakers])
        ]
        try:
            await while_busy(speaking, warm_up_s)
            delays.clear()
            with Window(peer.pid) as window:
                heard = _heard(clients, crowd)
                await while_busy(speaking, seconds)
                heard = _heard(clients, crowd) - heard
        finally:
            for task in speaking:
                task.cancel()
            for client in clients:
                client.close()
    return {
        "cpu_us_per_delivery": window.cpu_us(heard),
        "deliveries_per_s": window.per_second(heard),
        "deliveries_per_cpu_s": round(heard / max(window.cpu_s, 0.001)),
        "offered_per_s": rate * len(peer.people),
        "delay_p50_ms": percentile_ms(delays, 50),
        "delay_p99_ms": percentile_ms(delays, 99),
        "cpu_percent": window.cpu_percent,
        "load_percent": window.load_percent,
    }


async def while_busy(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Waits while they work; one that failed ends the measurement."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def speak(client: Client, person: Person, per_second: float, begin_s: float) -> None:
    """Says something so many times a second, answered or not, from ``begin_s`` on."""
    loop = asyncio.get_running_loop()
    start, number = loop.time() + begin_s, 0
    answers: set[asyncio.Future[bytes]] = set()
    while True:
        await asyncio.sleep(start + number / per_second - loop.time())
        number += 1
        text = f"{time.perf_counter_ns()} {FILLER}"
        answers.add(client.send(person.conversation_id, text))
        for done in [answer for answer in answers if answer.done()]:
            answers.discard(done)
            wire.accepted(done.result())


def _heard(clients: Sequence[Client], crowd: Crowd) -> int:
    return crowd.delivered + sum(client.delivered for client in clients)


def _delay(packet: bytes) -> float:
    """Seconds since the text was written."""
    start = packet.index(_TEXT) + len(_TEXT)
    return (time.perf_counter_ns() - int(packet[start : packet.index(b" ", start)])) / 1e9
