"""Plays one visit of the fuzzer: handshake, chunks and bodies, the outcome, the end."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable

from tests.engine.abuse.ring import Ring
from tests.engine.abuse.streams import POLLING, SEPARATOR, WEBSOCKET, Body, Visit
from tests.engine.abuse.wires import Wire, World
from tests.engine.client_frames import client_frame

PATH = "/socket.io/?EIO=4&transport="
_UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_CHUNKED = "Transfer-Encoding: chunked\r\n"
_STATUS = re.compile(rb"HTTP/1\.1 (\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


class Wrong(AssertionError):
    """Something is not as it should be."""


class Player:
    """Plays visits; raises Wrong when one does not come out as it must."""

    def __init__(self, ring: Ring, world: World, seed: int) -> None:
        self._ring = ring
        self._world = world
        self._seed = seed

    async def plays(self, visit: Visit) -> None:
        """All of one visit."""
        dice = random.Random(f"{self._seed}/{visit.number}/pace")
        if visit.kind == POLLING:
            await self._polls(visit, dice)
        else:
            await self._streams(visit, dice)

    async def well_behaved(self) -> None:
        """Two clients that everybody would like to have: they must be served."""
        wire = await self._world.wire()
        wire.gives(_request("GET", "websocket&visit=-1", _UPGRADE))
        for message in ("40/plain,", '42/plain,5["echo",1,2]'):
            wire.gives(client_frame(message.encode()))
        await self._must(lambda: b"43/plain,5[2]" in wire.output, "no acknowledgement by WebSocket")
        wire.gives(client_frame(b"\x03\xe8", 8))
        sid = await self._hello("polling&visit=-1")
        body = b'40/plain,\x1e42/plain,6["echo"]\x1e1'
        poll = await self._ask("GET", f"polling&sid={sid}")
        status, _ = await self._answer(await self._ask("POST", f"polling&sid={sid}", body))
        if status != 200 or (await self._answer(poll))[0] != 200:
            raise Wrong("a POST was refused")

    # WebSocket

    async def _streams(self, visit: Visit, dice: random.Random) -> None:
        query, sid = f"websocket&visit={visit.number}", ""
        if visit.kind != WEBSOCKET:
            sid = await self._hello(f"polling&visit={visit.number}")
            query = f"websocket&sid={sid}"
            await self._ask("GET", f"polling&sid={sid}")
            for body in visit.bodies:
                await self._posts(sid, body, dice)
        wire = await self._world.wire(reads=visit.reads)
        wire.gives(_request("GET", query, _UPGRADE))
        for chunk in visit.chunks:
            wire.gives(chunk)
            if dice.random() < 0.4:
                await self._world.breathe()
        await self._comes_out(wire, visit)
        _check_sound(bytes(wire.output))
        await self._end(wire, visit)
        if sid and not self._world.leaps:
            await self._answer(await self._ask("POST", f"polling&sid={sid}", b"1"))  # it may never have been upgraded

    async def _comes_out(self, wire: Wire, visit: Visit) -> None:
        if visit.codes is None:
            await self._world.breathe()
            return
        if not visit.codes:
            wire.gives(client_frame(b"are you there", 9))
            await self._must(lambda: b"\x8a\x0dare you there" in wire.output, "it was closed or is not served", wire)
        else:
            await self._must(
                lambda: wire.is_over or _close_code(wire) is not None, f"not closed by {visit.codes}", wire
            )
            code = _close_code(wire)
            # Real sockets may lose the last words when more has come than was read.
            if code not in visit.codes and (code is not None or self._world.leaps):
                raise Wrong(f"closed with {code}, not {visit.codes}")
        await self._heard(visit)

    async def _heard(self, visit: Visit) -> None:
        heard = self._ring.heard
        if not await self._world.until(lambda: heard[visit.number] >= visit.least):
            raise Wrong(f"{heard[visit.number]} events were handled, {visit.least} were sound")

    async def _end(self, wire: Wire, visit: Visit) -> None:
        if visit.ends_by == "goodbye":
            wire.gives(client_frame(b"\x03\xe8", 8))
        elif visit.ends_by == "half":
            wire.half_closes()
        elif visit.ends_by == "cut" or not self._world.leaps:
            wire.cut()
        if not visit.reads or not self._world.leaps:
            await self._world.breathe()
            wire.cut()

    # Polling

    async def _hello(self, query: str) -> str:
        status, text = await self._answer(await self._ask("GET", query))
        if status != 200:
            raise Wrong(f"a handshake was answered with {status}")
        return str(json.loads(text[1:])["sid"])

    async def _polls(self, visit: Visit, dice: random.Random) -> None:
        sid = await self._hello(f"polling&visit={visit.number}")
        sockets = self._ring.server.eio.sockets
        poll = await self._ask("GET", f"polling&sid={sid}")
        for body in visit.bodies:
            await self._posts(sid, body, dice)
            if _answered(poll) and dice.random() < 0.7:
                _check_packets(*await self._answer(poll))
                poll = await self._ask("GET", f"polling&sid={sid}")
        if visit.codes is not None:
            await self._heard(visit)
            if visit.codes:
                await self._must(lambda: sid not in sockets, "the session goes on")
            elif sid not in sockets:
                raise Wrong("the session is gone")
        if visit.ends_by == "goodbye" or not self._world.leaps:
            await self._answer(await self._ask("POST", f"polling&sid={sid}", b"1"))
        elif visit.ends_by == "cut":
            poll.cut()

    async def _posts(self, sid: str, body: Body, dice: random.Random) -> None:
        query = f"polling&sid={sid}"
        if body.how == "cut":
            wire = await self._ask("POST", query, body.data, announced=len(body.data) + 10)
            await self._world.breathe()
            wire.cut()
            return
        if body.how == "beside":
            first = await self._ask("POST", query, body.data, announced=len(body.data) + 10)
            await self._must(lambda: self._is_posting(sid), "a body is not read")
            status, _ = await self._answer(await self._ask("POST", query, body.data))
            if status != 400:
                raise Wrong(f"a second POST was answered with {status}")
            first.cut()
            return
        if body.how == "bad chunk":
            wire = await self._ask_with("POST", query, _CHUNKED, b"3\r\n40/\r\n")
            await self._must(lambda: self._is_posting(sid), "a body is not read")
            wire.gives(b"zz\r\n" + body.data)
            await self._world.breathe()
            wire.cut()
            return
        if body.how == "chunked":
            size = dice.choice([1, 7, 500, 5000])
            pieces = [body.data[at : at + size] for at in range(0, len(body.data), size)]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
            wire = await self._ask_with("POST", query, _CHUNKED, chunks)
        elif body.how == "pieces":
            half = len(body.data) // 2
            wire = await self._ask("POST", query, body.data[:half], announced=len(body.data))
            await self._world.breathe()
            wire.gives(body.data[half:])
        else:
            wire = await self._ask("POST", query, body.data)
        status, _ = await self._answer(wire)
        if body.statuses is not None and status not in body.statuses:
            raise Wrong(f"a POST was answered with {status}, not {set(body.statuses)}")

    def _is_posting(self, sid: str) -> bool:
        connection = self._ring.server.eio.sockets.get(sid)
        return connection is None or connection.posting

    async def _ask(self, method: str, query: str, body: bytes = b"", *, announced: int | None = None) -> Wire:
        length = len(body) if announced is None else announced
        return await self._ask_with(method, query, f"Content-Length: {length}\r\n", body)

    async def _ask_with(self, method: str, query: str, headers: str, body: bytes) -> Wire:
        wire = await self._world.wire()
        wire.gives(_request(method, query, "Connection: close\r\n" + headers) + body)
        return wire

    async def _answer(self, wire: Wire) -> tuple[int, str]:
        await self._must(lambda: _answered(wire) or wire.is_over, "a request was not answered", wire)
        found = _STATUS.match(wire.output)
        if found is None:
            raise Wrong("a request was dropped without an answer")
        return int(found[1]), wire.output.partition(b"\r\n\r\n")[2].decode()

    async def _must(self, condition: Callable[[], bool], what: str, wire: Wire | None = None) -> None:
        if not await self._world.until(condition):
            raise Wrong(f"{what}; last heard: {bytes(wire.output[-60:])!r}" if wire else what)


def _request(method: str, query: str, headers: str) -> bytes:
    return f"{method} {PATH}{query} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()


def _answered(wire: Wire) -> bool:
    head, end, body = wire.output.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and (length is None or len(body) >= int(length[1]))


def _check_packets(status: int, text: str) -> None:
    if status == 200 and any(packet[:1] not in "0123456b" for packet in text.split(SEPARATOR)):
        raise Wrong(f"a poll was answered with {text[:80]!r}")


# What a server wrote after its handshake


def _frames(output: bytes) -> list[tuple[int, bytes]]:
    head, _, rest = output.partition(b"\r\n\r\n")
    frames: list[tuple[int, bytes]] = []
    place = 0
    while b" 101 " in head[:20] and place + 2 <= len(rest):
        first, length = rest[place], rest[place + 1]
        place += 2
        if length > 125:
            wide = 2 if length == 126 else 8
            length, place = int.from_bytes(rest[place : place + wide], "big"), place + wide
        frames.append((first, rest[place : place + length]))
        place += length
    return frames


def _close_code(wire: Wire) -> int | None:
    frames = _frames(bytes(wire.output))
    return int.from_bytes(frames[-1][1], "big") if frames and frames[-1][0] == 0x88 else None


def _check_sound(output: bytes) -> None:
    """Whole unmasked frames of text, bytes and pongs; a close comes once and last."""
    frames = _frames(output)
    for place, (first, payload) in enumerate(frames):
        if first not in (0x81, 0x82, 0x88, 0x8A) or (first == 0x88 and place < len(frames) - 1):
            raise Wrong(f"the server sent {first:#x} with {payload[:20]!r}")
        if first == 0x81 and payload.decode()[:1] not in "01234567":
            raise Wrong(f"the server sent {payload[:20]!r}")
