"""Workers that are killed, told to end, restarted in turn, and frozen."""

from __future__ import annotations

import asyncio
import time

from server.chaos import history
from server.chaos.nemeses.nemesis import Outcome, Scene, is_overloaded
from server.chaos.workers import Worker

MOST_GOODBYE_S = 10.0
MOST_STALLED_S = 1.5
BESIDES_S = 1.0
"""A busy machine's own pauses."""
TRIES_S = 12.0


async def kill_one(scene: Scene) -> Outcome:
    """One worker, as ``kill -9`` does it; it is started again after a while."""
    worker = scene.chance.choice(scene.setup.workers)
    return await _killed(scene, [worker])


async def kill_all(scene: Scene) -> Outcome:
    """All of them at once."""
    return await _killed(scene, list(scene.setup.workers))


async def _killed(scene: Scene, workers: list[Worker]) -> Outcome:
    pids = await asyncio.gather(*(worker.kill() for worker in workers))
    fired = all(pids) and not any(worker.is_alive for worker in workers)
    await asyncio.sleep(scene.chance.uniform(0.0, scene.lasting(3)))
    took = await asyncio.gather(*(worker.start() for worker in workers))
    names = ", ".join(f"{worker.name} (process {pid})" for worker, pid in zip(workers, pids, strict=True))
    return Outcome(fired, f"{names} killed, ready again {max(took):.1f} s after the start")


async def terminate(scene: Scene) -> Outcome:
    """One worker is told to end, and started again."""
    worker = scene.chance.choice(scene.setup.workers)
    code, took = await worker.terminate()
    await asyncio.sleep(scene.chance.uniform(0.0, scene.lasting(2)))
    wrong = _goodbye(scene, worker, code, took)
    await _again(worker)
    return Outcome(code is not None, f"{worker.name} ended with {code} after {took:.1f} s", wrong)


async def roll(scene: Scene) -> Outcome:
    """Each in turn ends and starts, the next when the one before is ready."""
    wrong: list[str] = []
    goodbyes = []
    for worker in scene.setup.workers:
        code, took = await worker.terminate()
        wrong += _goodbye(scene, worker, code, took)
        goodbyes.append(took)
        await _again(worker)
    return Outcome(True, f"{len(goodbyes)} restarted in turn, the longest goodbye took {max(goodbyes):.1f} s", wrong)


def _goodbye(scene: Scene, worker: Worker, code: int | None, took: float) -> list[str]:
    if code is None:
        return [f"{worker.name} did not end within {took:.0f} s of SIGTERM"]
    wrong = [f"{worker.name} ended with {code} after SIGTERM"] if code else []
    return wrong + ([f"{worker.name} took {took:.1f} s to end"] if took > MOST_GOODBYE_S * scene.patience else [])


async def _again(worker: Worker) -> None:
    if worker.is_alive:
        await worker.kill()
    await worker.start()


async def freeze(scene: Scene) -> Outcome:
    """One worker stands still, with its sockets open and whatever locks it has."""
    worker = scene.chance.choice(scene.setup.workers)
    began = scene.journal.now()
    worker.freeze()
    try:
        await asyncio.sleep(scene.lasting(30, 4))
        fired = worker.is_frozen()
    finally:
        worker.thaw()
    seconds = scene.journal.now() - began
    return Outcome(fired, f"{worker.name} frozen for {seconds:.1f} s; {_others(scene, worker, began)}")


async def freeze_in_transaction(scene: Scene) -> Outcome:
    """A worker stands still between the writer's two round trips, with the locks of a transaction.

    It is stopped at random moments, for as long as it takes to see whether one of them fell into a transaction.
    """
    assert scene.setup.postgres is not None
    worker = scene.chance.choice(scene.setup.workers)
    deadline = time.monotonic() + TRIES_S * scene.patience
    tries = 0
    while time.monotonic() < deadline:
        tries += 1
        worker.freeze()
        try:
            began = scene.journal.now()
            if await _holds_locks(scene):
                await asyncio.sleep(scene.lasting(8, 3))
                waits = scene.sends_since(began, _names(scene, worker))
                stalled = waits.longest_pause_s
                # Reads need no lock: what holds them up is the machine.
                usual_s = scene.waits_since(began, history.Read, _names(scene, worker)).longest_pause_s
                is_long = stalled > scene.patience * (MOST_STALLED_S + max(BESIDES_S, usual_s)) and not is_overloaded()
                wrong = [f"others were stalled for {stalled:.1f} s"] if is_long else []
                return Outcome(
                    worker.is_frozen(),
                    f"{worker.name} frozen in a transaction at try {tries}; {_others(scene, worker, began)}",
                    wrong,
                )
        finally:
            worker.thaw()
        await asyncio.sleep(scene.chance.uniform(0.005, 0.05))
    return Outcome(False, f"{worker.name} was in no transaction at any of {tries} moments")


async def _holds_locks(scene: Scene) -> bool:
    """Whether some writer waits in the middle of a transaction for a client that does not go on."""
    assert scene.setup.postgres is not None
    before = await scene.setup.postgres.in_transaction()
    if not before:
        return False
    await asyncio.sleep(0.08)
    return bool(before & await scene.setup.postgres.in_transaction())


def _others(scene: Scene, worker: Worker, began: float) -> str:
    if len(scene.setup.workers) == 1:
        return "nobody else serves"
    waits = scene.sends_since(began, _names(scene, worker))
    return (
        f"others answered {len(waits.seconds)} sends meanwhile, p99 {waits.p99_ms:.0f} ms, "
        f"longest pause {waits.longest_pause_s:.1f} s"
    )


def _names(scene: Scene, worker: Worker) -> list[str]:
    return [other.name for other in scene.setup.workers if other is not worker]
