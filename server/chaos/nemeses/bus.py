"""Redis that dies, stands still, forgets, throws listeners out, or loses one message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from server.chaos import history
from server.chaos.client import Client
from server.chaos.nemeses.nemesis import Outcome, Scene, is_overloaded
from server.chaos.proxy import Sieve

MOST_P99_MS = 500.0
BUSY = 5.0
"""On a busy machine everything is slow: sends may take so many times as long as reads, which do without Redis."""
DEGRADED_S = 18.0
"""After so long without Redis a worker calls itself not ready."""
LISTENS_S = 3.5
"""Until a listener is back, and the beacon that follows has passed."""
SWEPT_S = 8.0
"""The sweep looks every two seconds, and a machine may be busy."""
COME_S = 15.0
ENOUGH = 3
_MESSAGE = re.compile(rb"\*3\r\n\$7\r\nmessage\r\n\$(\d+)\r\n")


async def kill(scene: Scene) -> Outcome:
    """It dies, with all that it held, and is there again later."""
    assert scene.setup.redis is not None
    return await _gone(scene, scene.setup.redis.kill, scene.setup.redis.start)


async def freeze(scene: Scene) -> Outcome:
    """It keeps its connections and answers nothing."""
    assert scene.setup.redis is not None
    return await _gone(scene, scene.setup.redis.freeze, scene.setup.redis.thaw)


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
    line.new_sieve = lambda: _sieve(lost, lambda message: scene.chance.random() < 0.3)
    # The listener connects anew, through the sieve.
    line.cut()
    await asyncio.sleep(scene.lasting(8, 4))
    line.new_sieve = None
    line.cut()
    return Outcome(bool(lost), f"{len(lost)} messages to {scene.setup.workers[0].name} were lost")


async def swallow_last(scene: Scene) -> Outcome:
    """The last message of a conversation is lost on its way to the first worker; nothing follows it there.

    What shows a gap is missing, and Redis runs: only the sweep can find it.
    """
    line, worker = scene.setup.one_line, scene.setup.workers[0]
    assert line is not None
    # Where everybody is, so that some are at this worker.
    room = next(room for room in scene.cast.rooms if not room.direct)
    await _have_come(scene, room.id, worker.name)
    scene.workload.quiet.add(room.id)
    lost: list[bytes] = []
    mark = f'"conversation_id":{room.id},'.encode()
    line.new_sieve = lambda: _sieve(lost, lambda message: mark in message)
    try:
        line.cut()
        await asyncio.sleep(LISTENS_S)  # and what was under way there arrives
        members = _members(scene, room.id)
        victims = [client for client in members if client.worker == worker.name]
        speakers = [client for client in members if client.worker != worker.name]
        if not victims or not speakers:
            return Outcome(False, f"nobody of conversation {room.id} was at {worker.name}, or nobody elsewhere")
        began, label = scene.journal.now(), scene.workload.label(speakers[0], scene.chance)
        reply = await speakers[0].outbox.send(room.id, label, f"{label} says the last word")
        missing = await _missing(scene, room.id, reply["data"]["seq"], [client.name for client in victims], began)
    finally:
        line.new_sieve = None
        line.cut()
        scene.workload.quiet.discard(room.id)
    detail = f"{len(lost)} messages to {worker.name} were lost, {len(victims)} there had the last one in time"
    wrong = [
        f"{worker.name} did not tell {name} within {SWEPT_S * scene.patience:.0f} s what the bus had lost"
        for name in missing
    ]
    return Outcome(bool(lost), detail, wrong)


def _members(scene: Scene, conversation_id: int) -> list[Client]:
    """The connected clients of those who belong there."""
    return [
        client
        for client in scene.clients
        if client.is_here and (screen := client.screens.get(conversation_id)) is not None and screen.is_mine
    ]


async def _have_come(scene: Scene, conversation_id: int, worker: str) -> None:
    """Lets members take other doors until some of them are at a worker, which may have been away."""
    deadline = scene.journal.now() + COME_S * scene.patience
    while scene.journal.now() < deadline:
        members = _members(scene, conversation_id)
        if sum(client.worker == worker for client in members) >= ENOUGH:
            return
        for client in members:
            if client.worker != worker and scene.chance.random() < 0.3:
                client.cut()
        await asyncio.sleep(1.0)


async def _missing(scene: Scene, conversation_id: int, seq: int, names: list[str], began: float) -> list[str]:
    """Those to whom an entry does not come over the wire in time, of those who stay connected."""
    deadline = scene.journal.now() + SWEPT_S * scene.patience
    waiting = set(names)
    while waiting and scene.journal.now() < deadline:
        await asyncio.sleep(0.1)
        for record in scene.since(began):
            is_it = isinstance(record, history.Event) and (record.entry.conversation_id, record.entry.seq) == (
                conversation_id,
                seq,
            )
            if isinstance(record, history.Event | history.Offline) and (is_it or isinstance(record, history.Offline)):
                waiting.discard(record.client)
    return sorted(waiting)


def _sieve(lost: list[bytes], is_lost: Callable[[bytes], bool]) -> Sieve:
    """Takes those messages that carry entries and are to be lost out of the stream, whole."""
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
            is_swallowed = b'"kind":"entry"' in message and is_lost(message)
            if is_swallowed:
                lost.append(message)
            passed += waiting[: found.start()] + (b"" if is_swallowed else message)
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


async def _gone(scene: Scene, go: Callable[[], Awaitable[str]], come_back: Callable[[], Awaitable[None]]) -> Outcome:
    """It goes in one way or another, for long enough or not that workers are to say so, and comes back."""
    began = scene.journal.now()
    seen = await go()
    ready = await _away(scene, scene.lasting(scene.chance.choice((6, 20)), 3))
    outcome = _outcome(scene, began, seen, ready)
    await come_back()
    return outcome


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
    reads_ms = scene.waits_since(began, history.Read).p99_ms
    if waits.p99_ms > scene.patience * max(MOST_P99_MS, BUSY * reads_ms) and not is_overloaded():
        wrong.append(f"p99 of sends was {waits.p99_ms:.0f} ms, and of reads {reads_ms:.0f} ms")
    detail = (
        f"{seen}, for {waits.end - waits.start:.1f} s; {len(waits.seconds)} sends answered meanwhile, "
        f"p99 {waits.p99_ms:.0f} ms"
    )
    return Outcome(bool(seen), detail, wrong)
