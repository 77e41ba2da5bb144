"""A member of a room that notes what it hears."""

from __future__ import annotations

import asyncio
import json
import time

from tests.bench import peers
from tests.bench.client import Client
from tests.bench.peers.crowd import Person

PATIENCE_S = 20.0
_TEXT, _SEQ = b'"text":"', b'"seq":'


class Member(Client):
    """Notes the ``seqs`` it heard, and how late each was."""

    def __init__(self, *_: object) -> None:
        super().__init__(self._hear)
        self.seqs: list[int] = []
        self.delays: list[float] = []
        self.lost = asyncio.Event()

    @classmethod
    async def of(cls, peer: peers.Peer, person: Person) -> Member:
        """A person who has joined."""
        member = await cls.joined(peer.port, person.token)
        assert isinstance(member, Member)
        return member

    def _hear(self, packet: bytes) -> None:
        start = packet.index(_TEXT) + len(_TEXT)
        self.delays.append((time.perf_counter_ns() - int(packet[start : packet.index(b" ", start)])) / 1e6)
        start = packet.index(_SEQ) + len(_SEQ)
        self.seqs.append(int(packet[start : packet.index(b",", start)]))

    def stop_reading(self) -> None:
        """Takes nothing more from its socket."""
        assert self._transport is not None
        self._transport.pause_reading()

    def read_again(self) -> None:
        """Takes what lies there, up to the end."""
        assert self._transport is not None
        self._transport.resume_reading()

    async def has_heard(self, seq: int) -> None:
        """Returns when the message of that ``seq`` has come."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.seqs or self.seqs[-1] < seq:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


def seq_of(answer: dict[str, object]) -> int:
    """The place of a message that was accepted."""
    message = answer.get("message", answer)
    assert isinstance(message, dict), json.dumps(answer)
    return int(message["seq"])
