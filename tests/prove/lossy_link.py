"""A link that loses answers, repeats frames and is cut now and then: a proxy that understands WebSocket and Socket.IO.

Everything else passes as it is: pages, files, HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

DROPPED = 0.3
DROPPED_WITH_ENTRY = 0.5
"""Of the dropped answers to a send. The entry is told to its sender too and would do for an answer."""
REPEATED = 0.1
REPEATED_LATE = 0.5
"""Of the repeated frames; the others are repeated at once."""
LATE_S = 0.05
CUT = 1 / 2000
"""Of the frames; the link ends there."""

_ENDS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
_TEXT = 1
_HEAD_BYTES = 64 * 1024
_CONNECTION = re.compile(rb"\r\nconnection: [^\r]*\r\n", re.IGNORECASE)
_CLOSE = b"Connection: close\r\n\r\n"
_SEND = re.compile(rb'^42/chat,(\d+)\["send_message",.*?"client_id":"([^"]+)"')
_ANSWER = re.compile(rb"^43(/[a-z]+),(\d+)\[")
_ENTRY = re.compile(rb'^42/chat,\["message_created",.*?"client_id":"([^"]+)"')


@dataclass
class Losses:
    """What happened on all links so far."""

    links: int = 0
    cut: int = 0
    frames: int = 0
    repeated: int = 0
    answers: int = 0
    answers_dropped: int = 0
    entries_dropped: int = 0
    duplicates: int = 0
    """Sends that the server had stored before, as its answers say, dropped ones too."""

    def figures(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class _Frame:
    raw: bytes
    payload: bytes
    """Unmasked."""
    is_text: bool


class LossyLink:
    """Listens on ``port`` and passes everything to the server's; ``losses`` counts."""

    def __init__(self, server_port: int, chance: random.Random, port: int = 0) -> None:
        self.losses = Losses()
        self.port = port
        self.pages: dict[str, tuple[str, bytes]] = {}
        """Pages of our own by path, with their media type: of the server's origin, without the server."""
        self._server_port = server_port
        self._chance = chance
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[LossyLink]:
        """Listens while inside; on a port of the system's choice if none was given."""
        listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError, *_ENDS):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            try:
                await self._pass(reader, writer, up_reader, up_writer)
            finally:
                up_writer.close()
        writer.close()
        self._tasks.discard(task)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if page := self.pages.get(head.split(maxsplit=2)[1].decode()):
            writer.write(_answer(*page))
            return
        is_socket = b"upgrade: websocket" in head.lower()
        # One request for each connection, so that a socket is seen to begin.
        up_writer.write(head if is_socket else _CONNECTION.sub(b"\r\n", head)[:-2] + _CLOSE)
        if is_socket:
            answer = await up_reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if b" 101 " in answer.partition(b"\r\n")[0]:
                self.losses.links += 1
                visit = _Visit(self._chance, self.losses)
                up = self._pump(reader, up_writer, visit.from_client)
                await _either(up, self._pump(up_reader, writer, visit.from_server))
                return
        await _either(_copy(reader, up_writer), _copy(up_reader, writer))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        comes_through: Callable[[bytes], bool],
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await _frame(reader)
            if not frame.is_text:
                writer.write(frame.raw)
                continue
            self.losses.frames += 1
            if self._chance.random() < CUT:
                self.losses.cut += 1
                return
            if not comes_through(frame.payload):
                continue
            writer.write(frame.raw)
            if self._chance.random() < REPEATED and _may_be_repeated(frame.payload):
                self.losses.repeated += 1
                if self._chance.random() < REPEATED_LATE:
                    loop.call_later(self._chance.uniform(0, LATE_S), _write, writer, frame.raw)
                else:
                    writer.write(frame.raw)
            await writer.drain()


class _Visit:
    """One client's link: which answers it waits for, and which of its own entries it shall not hear."""

    def __init__(self, chance: random.Random, losses: Losses) -> None:
        self._chance = chance
        self._losses = losses
        self._sends: set[bytes] = set()
        self._unanswered: set[bytes] = set()
        self._unheard: set[bytes] = set()

    def from_client(self, packet: bytes) -> bool:
        """Always; but the fate of a send is decided here, because its entry may be told before its answer."""
        if (send := _SEND.match(packet)) and send[1] not in self._sends:
            self._sends.add(send[1])
            if self._chance.random() < DROPPED:
                self._unanswered.add(send[1])
                if self._chance.random() < DROPPED_WITH_ENTRY:
                    self._unheard.add(send[2])
        return True

    def from_server(self, packet: bytes) -> bool:
        """Whether it reaches the client."""
        if answer := _ANSWER.match(packet):
            return self._answer(answer[1] == b"/chat" and answer[2] in self._sends, answer[2], packet)
        if (entry := _ENTRY.match(packet)) and entry[1] in self._unheard:
            self._unheard.discard(entry[1])
            self._losses.entries_dropped += 1
            return False
        return True

    def _answer(self, is_to_send: bool, number: bytes, packet: bytes) -> bool:
        self._losses.answers += 1
        self._losses.duplicates += is_to_send and b'"duplicate":true' in packet
        is_dropped = number in self._unanswered if is_to_send else self._chance.random() < DROPPED
        self._losses.answers_dropped += is_dropped
        return not is_dropped


def _may_be_repeated(packet: bytes) -> bool:
    """Whether it is a Socket.IO packet: Engine.IO's own are the link, and a link that stutters is no link."""
    return packet.startswith(b"4")


async def _frame(reader: asyncio.StreamReader) -> _Frame:
    head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size >= 126:
        more = await reader.readexactly(2 if size == 126 else 8)
        head += more
        size = int.from_bytes(more)
    mask = b""
    if head[1] & 0x80:
        mask = await reader.readexactly(4)
    data = await reader.readexactly(size)
    payload = _unmasked(data, mask) if mask else data
    return _Frame(head + mask + data, payload, head[0] & 0x8F == 0x80 | _TEXT)


def _unmasked(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_HEAD_BYTES):
        writer.write(data)
        await writer.drain()


async def _either(*ways: Coroutine[Any, Any, None]) -> None:
    """Until one of the ways ends: then the other has no purpose."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _answer(media_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def _write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)
