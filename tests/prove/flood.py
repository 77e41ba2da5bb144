"""R15: one client that sends 20,000 events at once; how many tasks and how much memory that takes."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading

import uvloop

from tests.engine.client_frames import client_frame
from tests.prove.crowd import HANDSHAKE
from tests.prove.house import serving
from tests.prove.proof import Options, Proof, resident_mb

EVENTS = 20_000
MOST_TASKS = 3
"""Above those that were there before."""
MOST_MB = 2.0


def prove(options: Options) -> Proof:
    """All are handled in order, by a few tasks, with little waiting in memory."""
    return uvloop.run(_prove(options.inputs or EVENTS))


async def _prove(count: int) -> Proof:
    proof = Proof()
    async with serving() as house:
        handled, most_tasks, most_waiting, peak = 0, 0, 0, 0.0
        in_order = True

        async def number(sid: str, value: int) -> None:
            nonlocal handled, in_order, most_tasks, most_waiting, peak
            in_order = in_order and value == handled
            handled += 1
            await asyncio.sleep(0)
            most_tasks = max(most_tasks, len(asyncio.all_tasks()))
            connection = house.server.manager.member(sid, "/plain").connection
            most_waiting = max(most_waiting, len(connection._inbox or ()))
            if not handled % 500:
                peak = max(peak, resident_mb())

        house.server.on("number", number, "/plain")
        data = b"".join(client_frame(b'42/plain,["number",%d]' % value) for value in range(count))
        gc.collect()
        tasks, start = len(asyncio.all_tasks()), resident_mb()
        client = threading.Thread(target=_sends, args=(house.port, data), daemon=True)
        client.start()
        async with asyncio.timeout(60):
            while handled < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        client.join()
        pauses = house.server.counters.inbox_pauses
    proof.figures = {
        "events": handled,
        "tasks at most": most_tasks - tasks,
        "waiting at most": most_waiting,
        "times not read for a while": pauses,
        "MB grown at most": round(peak - start, 2),
    }
    proof.must(in_order, "events were handled out of order")
    proof.must(most_tasks - tasks <= MOST_TASKS, f"{most_tasks - tasks} tasks ran")
    proof.must(peak - start <= MOST_MB, f"{peak - start:.2f} MB were needed")
    return proof


def _sends(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(HANDSHAKE + client_frame(b"40/plain,"))
        while b"40/plain,{" not in wire.recv(65536):
            pass
        wire.sendall(data)
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(65536):
            pass
