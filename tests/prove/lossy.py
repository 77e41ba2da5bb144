"""Sends over a link that loses 30 % of the answers and repeats 10 % of the frames, with reloads at random.

The real client core in Node, its outbox in files, and the real server: what was written is in the log once, each
sender's messages of a conversation in the order written, and everybody is shown the same, once, without a hole.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import random
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chat_client import ChatClient
from tests.journeys.stored import rows
from tests.people import Person, make_people_in
from tests.prove import lossy_browser
from tests.prove.lossy_link import DROPPED, LossyLink
from tests.prove.proof import ROOT, Options, Proof
from tests.services_under_test import NODE, MadangProcess, free_port

SENDS = 10_000
PEOPLE = 10
CONVERSATIONS = 8
EACH_IN = 3
"""As many as a client keeps the timelines of."""
LIFE_MS = (500, 5_000)
PATIENCE_S = 900.0
_WEB = ROOT / "web"
_PACKING = ("--format", "esm", "--no-codeSplitting", "--file")
_Way = Callable[[MadangProcess, LossyLink, Path, "Size", int], Coroutine[Any, Any, Proof]]


@dataclass(frozen=True)
class Size:
    """How much of it."""

    sends: int = SENDS
    people: int = PEOPLE
    conversations: int = CONVERSATIONS
    each_in: int = EACH_IN
    life_ms: tuple[int, int] = LIFE_MS


@dataclass
class Found:
    """What the database and the people's screens have, and what was written."""

    log: dict[int, list[tuple[int, str]]]
    """Messages by conversation: their place and text."""
    written: set[str]
    shown: list[dict[str, Any]] = field(default_factory=list)

    def judged(self, proof: Proof) -> None:
        """Puts figures and failures into ``proof``."""
        texts = Counter(text for lines in self.log.values() for _, text in lines)
        lost = self.written - texts.keys()
        twice = [text for text, count in texts.items() if count > 1]
        swapped = sum(_swapped(lines) for lines in self.log.values())
        wrong = [one for one in self.shown if not self._is_true(one)]
        proof.figures |= {
            "written": len(self.written),
            "rows": texts.total(),
            "lost": len(lost),
            "twice": len(twice),
            "out of order": swapped,
            "screens": len(self.shown),
            "screens that differ": len(wrong),
        }
        proof.must(not lost, f"lost: {sorted(lost)[:5]}")
        proof.must(not twice, f"stored twice: {twice[:5]}")
        proof.must(texts.keys() <= self.written, "something is stored that nobody wrote")
        proof.must(not swapped, f"{swapped} messages are stored before what their sender wrote before them")
        proof.must(not wrong, f"screens differ from the log: {[self._difference(one) for one in wrong[:5]]}")

    def _difference(self, screen: dict[str, Any]) -> str:
        seqs, log = [seq for seq, _ in screen["lines"]], self.log[screen["conversation"]]
        extent = f"{seqs[0]} to {seqs[-1]}" if seqs else "nothing"
        return f"person {screen['person']} sees {len(seqs)}, {extent}, of {len(log)} up to {log[-1][0]}"

    def _is_true(self, screen: dict[str, Any]) -> bool:
        """Whether it is the log's end, up to any length: without a hole, nothing twice."""
        lines = [(seq, text) for seq, text in screen["lines"]]
        log = self.log[screen["conversation"]]
        return log[-len(lines) :] == lines if lines else not log


def prove(options: Options) -> Proof:
    """Everything once and in order: in Node, and a part of it in Chromium."""
    sends = options.inputs or SENDS
    proof = proved(Size(sends=sends), options.seed)
    browser = proved_in_browser(Size(sends=max(40, sends // 20), people=2, conversations=3), options.seed)
    proof.figures |= {f"in Chromium: {name}": value for name, value in browser.figures.items()}
    proof.failures += [f"in Chromium: {failure}" for failure in browser.failures]
    return proof


def proved(size: Size, seed: int) -> Proof:
    """In Node, so much of it."""
    return _with_server(size, seed, _prove)


def proved_in_browser(size: Size, seed: int) -> Proof:
    """In Chromium, so much of it."""
    return _with_server(size, seed, _prove_in_browser)


def _with_server(size: Size, seed: int, way: _Way) -> Proof:
    with tempfile.TemporaryDirectory() as folder:
        link_port = free_port()
        origin = f"http://127.0.0.1:{link_port}"
        with MadangProcess(Path(folder) / "data", message_rate="off", allowed_origins=origin) as madang:
            link = LossyLink(madang.port, random.Random(seed), link_port)
            return asyncio.run(way(madang, link, Path(folder), size, seed))


async def _prove(madang: MadangProcess, link: LossyLink, folder: Path, size: Size, seed: int) -> Proof:
    core = packed_core(folder, "node")
    people, places = await _people(madang, size)
    async with link.open():
        plan = {
            "url": link.url,
            "folder": str(folder / "people"),
            "seed": seed,
            "life_ms": size.life_ms,
            "people": [
                {
                    "id": person.id,
                    "token": person.token,
                    "conversations": places[person.id],
                    "sends": size.sends // size.people,
                }
                for person in people
            ],
        }
        answer = await _lived(core, plan, folder)
    proof = Proof(figures={"seed": seed, "people": size.people, "reloads": answer["reloads"]})
    proof.figures |= {"seconds": round(answer["seconds"], 1), "healed s": round(answer["healed_seconds"], 1)}
    return _judged(proof, link, Found(stored_log(madang), _written(folder / "people"), answer["shown"]), size)


async def _prove_in_browser(madang: MadangProcess, link: LossyLink, folder: Path, size: Size, seed: int) -> Proof:
    core = await asyncio.to_thread(packed_core(folder, "browser").read_bytes)
    people, places = await _people(madang, size)
    chance = random.Random(seed + 1)
    async with link.open():
        writers, shown, seconds = await lossy_browser.lived(link, core, people, places, size.sends, chance)
    written = {text for writer in writers for text in writer.written}
    proof = Proof(figures={"tabs": size.people * lossy_browser.TABS})
    proof.figures |= {"reloads": sum(writer.reloads for writer in writers)}
    proof.figures |= {"tabs closed": sum(writer.closed for writer in writers), "seconds": round(seconds, 1)}
    return _judged(proof, link, Found(stored_log(madang), written, shown), size)


def _judged(proof: Proof, link: LossyLink, found: Found, size: Size) -> Proof:
    """With what the link did and what was found."""
    losses = link.losses
    proof.figures |= losses.figures()
    found.judged(proof)
    likely = 4 * math.sqrt(DROPPED * (1 - DROPPED) / losses.answers)
    proof.must(abs(losses.answers_dropped / losses.answers - DROPPED) < likely, "not 30 % of the answers were lost")
    proof.must(len(found.written) == size.sends // size.people * size.people, "not everything was written")
    proof.must(losses.duplicates > 0, "nothing was sent twice, so that nothing was shown")
    proof.must(proof.figures["reloads"] != 0, "nobody's page was reloaded")
    return proof


async def _people(madang: MadangProcess, size: Size) -> tuple[list[Person], dict[int, list[int]]]:
    names = (f"sender{number}" for number in range(size.people))
    people = list(make_people_in(madang.data_dir / "madang.db", *names).values())
    return people, await _conversations(madang, people, size)


def packed_core(folder: Path, platform: str) -> Path:
    """The client core in one file, for "node" or "browser", so that a thread or a page begins in an instant."""
    packed = folder / "core.mjs"
    subprocess.run(
        [NODE, "node_modules/rolldown/bin/cli.mjs", "client/src/index.ts", "--platform", platform, *_PACKING, packed],
        cwd=_WEB,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return packed


def stored_log(madang: MadangProcess) -> dict[int, list[tuple[int, str]]]:
    """All messages of the database by conversation, in the log's order."""
    log: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for conversation_id, seq, text in rows(madang, "select conversation_id, seq, text from message order by 1, 2"):
        log[conversation_id].append((seq, text))
    return log


async def _conversations(madang: MadangProcess, people: list[Person], size: Size) -> dict[int, list[int]]:
    """Groups of which each person is in some; by person."""
    members: dict[int, list[Person]] = defaultdict(list)
    for place, person in enumerate(people):
        for step in range(size.each_in):
            members[(place + step) % size.conversations].append(person)
    places: dict[int, list[int]] = defaultdict(list)
    for number, group in members.items():
        async with ChatClient(madang.url, group[0].token) as host:
            ids = [person.id for person in group[1:]]
            made = await host.do("create_group", client_id=f"lossy-{number:04}", title=f"{number}", account_ids=ids)
        for person in group:
            places[person.id].append(made["id"])
    return places


async def _lived(core: Path, plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    (folder / "plan.json").write_text(json.dumps(plan))
    process = await asyncio.create_subprocess_exec(
        NODE,
        ROOT / "tests/prove/lossy_people.mjs",
        core,
        folder / "plan.json",
        env={**os.environ, "NODE_OPTIONS": "--no-warnings"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 26,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the people have died")
        answer: dict[str, Any] = json.loads(line)
        return answer
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _written(folder: Path) -> set[str]:
    return {line for file in folder.glob("*/written") for line in file.read_text().splitlines()}


def _swapped(lines: list[tuple[int, str]]) -> int:
    """How many messages of a conversation stand behind one that their sender wrote later; texts end in its number."""
    last: dict[str, int] = {}
    swapped = 0
    for _, text in lines:
        sender, _, number = text.split()
        swapped += int(number) < last.get(sender, 0)
        last[sender] = max(int(number), last.get(sender, 0))
    return swapped
