"""Coming in, and asking something small: what both cost the server."""

from __future__ import annotations

import asyncio

from tests.bench import wire
from tests.bench.client import Client
from tests.bench.listener import Crowd
from tests.bench.measure import Window, quiet
from tests.bench.peers import Peer


async def measure(peer: Peer, callers: int, seconds: float, warm_up_s: float) -> dict[str, float]:
    """Everybody joins /chat; then ``callers`` of them ask the same thing again and again, one at a time each."""
    await quiet(peer.pid)
    for person in peer.people[:callers]:  # nobody is measured as the first one to come
        (await Client.joined(peer.port, person.token, namespaces=wire.CHAT)).close()
    await quiet(peer.pid)
    async with Crowd() as crowd:
        with Window(peer.pid) as coming:
            await crowd.join(peer.port, peer.people, wire.CHAT)
    await quiet(peer.pid)
    clients = [await Client.joined(peer.port, person.token, namespaces=wire.CHAT) for person in peer.people[:callers]]
    asking = [_Asking(client) for client in clients]
    try:
        await asyncio.sleep(warm_up_s)
        with Window(peer.pid) as window:
            answered = sum(one.answered for one in asking)
            await asyncio.sleep(seconds)
            answered = sum(one.answered for one in asking) - answered
        for one in asking:
            wire.accepted(one.last)
    finally:
        for client in clients:
            client.close()
    return {
        "cpu_us_per_connect": coming.cpu_us(len(peer.people)),
        "connects_per_s": coming.per_second(len(peer.people)),
        "cpu_us_per_call": window.cpu_us(answered),
        "calls_per_s": window.per_second(answered),
        "load_percent": window.load_percent,
    }


class _Asking:
    """Asks as soon as it was answered; a callback and no task, for the load must be quick."""

    def __init__(self, client: Client) -> None:
        self.answered = 0
        self.last = b""
        self._client = client
        self._ask()

    def _ask(self) -> None:
        self._client.call("set_active", {"active": True}).add_done_callback(self._hear)

    def _hear(self, answer: asyncio.Future[bytes]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            return  # the connection is closed: nothing more is counted
        self.answered += 1
        self.last = answer.result()
        self._ask()
