"""A process that writes to the log beside others: ``python -m tests.storage.worker ADDRESS OPTIONS``.

It prints ``ready``, waits for a line, sends for a while, and prints what it was answered as JSON. ``Worker`` is the
test's side of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

import msgspec

from server.errors import ChatError
from server.storage import appending, commit_order
from server.storage.database import Database

ROOT = Path(__file__).resolve().parent.parent.parent
ALLOW = (lambda *about: None, lambda *about: True)


class Options(msgspec.Struct, kw_only=True):
    """What a worker does. Each sender has one message on its way; the n-th goes to a place that follows from both."""

    senders: list[int]
    conversations: list[int]
    seconds: float = 2.0
    at_least: int = 0
    """So many are sent, however long that takes."""
    label: str = "w"
    """Workers with the same label send the same messages under the same client_ids."""
    shift: int = 0
    """Moves the n-th message to another conversation."""
    repeat: float = 0.0
    """The share of sends that are an earlier one again."""
    freeze_at: int = 0
    """Stops the process between the two round trips of this transaction, counted from 1."""
    slow_commit: bool = False
    """Lets some time pass between the positions and the commit, so that others come in between, if they can."""
    position_lock: bool = True
    """Off is the seeded bug that the checker of positions has to find."""


class Answers(msgspec.Struct):
    """What came of it: [sender, client_id, conversation, seq] of each answer; refusals by code; times in seconds."""

    sent: list[tuple[int, str, int, int]]
    refused: dict[str, int]
    longest_gap_s: float
    p50_s: float
    p99_s: float
    seconds: float
    cpu_s: float


class Worker:
    """Such a process, from its start to its answers."""

    def __init__(self, address: str, **options: Any) -> None:
        given = json.dumps(msgspec.to_builtins(Options(**options)))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.worker", address, given],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait_until_frozen(self) -> None:
        """Returns when it has stopped itself."""
        _, status = os.waitpid(self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), status

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def answers(self) -> Answers:
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return msgspec.json.decode(out, type=Answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def run_together(*workers: Worker) -> list[Answers]:
    """Lets workers send at the same time; what each was answered."""
    for worker in workers:
        worker.wait_until_ready()
    for worker in workers:
        worker.go()
    return [worker.answers() for worker in workers]


class Load:
    """The senders of one process."""

    def __init__(self, db: Database, options: Options) -> None:
        self.db = db
        self.options = options
        self.sent: list[tuple[int, str, int, int]] = []
        self.refused: Counter[str] = Counter()
        self.times: list[float] = []
        self.gaps: list[float] = [0.0]

    async def run(self) -> Answers:
        started, used = time.perf_counter(), time.process_time()
        self._until = started + self.options.seconds
        self._last = started
        await asyncio.gather(*(self._send(sender) for sender in self.options.senders))
        took = time.perf_counter() - started
        times = sorted(self.times) or [0.0]
        return Answers(
            sent=self.sent,
            refused=dict(self.refused),
            longest_gap_s=max(self.gaps),
            p50_s=times[len(times) // 2],
            p99_s=times[len(times) * 99 // 100],
            seconds=took,
            cpu_s=time.process_time() - used,
        )

    async def _send(self, sender: int) -> None:
        options, chance = self.options, random.Random(sender)
        newest = 0
        while time.perf_counter() < self._until or len(self.sent) < options.at_least:
            if newest and chance.random() < options.repeat:
                await self._say(sender, chance.randint(max(1, newest - 20), newest))
            else:
                newest += 1
                await self._say(sender, newest)

    async def _say(self, sender: int, number: int) -> None:
        places = self.options.conversations
        where = places[(sender * 31 + number * 7 + self.options.shift) % len(places)]
        draft = appending.Draft(where, f"{self.options.label}-{sender}-{number}", f"message {number} " + "x" * 180)
        began = time.perf_counter()
        try:
            placed = await self.db.write(appending.append_message, sender, draft, 1, *ALLOW)
        except ChatError as error:
            self.refused[error.code] += 1
        else:
            self.sent.append((sender, draft.client_id, placed.conversation_id, placed.seq))
        now = time.perf_counter()
        self.times.append(now - began)
        self.gaps.append(now - self._last)
        self._last = now


def seed_faults(db: Database, options: Options) -> None:
    """Puts the wanted faults in their places."""
    if options.slow_commit:
        slow = "returning position + length(pg_sleep(0.004 * random())::text)"
        commit_order._INSERT = commit_order._INSERT.replace("returning position", slow)
    if not options.position_lock:
        commit_order._LOCK = "select 1"
    if options.freeze_at:
        end, left = db.engine.end, [options.freeze_at]

        def freeze_and_end() -> None:
            left[0] -= 1
            if left[0] == 0:
                # To this very thread, which then stops before it goes on.
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            end()

        db.engine.end = freeze_and_end  # type: ignore[method-assign]


async def main(address: str, options: Options) -> None:
    db = Database(address)
    await db.open()
    seed_faults(db, options)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    answers = await Load(db, options).run()
    await db.close()
    print(msgspec.json.encode(answers).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], msgspec.json.decode(sys.argv[2], type=Options)))
