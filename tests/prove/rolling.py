"""A rolling restart under load: three workers behind nginx go and come one after another, and nobody loses anything.

People come back by themselves within the second or so that stock clients wait, send again what was not answered, and
fetch what they missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import socketio

from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, supervised
from tests.people import Person
from tests.postgres_server import PostgresServer
from tests.prove.proof import Options, Proof
from tests.services_under_test import ROOT

PEOPLE = 30
EACH_PER_SECOND = 2.0
BEFORE_S = AFTER_S = 3.0
MOST_OFFLINE_S = 5.0
RETRY_S = (0.5, 1.5)
"""What stock clients wait before they come back."""
ANSWER_S = 5.0
PATIENCE_S = 60.0


@dataclass
class Traveller:
    """Somebody who comes back whenever the connection ends. ``seqs`` are the places heard or fetched, each once."""

    address: str
    person: Person
    conversation_id: int
    chance: random.Random
    seqs: set[int] = field(default_factory=set)
    answered: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    returns: int = 0
    longest_offline_s: float = 0.0
    _client: ChatClient | None = None
    _here: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        """Without end: here, gone, and here again."""
        gone_at = 0.0
        while True:
            client = ChatClient(self.address, self.person.token)
            was_here = False
            try:
                async with client:
                    was_here = True
                    if gone_at:
                        self.returns += 1
                        self.longest_offline_s = max(self.longest_offline_s, time.monotonic() - gone_at)
                    self._client = client
                    self._here.set()
                    await self._catch_up(client)
                    await client.gone()
            except (socketio.exceptions.SocketIOError, TimeoutError, AssertionError):
                if client.socket.eio.http is not None:
                    await client.socket.eio.http.close()
            self._here.clear()
            self._note(client)
            gone_at = time.monotonic() if was_here else gone_at
            await asyncio.sleep(self.chance.uniform(*RETRY_S))

    async def speak(self, until: asyncio.Event) -> None:
        """One message after another; each is sent until it is answered."""
        for number in itertools.count():
            if until.is_set():
                return
            label = f"rolling-{self.person.id}-{number:06}"
            self.answered[label] = await self._said(label)
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) / EACH_PER_SECOND)

    def words(self, label: str) -> str:
        """What to say under this label; the same each time it is asked."""
        return label

    async def has(self, seqs: set[int]) -> None:
        """Returns when all of these were heard or fetched."""
        async with asyncio.timeout(PATIENCE_S):
            while not seqs <= self.seqs:
                if self._client is not None:
                    self._note(self._client)
                await asyncio.sleep(0.1)

    async def _said(self, label: str) -> int:
        for attempt in itertools.count():
            await self._here.wait()
            assert self._client is not None
            try:
                async with asyncio.timeout(ANSWER_S):
                    reply = await self._client.ask(
                        "send_message", conversation_id=self.conversation_id, client_id=label, text=self.words(label)
                    )
            except (socketio.exceptions.SocketIOError, TimeoutError):
                await asyncio.sleep(0.1)
                continue
            finally:
                self.repeated += attempt > 0
            if reply["ok"]:
                return int(reply["data"]["seq"])
            assert reply["error"]["retryable"], reply
            await asyncio.sleep(reply["error"].get("retry_after_ms", 500) / 1000)
        raise AssertionError("count() ends never")

    async def _catch_up(self, client: ChatClient) -> None:
        """What was said meanwhile: behind the last place without a gap."""
        known = next(number for number in itertools.count(1) if number not in self.seqs) - 1
        while True:
            page = await client.do("fetch_entries", conversation_id=self.conversation_id, after_seq=known)
            self.seqs |= {entry["seq"] for entry in page["entries"]}
            if not page["more"]:
                return
            known = page["entries"][-1]["seq"]

    def _note(self, client: ChatClient) -> None:
        self.seqs |= {entry["seq"] for entry in client.entries(self.conversation_id)}


def prove(options: Options) -> Proof:
    """Nothing lost, nothing twice, nobody away for more than five seconds."""
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as postgres:
        with supervised(Path(folder), postgres.new_database()) as madang:
            return asyncio.run(_prove(madang, random.Random(options.seed)))


async def _prove(madang: Deployment, chance: random.Random) -> Proof:
    people = list(madang.people(*(f"roll{number}x" for number in range(PEOPLE))).values())
    async with ChatClient(madang.address, people[0].token) as host:
        ids = [person.id for person in people[1:]]
        group = await host.do("create_group", client_id="rolling-restart", title="Rolling", account_ids=ids)
    travellers = [Traveller(madang.address, person, group["id"], chance) for person in people]
    done = asyncio.Event()
    living = [asyncio.create_task(traveller.live()) for traveller in travellers]
    speaking = [asyncio.create_task(traveller.speak(done)) for traveller in travellers]
    await asyncio.sleep(BEFORE_S)
    began = time.monotonic()
    code, said = await asyncio.to_thread(_restart, madang)
    took = time.monotonic() - began
    await asyncio.sleep(AFTER_S)
    done.set()
    await asyncio.gather(*speaking)
    places = [seq for traveller in travellers for seq in traveller.answered.values()]
    with contextlib.suppress(TimeoutError):
        await asyncio.gather(*(traveller.has(set(places)) for traveller in travellers))
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)
    proof = Proof()
    lost = sum(len(set(places) - traveller.seqs) for traveller in travellers)
    offline = max(traveller.longest_offline_s for traveller in travellers)
    proof.figures = {
        "people": len(travellers),
        "sends": len(places),
        "sent again": sum(traveller.repeated for traveller in travellers),
        "returns": sum(traveller.returns for traveller in travellers),
        "restart s": round(took, 1),
        "longest offline s": round(offline, 2),
        "lost": lost,
    }
    proof.must(code == 0, f"madang restart ended with {code}: {said}")
    proof.must(len(set(places)) == len(places), "two messages were given the same place")
    proof.must(not lost, f"{lost} deliveries are missing")
    proof.must(all(traveller.returns for traveller in travellers), "somebody's worker was not restarted")
    proof.must(offline <= MOST_OFFLINE_S, f"somebody was away for {offline:.1f} s")
    return proof


def _restart(madang: Deployment) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "server", "restart", "--data", str(madang.workers[0].data_dir)],
        cwd=ROOT,
        env=madang.workers[0].environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
