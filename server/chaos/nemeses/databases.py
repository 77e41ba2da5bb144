"""Databases that go away, throw their clients out, are held by somebody else, or have no room left."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

from server.chaos import history
from server.chaos.nemeses.nemesis import Outcome, Scene
from server.chaos.nemeses.reading import Reading

_PIECE = 1 << 20


async def restart_postgres(scene: Scene) -> Outcome:
    """It ends as after a power cut or in good order, and is there again."""
    assert scene.setup.postgres is not None
    began = scene.journal.now()
    seen = await scene.setup.postgres.restart(scene.chance.choice(("fast", "immediate")))
    return Outcome(bool(seen), f"{seen}; {_refusals(scene, began)}")


async def end_backends(scene: Scene) -> Outcome:
    """All connections to the database are ended, again and again."""
    assert scene.setup.postgres is not None
    began = scene.journal.now()
    seen = []
    for _ in range(max(2, round(6 * scene.pace))):
        seen.append(await scene.setup.postgres.end_backends())
        await asyncio.sleep(scene.chance.uniform(0.3, 1.0))
    return Outcome(any(seen), f"{'; '.join(filter(None, seen))}; {_refusals(scene, began)}")


async def hold_sqlite(scene: Scene) -> Outcome:
    """Somebody else writes to the SQLite file, and takes their time."""
    path = scene.setup.database
    assert isinstance(path, Path)
    began = scene.journal.now()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        # Whoever reads has come before the lock: coming is a write too.
        async with Reading(scene) as reading:
            await asyncio.to_thread(_begin, other)
            before = reading.answered
            await asyncio.sleep(scene.lasting(8, 2))
            reads = reading.answered - before
        other.execute("rollback")
    wrong = [] if reads else ["no read was answered meanwhile"]
    held = f"held for {scene.journal.now() - began:.1f} s, {reads} reads meanwhile"
    return Outcome(True, f"{held}; {_refusals(scene, began)}", wrong)


def _begin(other: sqlite3.Connection) -> None:
    other.execute("pragma busy_timeout = 5000")
    for _ in range(20):
        with contextlib.suppress(sqlite3.OperationalError):
            other.execute("begin immediate")
            return
    raise sqlite3.OperationalError("the lock could not be had")


async def fill_disk(scene: Scene) -> Outcome:
    """The disk with the SQLite file has no room left for a while."""
    folder = scene.setup.small_disk
    assert folder is not None
    ballast = folder / "ballast"
    began = scene.journal.now()
    try:
        async with Reading(scene) as reading:
            _fill(ballast)
            before = reading.answered
            for _ in range(10):
                await asyncio.sleep(scene.lasting(8, 2) / 10)
                _fill(ballast)  # what a checkpoint has let go
            reads = reading.answered - before
        refused = _refused_since(scene, began)
        free = shutil.disk_usage(folder).free
    finally:
        ballast.unlink(missing_ok=True)
    wrong = [] if reads else ["no read was answered meanwhile"]
    detail = f"{free} bytes were free for {scene.journal.now() - began:.1f} s, {reads} reads meanwhile"
    return Outcome(refused.total() > 0, f"{detail}; {_refusals(scene, began)}", wrong)


def _fill(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        for size in (_PIECE, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"0" * size) == size:
                    pass


async def limit_files(scene: Scene) -> Outcome:
    """The worker may write no more than its files already hold: what a full disk is to it, without one."""
    [worker] = scene.setup.workers
    began = scene.journal.now()
    soft, hard = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
    async with Reading(scene) as reading:
        # SQLite writes into the log from its beginning after a checkpoint: a bound below its size is met at once.
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (4096, hard))
        try:
            before = reading.answered
            await asyncio.sleep(scene.lasting(8, 2))
            refused, reads = _refused_since(scene, began), reading.answered - before
        finally:
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (soft, hard))
    wrong = [] if reads else ["no read was answered meanwhile"]
    detail = f"{worker.name} could write nothing for {scene.journal.now() - began:.1f} s, {reads} reads meanwhile"
    return Outcome(refused.total() > 0, f"{detail}; {_refusals(scene, began)}", wrong)


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with its file."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return database.execute("pragma integrity_check").fetchall() == [("ok",)]


def _refused_since(scene: Scene, t: float) -> Counter[str]:
    """Refusals that may be tried again, by code."""
    return Counter(record.code for record in scene.since(t) if isinstance(record, history.Fail) and record.retryable)


def _refusals(scene: Scene, t: float) -> str:
    refused = _refused_since(scene, t)
    return "refused: " + (", ".join(f"{count} {code}" for code, count in sorted(refused.items())) or "nothing")
