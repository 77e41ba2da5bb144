"""Stock JavaScript clients behind nginx, whose workers are killed one after another and then all at once.

Nobody fetches anything: whatever a client has, it was told live or got back with its session. Everybody is to be
`recovered` each time, in both namespaces, and to have everything in the end.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, deployed
from tests.people import Person
from tests.postgres_server import PostgresServer
from tests.prove.proof import Options, Proof, percentile
from tests.prove.rolling import Traveller
from tests.services_under_test import NODE, ROOT, MadangProcess, node_environment

CLIENTS = 200
PROCESSES = 4
GROUPS = 20
"""Everybody is in two of them; somebody speaks in each, twice a second."""
SECONDS = 120.0
KILL_EVERY_S = 10.0
AWAY_S = 2.0
BEFORE_S = 5.0
COME_S = 120.0
HEAL_S = 40.0
TRANSPORTS: tuple[list[str] | None, ...] = (["websocket"], None, ["websocket"], ["polling"])
"""None: what a client does unasked, polling first and then an upgrade."""
_SCRIPT = ROOT / "tests" / "prove" / "recovered.cjs"


@dataclass
class Speaker(Traveller):
    """Somebody who calls one of the listeners now and then, so that their inbox changes."""

    listeners: Sequence[Person] = field(default_factory=tuple)

    def words(self, label: str) -> str:
        number = int(label.rpartition("-")[2])
        return f"{label} @{self.listeners[number % len(self.listeners)].name}" if number % 10 == 0 else label


class Crowd:
    """The clients, in a few Node processes."""

    def __init__(self, address: str, people: Sequence[Person]) -> None:
        described = [
            {"token": person.token, "transports": TRANSPORTS[number % len(TRANSPORTS)]}
            for number, person in enumerate(people)
        ]
        self._shares = [described[start::PROCESSES] for start in range(PROCESSES)]
        self.people = [person for start in range(PROCESSES) for person in people[start::PROCESSES]]
        self._address = address
        self._processes: list[asyncio.subprocess.Process] = []

    async def come(self) -> None:
        """Returns when everybody is ready."""
        for share in self._shares:
            process = await asyncio.create_subprocess_exec(
                str(NODE),
                str(_SCRIPT),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=node_environment(),
                limit=2**26,
            )
            self._processes.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps({"url": self._address, "clients": share}).encode() + b"\n")
        async with asyncio.timeout(COME_S):
            while not all(client["places"] for client in await self.report()):  # noqa: ASYNC110
                await asyncio.sleep(0.5)

    async def report(self) -> list[dict[str, Any]]:
        """What each client has to say, in the order of ``people``."""
        reports: list[dict[str, Any]] = []
        for process in self._processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"report\n")
            reports += json.loads(await process.stdout.readline())
        return reports

    async def go(self) -> None:
        """Ends all of them."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


@dataclass
class Workers:
    """Those that are killed; ``outcomes`` is what they counted of returns until then."""

    deployment: Deployment
    outcomes: Counter[str] = field(default_factory=Counter)
    kills: int = 0

    async def kill_in_turn(self, seconds: float) -> None:
        """One every ten seconds, which is started again at once."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        number = 0
        while loop.time() < until:
            began = loop.time()
            await self._kill_and_start([self.deployment.workers[number % len(self.deployment.workers)]])
            number += 1
            await asyncio.sleep(max(0.0, KILL_EVERY_S - (loop.time() - began)))

    async def kill_all(self) -> None:
        """All at the same moment; they come back a little later."""
        await self._kill_and_start(self.deployment.workers, AWAY_S)

    async def note(self, workers: Sequence[MadangProcess]) -> None:
        """Adds what they have counted."""
        for worker in workers:
            self.outcomes += await asyncio.to_thread(_outcomes, worker)

    async def _kill_and_start(self, workers: Sequence[MadangProcess], away_s: float = 0.0) -> None:
        await self.note(workers)
        for worker in workers:
            worker.kill()
            self.kills += 1
        await asyncio.sleep(away_s)
        await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in workers))


def _outcomes(worker: MadangProcess) -> Counter[str]:
    """What became of those who brought a pid, by the worker's metrics."""
    with urllib.request.urlopen(f"{worker.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    head = 'madang_recoveries_total{outcome="'
    found = (line.removeprefix(head).partition('"} ') for line in lines if line.startswith(head))
    return Counter({outcome: int(float(number)) for outcome, _, number in found})


def prove(options: Options) -> Proof:
    """Everybody recovered each time, and nothing lost."""
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as postgres:
        url = postgres.new_database()
        with deployed(Path(folder), url, metrics_access="everyone", log_level="warning") as deployment:
            return asyncio.run(_prove(deployment, postgres, options))


async def _prove(deployment: Deployment, postgres: PostgresServer, options: Options) -> Proof:
    chance = random.Random(options.seed)
    people = list(deployment.people(*(f"listener{number}x" for number in range(options.inputs or CLIENTS))).values())
    speakers = await _speakers(deployment, people, chance)
    crowd, workers, done = Crowd(deployment.address, people), Workers(deployment), asyncio.Event()
    await crowd.come()
    living = [asyncio.create_task(speaker.live()) for speaker in speakers]
    speaking = [asyncio.create_task(speaker.speak(done)) for speaker in speakers]
    try:
        await asyncio.sleep(BEFORE_S)
        await workers.kill_in_turn(options.seconds or SECONDS)
        in_turn = await _healed(crowd, deployment, postgres)
        await workers.kill_all()
        await asyncio.sleep(KILL_EVERY_S)
        done.set()
        await asyncio.gather(*speaking)
        both = await _healed(crowd, deployment, postgres)
        await workers.note(deployment.workers)
    finally:
        for task in (*speaking, *living):
            task.cancel()
        await asyncio.gather(*speaking, *living, return_exceptions=True)
        await crowd.go()
    proof = Proof()
    proof.figures = {
        "clients": len(people),
        "kills": workers.kills,
        "sends": sum(len(one.answered) for one in speakers),
    }
    _judge(proof, "in turn", in_turn, None)
    _judge(proof, "all at once", both, in_turn)
    proof.figures["what servers say"] = dict(workers.outcomes)
    away = [client for client in both.reports if not client["away"]]
    proof.must(not away, f"{len(away)} clients were never cut off")
    return proof


async def _speakers(deployment: Deployment, people: Sequence[Person], chance: random.Random) -> list[Speaker]:
    """One for each group, with a part of the listeners."""
    speakers = []
    for number, person in enumerate(deployment.people(*(f"speaker{one}x" for one in range(GROUPS))).values()):
        # The first half divides everybody one way, the second half another.
        half = GROUPS // 2
        listeners = people[number::half] if number < half else people[(number - half) * len(people) // half :]
        listeners = listeners[: len(people) // half]
        async with ChatClient(deployment.address, person.token) as client:
            ids = [listener.id for listener in listeners]
            group = await client.do("create_group", client_id=f"group-{number:04}", title="Yard", account_ids=ids)
        speakers.append(Speaker(deployment.address, person, group["id"], chance, listeners=listeners))
    return speakers


@dataclass
class Standing:
    """What the clients say, and how many entries and changes of inboxes they do not have."""

    reports: list[dict[str, Any]]
    lost: int
    unknown: int


async def _healed(crowd: Crowd, deployment: Deployment, postgres: PostgresServer) -> Standing:
    """How it stands when everybody has what is written now, or has had time for it."""
    url = deployment.database_url
    heads = await asyncio.to_thread(
        postgres.execute,
        "select m.account_id, c.id, c.head_seq from membership m join conversation c on c.id = m.conversation_id",
        url,
    )
    rows = await asyncio.to_thread(postgres.execute, "select account_id, id, seq from notification", url)
    loop = asyncio.get_running_loop()
    until = loop.time() + HEAL_S
    while True:
        reports = await crowd.report()
        by_id = {person.id: report for person, report in zip(crowd.people, reports, strict=True)}
        lost = sum(_missing(by_id[account], str(place), head) for account, place, head in heads if account in by_id)
        unknown = sum(_is_unknown(by_id[account], str(row), seq) for account, row, seq in rows if account in by_id)
        if not lost + unknown or loop.time() > until:
            return Standing(reports, lost, unknown)
        await asyncio.sleep(1.0)


def _missing(report: dict[str, Any], place: str, head: int) -> int:
    found = report["places"][place]
    return sum(seq <= head for seq in found["missing"]) + max(0, head - found["last"])


def _is_unknown(report: dict[str, Any], row: str, seq: int) -> bool:
    """Whether a change of the inbox since it was first looked at has not come."""
    return seq > report["inbox_from"] and report["rows"].get(row, 0) < seq


def _judge(proof: Proof, when: str, now: Standing, before: Standing | None) -> None:
    """Notes the figures of a part, and what did not hold in it."""
    earlier = before.reports if before else [None] * len(now.reports)
    parts = [_since(report, old) for report, old in zip(now.reports, earlier, strict=True)]
    returns = [came for part in parts for came in part["comings"]]
    away = [ms for part in parts for ms in part["away"]]
    caught_up = [ms for part in parts for ms in part["caught_up"]]
    refused = returns.count(False)
    proof.figures |= {
        f"{when}: returns": len(returns),
        f"{when}: not recovered": refused,
        f"{when}: lost": now.lost,
        f"{when}: notifications lost": now.unknown,
        f"{when}: came twice": sum(part["repeated"] for part in parts),
        f"{when}: s away p50/p95": f"{percentile(away, 50) / 1000:.2f}/{percentile(away, 95) / 1000:.2f}",
        f"{when}: ms to catch up p50/p95": f"{percentile(caught_up, 50):.0f}/{percentile(caught_up, 95):.0f}",
    }
    proof.must(not refused, f"{when}, {refused} of {len(returns)} returns were not recovered")
    proof.must(not now.lost, f"{when}, {now.lost} entries are missing")
    proof.must(not now.unknown, f"{when}, {now.unknown} changes of inboxes are missing")


def _since(report: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """What has come since an earlier report; the first coming is no return."""
    comings = [
        came
        for namespace, all_of_them in report["comings"].items()
        for came in all_of_them[len(before["comings"][namespace]) if before else 1 :]
    ]
    if before is None:
        return {**report, "comings": comings}
    return {
        "comings": comings,
        "repeated": report["repeated"] - before["repeated"],
        **{name: report[name][len(before[name]) :] for name in ("away", "caught_up")},
    }
