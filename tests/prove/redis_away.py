"""Redis is killed for ten seconds under load: sends go on, and everybody has everything soon after it is back.

Three workers on PostgreSQL share a group; its members are spread over them, and some speak on the beat, answered or
not. Nobody reconnects.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import wire
from tests.bench.peers.workers import Shared, workers
from tests.prove.member import PATIENCE_S, Member, seq_of
from tests.prove.proof import LOAD_CORE, Options, Proof, percentile

SERVING = 3
PEOPLE = 60
SPEAKERS = 12
PER_SECOND = 100
AWAY_S = 10.0
BEFORE_S = AFTER_S = 3.0
MOST_P99_MS = 500.0
MOST_TO_HEAL_S = 5.0


@dataclass(slots=True)
class Sent:
    """One message: when it was said, how long the answer took, in seconds of the loop's clock."""

    at: float
    answer: asyncio.Future[bytes]
    took: float = 0.0


class Speakers:
    """They say something in turn, on the beat, answered or not."""

    def __init__(self, members: Sequence[Member], conversation_id: int) -> None:
        self._members = members
        self._conversation_id = conversation_id
        self.sent: list[Sent] = []

    async def speak(self) -> None:
        """Without end."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for number in itertools.count():
            await asyncio.sleep(begin + number / PER_SECOND - loop.time())
            text = f"{time.perf_counter_ns()} message {number}"
            sent = Sent(loop.time(), self._members[number % len(self._members)].send(self._conversation_id, text))
            sent.answer.add_done_callback(functools.partial(_note, sent))
            self.sent.append(sent)

    def between(self, start: float, end: float) -> list[Sent]:
        """What was said between these two moments."""
        return [sent for sent in self.sent if start <= sent.at < end]


def _note(sent: Sent, _: object) -> None:
    sent.took = asyncio.get_running_loop().time() - sent.at


def prove(options: Options) -> Proof:
    """Nothing unanswered, nothing lost, nobody thrown out."""
    os.sched_setaffinity(0, {LOAD_CORE})
    with (
        tempfile.TemporaryDirectory() as folder,
        workers(Path(folder), PEOPLE, PEOPLE, serving=SERVING - 1) as peer,
    ):
        return asyncio.run(_prove(peer, options.seconds or AWAY_S))


async def _prove(peer: Shared, away_s: float) -> Proof:
    loop = asyncio.get_running_loop()
    members = [await Member.of(peer.workers[number % SERVING], person) for number, person in enumerate(peer.people)]
    speakers = Speakers(members[:SPEAKERS], peer.people[0].conversation_id)
    speaking = asyncio.create_task(speakers.speak())
    try:
        began_at = loop.time()
        await asyncio.sleep(BEFORE_S)
        gone_at = loop.time()
        peer.redis.kill()
        await asyncio.sleep(away_s)
        await asyncio.to_thread(peer.redis.start)
        back_at = loop.time()
        meanwhile = await _seqs(speakers.between(began_at, back_at))
        await asyncio.gather(*(member.has_heard(max(meanwhile)) for member in members))
        healed_s = loop.time() - back_at
        await asyncio.sleep(AFTER_S)
    finally:
        speaking.cancel()
    everything = await _seqs(speakers.sent)
    await asyncio.gather(*(member.has_heard(max(everything)) for member in members))
    waits = [
        percentile([sent.took * 1000 for sent in speakers.between(start, end)], 99)
        for start, end in ((began_at, gone_at), (gone_at, back_at))
    ]
    proof = Proof()
    proof.figures = {
        "members": len(members),
        "sends": len(everything),
        "p99 ms before/meanwhile": "/".join(f"{wait:.0f}" for wait in waits),
        "s until all had it": round(healed_s, 2),
    }
    proof.must(len(set(everything)) == len(everything), "two sends were given the same place")
    proof.must(waits[1] < MOST_P99_MS, f"p99 was {waits[1]:.0f} ms while Redis was away")
    proof.must(healed_s < MOST_TO_HEAL_S, f"it took {healed_s:.1f} s until everybody had everything")
    for number, member in enumerate(members):
        proof.must(member.seqs == sorted(everything), f"member {number} heard something else, or in another order")
        proof.must(not member.lost.is_set(), f"member {number} was thrown out")
        member.close()
    return proof


async def _seqs(sent: Sequence[Sent]) -> list[int]:
    """The places that were given; each is answered."""
    async with asyncio.timeout(PATIENCE_S):
        return [seq_of(wire.accepted(answer)) for answer in await asyncio.gather(*(one.answer for one in sent))]
