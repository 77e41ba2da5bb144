"""A member who stops reading, in Madang as `madang serve` runs it: what it costs, whom it disturbs, what it misses.

First the log is filled until the database's cache is as large as it will be. Then three phases of a minute in one
process: everybody reads, one does not, everybody reads again. What the middle one grew by more than the mean of the
others is the slow reader's.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from pathlib import Path

import aiohttp

from tests.bench import peers, wire
from tests.bench.peers.crowd import new_disk_folder
from tests.prove.member import PATIENCE_S, Member, seq_of
from tests.prove.proof import LOAD_CORE, Options, Proof, percentile, resident_mb

MEMBERS = 50
PER_SECOND = 200
SECONDS = 60.0
FILLING = 25_000
IN_FLIGHT = 64
SETTLING_S = 5.0
MOST_GROWN_MB = 2.0
MOST_UNSENT_MB = 1.0
WORDS = "The quick brown fox jumps over the lazy dog, again and again, until it is tired. " * 3


class Phase:
    """A stretch of time: how late everybody else was, and what the server held."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.resident: list[float] = []
        self.unsent: list[float] = []

    @property
    def p99_ms(self) -> float:
        return percentile(self.delays, 99)

    @property
    def grown_mb(self) -> float:
        """From the first second to the highest."""
        return max(self.resident) - self.resident[0]


class Room:
    """The server with its members, the first of whom speaks without end."""

    def __init__(self, peer: peers.Peer, members: list[Member], http: aiohttp.ClientSession) -> None:
        self._peer = peer
        self._http = http
        self.members = members
        self.sent: list[asyncio.Future[bytes]] = []
        self.conversation_id = peer.people[0].conversation_id

    async def fill(self) -> None:
        """As many messages as the database's cache holds, and more."""
        answers = [self.say() for _ in range(IN_FLIGHT)]
        for _ in range(FILLING - IN_FLIGHT):
            await answers[-IN_FLIGHT]
            answers.append(self.say())
        await asyncio.gather(*answers)

    def say(self, words: str = WORDS) -> asyncio.Future[bytes]:
        """One message; its text begins with our clock."""
        text = f"{time.perf_counter_ns()} {words}"
        return self.members[0].send(self.conversation_id, text)

    async def speak(self) -> None:
        """On the beat, answered or not."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number in itertools.count():
            await asyncio.sleep(begin + number / PER_SECOND - loop.time())
            self.sent.append(self.say())

    async def watched(self, seconds: float) -> Phase:
        """Looks at the server and at all members but the last for so long."""
        phase = Phase()
        watched = self.members[1:-1]
        for member in watched:
            member.delays.clear()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            phase.resident.append(resident_mb(self._peer.pid))
            phase.unsent.append(await self.metric("madang_engine_unsent_bytes") / 1e6)
            await asyncio.sleep(0.5)
        phase.delays = [delay for member in watched for delay in member.delays]
        return phase

    async def metric(self, name: str) -> float:
        """One of the server's own counters; 0 while it has not happened."""
        async with self._http.get(f"http://127.0.0.1:{self._peer.port}/metrics") as response:
            lines = (await response.text()).splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " ")), 0.0)

    async def comes_back(self, last_seq: int) -> tuple[Member, list[int]]:
        """The last member joins again and fetches what it missed, as a client does; live events come meanwhile."""
        member = await Member.of(self._peer, self._peer.people[-1])
        fetched: list[int] = []
        while True:
            question = {"conversation_id": self.conversation_id, "after_seq": fetched[-1] if fetched else last_seq}
            page = wire.accepted(await member.call("fetch_entries", question))
            fetched += [entry["seq"] for entry in page["entries"]]
            if not page["more"]:
                return member, fetched


def prove(options: Options) -> Proof:
    """Bounded memory, nobody else disturbed, closed as slow, nothing missed."""
    os.sched_setaffinity(0, {LOAD_CORE})
    with new_disk_folder() as folder, peers.madang(Path(folder), MEMBERS + 1, MEMBERS + 1) as peer:
        return asyncio.run(_prove(peer, options.seconds or SECONDS))


async def _prove(peer: peers.Peer, seconds: float) -> Proof:
    proof = Proof()
    async with aiohttp.ClientSession() as http:
        members = [await Member.of(peer, peer.people[0])]
        room = Room(peer, members, http)
        await room.fill()
        members += [await Member.of(peer, person) for person in peer.people[1:]]
        speaking = asyncio.create_task(room.speak())
        slow = members[-1]
        try:
            await room.watched(SETTLING_S)
            before = await room.watched(seconds)
            slow.stop_reading()
            during = await room.watched(seconds)
            closed = await room.metric('madang_engine_closed_total{reason="slow consumer"}')
            slow.read_again()
            async with asyncio.timeout(PATIENCE_S):
                await slow.lost.wait()
            again, fetched = await room.comes_back(slow.seqs[-1])
            after = await room.watched(seconds)
        finally:
            speaking.cancel()
        answers = [wire.accepted(answer) for answer in await asyncio.gather(*room.sent)]
        await again.has_heard(seq_of(answers[-1]))
    everything = {seq_of(answer) for answer in answers}
    missed = everything - set(slow.seqs) - set(fetched) - set(again.seqs)
    cost = during.grown_mb - statistics.mean((before.grown_mb, after.grown_mb))
    proof.figures = {
        "messages": len(everything),
        "MB grown before/during/after": "/".join(f"{phase.grown_mb:.2f}" for phase in (before, during, after)),
        "MB for the slow one": round(cost, 2),
        "most unsent MB": round(max(during.unsent), 3),
        "others' p99 ms before/during/after": "/".join(f"{phase.p99_ms:.1f}" for phase in (before, during, after)),
        "heard before it was cut": len(slow.seqs),
        "fetched afterwards": len(fetched),
        "missed": len(missed),
    }
    proof.must(cost < MOST_GROWN_MB, f"the slow reader cost {cost:.2f} MB")
    proof.must(max(during.unsent) <= MOST_UNSENT_MB, f"{max(during.unsent)} MB waited for it")
    calm = max(before.p99_ms, after.p99_ms)
    proof.must(
        during.p99_ms <= max(1.5 * calm, calm + 5), f"the others' p99 rose from {calm:.1f} to {during.p99_ms:.1f} ms"
    )
    proof.must(closed == 1, f"{closed:.0f} connections were closed as slow")
    proof.must(not missed, f"{len(missed)} messages are missing, the first {min(missed, default=None)}")
    proof.must(fetched == list(range(slow.seqs[-1] + 1, slow.seqs[-1] + 1 + len(fetched))), "what was fetched has gaps")
    for member in [*members[:-1], again]:
        member.close()
    return proof
