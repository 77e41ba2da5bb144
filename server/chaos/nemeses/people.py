"""Everybody coming back at once, clocks that jump, and a last message that is lost."""

from __future__ import annotations

import asyncio
import math
import statistics
import time

from server.chaos import history
from server.chaos.client import Client
from server.chaos.nemeses.nemesis import Outcome, Scene
from server.chaos.wire import CUT

HOUR_S = 3600.0
FOUND_WITHIN_S = 15.0
BESIDES_S = 2.0
STORMS = 3
STRANGERS = 100
GATHERED_S = 5.0
"""For those to come back whom an earlier fault has thrown out."""


async def storm(scene: Scene) -> Outcome:
    """All connections end at once, again and again; and strangers open ones that they leave in the middle."""
    lost = 0
    for _ in range(STORMS):
        deadline = time.monotonic() + GATHERED_S * scene.patience
        while time.monotonic() < deadline and not all(client.is_here for client in scene.clients):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        here = [client for client in scene.clients if client.is_here]
        lost += len(here)
        for client in here:
            client.cut()
        await asyncio.gather(*(_visit(scene, number) for number in range(STRANGERS)))
        await asyncio.sleep(scene.chance.uniform(0.3, 1.5))
    detail = f"{lost} connections were lost, {STORMS * STRANGERS} strangers came and went"
    return Outcome(lost >= len(scene.clients), detail)


async def _visit(scene: Scene, number: int) -> None:
    """A stranger who leaves at some point of the handshake."""
    worker = scene.setup.workers[number % len(scene.setup.workers)]
    request = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{worker.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", worker.port)
    except OSError:
        return
    writer.write(request[: scene.chance.choice((0, 20, len(request)))])
    await asyncio.sleep(scene.chance.uniform(0.0, 0.3))
    writer.transport.abort()


async def step_clock(scene: Scene) -> Outcome:
    """The clocks of all workers jump by an hour, ahead and back and behind."""
    clock = scene.setup.clock
    assert clock is not None
    start = scene.journal.now()
    seen = []
    for ahead_s in (HOUR_S, 0.0, -HOUR_S):
        clock.step(ahead_s)
        began = scene.journal.now()
        await asyncio.sleep(scene.lasting(4, 1.2))
        seen.append(_ahead(scene, began) - ahead_s)
    clock.step(0.0)
    known = [difference for difference in seen if not math.isnan(difference)]
    fired = bool(known) and all(abs(difference) < 60 for difference in known)
    thrown_out = [
        f"{record.client} lost its connection: {record.why}"
        for record in scene.since(start)
        if isinstance(record, history.Offline) and record.why != CUT
    ]
    return Outcome(fired, f"an hour ahead, back, and an hour behind; {len(thrown_out)} were thrown out", thrown_out)


def _ahead(scene: Scene, began: float) -> float:
    """How far the times in answers are ahead of ours, in seconds; not a number without an answer."""
    start = time.time() - scene.journal.now()
    differences = [
        record.answer.sent_at / 1000 - (start + record.t)
        for record in scene.since(began)
        if isinstance(record, history.Ok) and isinstance(record.answer, history.Sent) and not record.answer.duplicate
    ]
    return statistics.median(differences) if differences else float("nan")


async def lose_last(scene: Scene) -> Outcome:
    """The last message of a conversation is lost on its way to one client; nothing follows it that would show a gap."""
    room = scene.chance.choice([room for room in scene.cast.rooms if not room.direct][1:])
    scene.workload.quiet.add(room.id)
    try:
        await asyncio.sleep(1.0)  # what is under way there arrives
        members = [
            client
            for client in scene.clients
            if client.is_here and (screen := client.screens.get(room.id)) is not None and screen.is_mine
        ]
        victim, *others = scene.chance.sample(members, len(members))
        speaker = next(client for client in others if client.account.id != victim.account.id)
        # Whoever is recovered takes the server by its word, and the beacon may come while they are away.
        scene.workload.steady.add(victim.name)
        victim.lose_next(room.id)
        began = time.monotonic()
        label = scene.workload.label(speaker, scene.chance)
        await speaker.outbox.send(room.id, label, f"{label} says the last word")
        deadline = began + (FOUND_WITHIN_S + BESIDES_S) * scene.patience
        while not _has_found(victim, room.id) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        took = time.monotonic() - began
        victim.deaf_to = None
        scene.workload.steady.discard(victim.name)
    finally:
        scene.workload.quiet.discard(room.id)
    if victim.lost is None:
        return Outcome(False, f"nothing was lost on its way to {victim.name}")
    if _has_found(victim, room.id):
        return Outcome(True, f"{victim.name} found the lost entry after {took:.1f} s")
    sentence = f"{victim.name} did not find entry {victim.lost} of conversation {room.id} within {took:.0f} s"
    return Outcome(True, sentence, [sentence])


def _has_found(victim: Client, conversation_id: int) -> bool:
    return victim.lost is not None and victim.screens[conversation_id].known >= victim.lost
