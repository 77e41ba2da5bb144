"""R23: a server full of clients stops: who listens is told, who is stuck is cut, and ten seconds are enough."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import uvloop

from tests.engine.client_frames import client_frame
from tests.prove.crowd import HANDSHAKE
from tests.prove.house import House, serving
from tests.prove.proof import Options, Proof

BOUND_S = 10.0
POLL = "/socket.io/?EIO=4&transport=polling"
WAITING = "x" * 9000


@dataclass
class Client:
    """A raw connection of a ``kind``; ``said`` is what it was told at the end."""

    kind: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sid: str = ""
    said: bytes = field(default=b"")

    async def listens(self) -> None:
        """Until the end."""
        while data := await self.reader.read(65536):
            self.said += data


DEAF = "deaf"
SHARES = {
    "listens": 80,
    "handler in time": 20,
    "handler without end": 20,
    "polls": 20,
    "posts without end": 20,
    DEAF: 40,
}


def prove(options: Options) -> Proof:
    """Nothing and nobody is left when it returns."""
    return uvloop.run(_prove())


async def _prove() -> Proof:
    proof = Proof()
    async with serving() as house:
        house.server.on("work", _works, "/plain")
        house.server.on("hang", _hangs, "/plain")
        clients = [await _opened(house, kind) for kind, count in SHARES.items() for _ in range(count)]
        members = house.server.manager._members["/plain"]
        await _until(lambda: len(members) == len(clients))
        await _stick(house, clients, list(members)[-SHARES[DEAF] :])
        listening = [asyncio.create_task(client.listens()) for client in clients if client.kind != DEAF]
        began = time.monotonic()
        await house.server.drain()
        took = time.monotonic() - began
        await asyncio.sleep(0.01)  # the loop tells a transport of its end in the next turn
        shared = house.server.eio.house
        left = {
            "connections": len(shared.connections),
            "transports": len(shared.transports),
            "members": len(house.server.manager._members),
        }
        for task in listening:
            task.cancel()
        told = Counter(client.kind for client in clients if _was_told(client))
    reasons = Counter(house.left)
    proof.figures = {"clients": len(clients), "seconds": round(took, 2), "told": dict(told), "left by": dict(reasons)}
    proof.must(took <= BOUND_S, f"it took {took:.1f} s")
    proof.must(not any(left.values()), f"still there: {left}")
    proof.must(reasons == {"server shutting down": len(clients)}, f"they left by {dict(reasons)}")
    for kind in ("listens", "handler in time", "handler without end", "polls"):
        proof.must(told[kind] == SHARES[kind], f"{kind}: {told[kind]} of {SHARES[kind]} were told")
    return proof


async def _works(sid: str) -> str:
    await asyncio.sleep(0.5)
    return "done"


async def _hangs(sid: str) -> None:
    await asyncio.Event().wait()


async def _opened(house: House, kind: str) -> Client:
    client = Client(kind, *await asyncio.open_connection("127.0.0.1", house.port))
    if kind in ("polls", "posts without end"):
        client.sid = await _ask(house, POLL)
        await _ask(house, f"{POLL}&sid={client.sid}", b"40/plain,")
        return client
    if kind == DEAF:
        transport: Any = client.writer.transport
        transport.pause_reading()
    client.writer.write(HANDSHAKE + client_frame(b"40/plain,"))
    if kind != DEAF:
        await client.reader.readuntil(b"40/plain,{")
    return client


async def _stick(house: House, clients: list[Client], deaf: list[str]) -> None:
    """Brings everybody into the middle of what they are to be found at."""
    for client in clients:
        match client.kind:
            case "handler in time":
                client.writer.write(client_frame(b'42/plain,1["work"]'))
            case "handler without end":
                client.writer.write(client_frame(b'42/plain,1["hang"]'))
            case "polls":
                # The first is answered with the CONNECT reply; the second waits.
                await _ask(house, f"{POLL}&sid={client.sid}")
                client.writer.write(_request("GET", f"{POLL}&sid={client.sid}", 0))
            case "posts without end":
                client.writer.write(_request("POST", f"{POLL}&sid={client.sid}", 100) + b"42/plain,")
    await asyncio.sleep(0.1)
    for sid in deaf * 80:
        await house.server.emit("said", WAITING, to=sid, namespace="/plain")
        await asyncio.sleep(0)


def _was_told(client: Client) -> bool:
    if client.kind == "polls":
        return b"200 OK" in client.said
    return b"\x88\x02\x03\xf4" in client.said[-4:]


def _request(method: str, path: str, length: int) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


async def _ask(house: House, path: str, body: bytes | None = None) -> str:
    """The session id of a handshake, or the answer as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(_request("GET" if body is None else "POST", path, len(body or b"")) + (body or b""))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    text = (await reader.readexactly(length)).decode()
    writer.close()
    return text.partition('"sid":"')[2].partition('"')[0] if text.startswith("0{") else text


async def _until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
