"""R17: readers that do not read are cut at their bound; what each costs until then, and what is left afterwards."""

from __future__ import annotations

import asyncio
import gc
import socket

import uvloop

from server.engine import Limits
from tests.engine.client_frames import client_frame
from tests.prove.crowd import HANDSHAKE
from tests.prove.house import House, serving
from tests.prove.proof import Options, Proof, resident_mb

READERS = 20
TEXT = "x" * 400
MOST_MB_EACH = 2.0
MOST_LEFT_MB = 1.0
LOOK_EVERY = 50
FURTHER = 5


def prove(options: Options) -> Proof:
    """Nobody holds more than the bound, in fact and in memory; all are cut, and it is given back."""
    return uvloop.run(_prove(options.inputs or READERS))


async def _prove(count: int) -> Proof:
    proof, limits = Proof(), Limits()
    async with serving(limits) as house:
        first = await _Flood(house).all_cut(count)
        # What the allocator keeps it uses again: further crowds add next to nothing.
        further = [await _Flood(house).all_cut(count) for _ in range(FURTHER)]
    each, left = first.most_mb / count, sum(crowd.left_mb for crowd in further) / FURTHER
    proof.figures = {
        "readers": count,
        "sent to each until it was cut, MB": round(first.rounds * len(TEXT) / 1e6, 2),
        "counted for each at most, MB": round(first.most_held / count / 1e6, 3),
        "MB of memory for each": round(each, 2),
        "MB left by each further crowd": round(left, 2),
    }
    proof.must(house.left == ["slow consumer"] * (1 + FURTHER) * count, f"they left as {set(house.left)}")
    proof.must(first.most_held <= limits.out_bytes * count, f"{first.most_held} bytes were held")
    proof.must(each <= MOST_MB_EACH, f"each cost {each:.2f} MB")
    proof.must(left <= MOST_LEFT_MB, f"{left:.2f} MB are left")
    return proof


class _Flood:
    """Sends to clients that do not read until none is there any more."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.rounds = self.most_held = 0
        self.most_mb = self.left_mb = 0.0

    async def all_cut(self, count: int) -> _Flood:
        """The most that was held meanwhile, and what is left behind."""
        server = self._house.server
        wires = [await self._deaf(number) for number in range(1, count + 1)]
        members = list(server.manager._members["/plain"].values())
        start = _settled_mb()
        while server.eio.sockets:
            self.rounds += 1
            for member in members:
                # Each its own, so that nothing is shared and all of it counts.
                await server.emit("said", f"{self.rounds} {member.sid} {TEXT}", to=member.sid, namespace="/plain")
            await asyncio.sleep(0)
            self.most_held = max(self.most_held, server.eio.house.outflow.unsent_total)
            if not self.rounds % LOOK_EVERY:
                self.most_mb = max(self.most_mb, resident_mb() - start)
        await self._house.empty()
        self.left_mb = _settled_mb() - start
        for wire in wires:
            wire.close()
        return self

    async def _deaf(self, number: int) -> socket.socket:
        """A client that joins and never reads; the kernel takes a little for it."""
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        wire.setblocking(False)
        await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self._house.port))
        wire.sendall(HANDSHAKE + client_frame(b"40/plain,"))
        while len(self._house.server.manager._members.get("/plain", ())) < number:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return wire


def _settled_mb() -> float:
    gc.collect()
    return resident_mb()
