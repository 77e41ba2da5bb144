"""Redis that dies, stands still, forgets, throws listeners out, or loses one message."""

from __future__ import annotations

import asyncio
import re

from server.chaos.nemeses.nemesis import Outcome, Scene
from server.chaos.proxy import Sieve

MOST_P99_MS = 500.0
BESIDES_MS = 500.0
"""A busy machine's own delay."""
DEGRADED_S = 18.0
"""After so long without Redis a worker calls itself not ready."""
_MESSAGE = re.compile(rb"\*3\r\n\$7\r\nmessage\r\n\$(\d+)\r\n")


async def kill(scene: Scene) -> Outcome:
    """It dies, with all that it held, and is there again later."""
    assert scene.setup.redis is not None
    began = scene.journal.now()
    seen = await scene.setup.redis.kill()
    degraded = await _away(scene, scene.lasting(scene.chance.choice((6, 20)), 3))
    outcome = _outcome(scene, began, seen, degraded)
    await scene.setup.redis.start()
    return outcome


async def freeze(scene: Scene) -> Outcome:
    """It keeps its connections and answers nothing."""
    assert scene.setup.redis is not None
    began = scene.journal.now()
    seen = await scene.setup.redis.freeze()
    degraded = await _away(scene, scene.lasting(scene.chance.choice((6, 20)), 3))
    outcome = _outcome(scene, began, seen, degraded)
    await scene.setup.redis.thaw()
    return outcome


async def flush(scene: Scene) -> Outcome:
    """It forgets everything, again and again."""
    assert scene.setup.redis is not None
    seen = ""
    for _ in range(3):
        seen = await scene.setup.redis.flush()
        await asyncio.sleep(scene.lasting(1, 0.3))
    return Outcome(bool(seen), seen)


async def kick(scene: Scene) -> Outcome:
    """It ends the connections of those who listen, again and again."""
    assert scene.setup.redis is not None
    seen = []
    for _ in range(3):
        seen.append(await scene.setup.redis.kick())
        await asyncio.sleep(scene.chance.uniform(0.5, 1.0))
    return Outcome(any(seen), "; ".join(seen))


async def cut_off_one(scene: Scene) -> Outcome:
    """The first worker alone reaches it no more; the others do not notice."""
    line = scene.setup.one_line
    assert line is not None
    cut = line.open_links
    line.freeze()
    await asyncio.sleep(scene.lasting(10, 3))
    line.thaw()
    return Outcome(cut > 0, f"{cut} connections of {scene.setup.workers[0].name} to Redis stood still")


async def swallow(scene: Scene) -> Outcome:
    """Messages of others to the first worker are lost on the way, one here and one there."""
    line = scene.setup.one_line
    assert line is not None
    lost: list[bytes] = []
    line.new_sieve = lambda: _sieve(lost, scene)
    # The listener connects anew, through the sieve.
    line.cut()
    await asyncio.sleep(scene.lasting(8, 4))
    line.new_sieve = None
    line.cut()
    return Outcome(bool(lost), f"{len(lost)} messages to {scene.setup.workers[0].name} were lost")


def _sieve(lost: list[bytes], scene: Scene) -> Sieve:
    """Takes some messages that carry entries out of the stream, whole."""
    waiting = b""

    def pass_on(data: bytes) -> bytes:
        nonlocal waiting
        waiting += data
        passed = b""
        while found := _MESSAGE.search(waiting):
            end = _end_of(waiting, found)
            if end is None:
                break
            message = waiting[found.start() : end]
            is_lost = b'"kind":"entry"' in message and scene.chance.random() < 0.3
            if is_lost:
                lost.append(message)
            passed += waiting[: found.start()] + (b"" if is_lost else message)
            waiting = waiting[end:]
        if not found and not _may_begin(waiting):
            passed, waiting = passed + waiting, b""
        return passed

    return pass_on


def _end_of(stream: bytes, found: re.Match[bytes]) -> int | None:
    """Where a message ends that begins there; None when not all of it is there."""
    at = found.end() + int(found[1]) + 2
    size = re.compile(rb"\$(\d+)\r\n").match(stream, at)
    if size is None:
        return None
    end = size.end() + int(size[1]) + 2
    return end if end <= len(stream) else None


def _may_begin(stream: bytes) -> bool:
    """Whether the end of it may be the beginning of a message."""
    return any(b"*3\r\n$7\r\nmessage\r\n$".startswith(stream[-length:]) for length in range(1, 20)) or bool(
        re.search(rb"\*3\r\n\$7\r\nmessage\r\n\$\d*\r?$", stream)
    )


async def _away(scene: Scene, seconds: float) -> list[str]:
    """Waits; who said in the end that it is not ready."""
    await asyncio.sleep(seconds)
    if seconds < DEGRADED_S:
        return []
    answers = await asyncio.gather(*(worker.ask() for worker in scene.setup.workers))
    pairs = zip(scene.setup.workers, answers, strict=True)
    return [worker.name for worker, answer in pairs if answer is not None and answer.ready]


def _outcome(scene: Scene, began: float, seen: str, ready: list[str]) -> Outcome:
    waits = scene.sends_since(began)
    wrong = [f"{name} called itself ready without Redis" for name in ready]
    if not waits.seconds:
        wrong.append("no send was answered meanwhile")
    if waits.p99_ms > MOST_P99_MS + BESIDES_MS:
        wrong.append(f"p99 of sends was {waits.p99_ms:.0f} ms")
    detail = (
        f"{seen}, for {waits.end - waits.start:.1f} s; {len(waits.seconds)} sends answered meanwhile, "
        f"p99 {waits.p99_ms:.0f} ms"
    )
    return Outcome(bool(seen), detail, wrong)
