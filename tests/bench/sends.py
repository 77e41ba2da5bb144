"""Durable sends: committed to the disk, answered, and delivered to both of a pair."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Sequence

from tests.bench import wire
from tests.bench.client import Client
from tests.bench.fanout import FILLER, while_busy
from tests.bench.measure import Window, percentile_ms
from tests.bench.peers import Peer
from tests.bench.peers.crowd import Person

Answered = list[tuple[float, float]]
"""When an answer came, and how long it took; in seconds."""


async def measure(peer: Peer, seconds: float, warm_up_s: float) -> dict[str, float]:
    """Everybody keeps one message in flight; then everybody sends at half that pace, answered or not."""
    clients = [await Client.joined(peer.port, person.token) for person in peer.people]
    try:
        found = await _flat_out(peer, clients, seconds, warm_up_s)
        return found | await _half_load(peer, clients, found["sends_per_s"] / 2, seconds, warm_up_s)
    finally:
        for client in clients:
            client.close()


async def _flat_out(peer: Peer, clients: Sequence[Client], seconds: float, warm_up_s: float) -> dict[str, float]:
    answered: Answered = []
    senders = [
        asyncio.create_task(_one_in_flight(client, person, answered))
        for client, person in zip(clients, peer.people, strict=True)
    ]
    window = await _watched(peer, senders, seconds, warm_up_s)
    waits = _within(window, answered)
    return {
        "sends_per_s": window.per_second(len(waits)),
        "cpu_us_per_send": window.cpu_us(len(waits)),
        "answer_p50_ms": percentile_ms(waits, 50),
        "answer_p99_ms": percentile_ms(waits, 99),
        "cpu_percent": window.cpu_percent,
        "load_percent": window.load_percent,
    }


async def _half_load(
    peer: Peer, clients: Sequence[Client], per_second: float, seconds: float, warm_up_s: float
) -> dict[str, float]:
    answered: Answered = []
    each = max(per_second, 1) / len(clients)
    senders = [
        asyncio.create_task(_on_the_beat(client, person, each, index / len(clients) / each, answered))
        for index, (client, person) in enumerate(zip(clients, peer.people, strict=True))
    ]
    window = await _watched(peer, senders, seconds, warm_up_s)
    waits = _within(window, answered)
    return {
        "half_load_sends_per_s": window.per_second(len(waits)),
        "half_load_p50_ms": percentile_ms(waits, 50),
        "half_load_p99_ms": percentile_ms(waits, 99),
    }


async def _watched(peer: Peer, senders: list[asyncio.Task[None]], seconds: float, warm_up_s: float) -> Window:
    try:
        await while_busy(senders, warm_up_s)
        with Window(peer.pid) as window:
            await while_busy(senders, seconds)
        return window
    finally:
        for sender in senders:
            sender.cancel()


async def _one_in_flight(client: Client, person: Person, answered: Answered) -> None:
    while True:
        started = time.perf_counter()
        wire.accepted(await client.send(person.conversation_id, FILLER))
        ended = time.perf_counter()
        answered.append((ended, ended - started))


async def _on_the_beat(client: Client, person: Person, per_second: float, begin_s: float, answered: Answered) -> None:
    loop = asyncio.get_running_loop()
    start, number = loop.time() + begin_s, 0

    def note(started: float, answer: asyncio.Future[bytes]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            wire.accepted(answer.result())
            ended = time.perf_counter()
            answered.append((ended, ended - started))

    while True:
        await asyncio.sleep(start + number / per_second - loop.time())
        number += 1
        started = time.perf_counter()
        answer = client.send(person.conversation_id, FILLER)
        answer.add_done_callback(functools.partial(note, started))


def _within(window: Window, answered: Answered) -> list[float]:
    return [wait for at, wait in answered if window.started <= at < window.ended]
