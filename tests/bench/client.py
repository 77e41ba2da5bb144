"""A person who speaks: a WebSocket client that takes every frame apart, waits for answers and hears messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from tests.bench import wire
from tests.bench.wire import Refused

_PONG_OPCODE = 10


class Client(asyncio.Protocol):
    """One person's connection. ``delivered`` counts messages; ``on_message`` gets each one's packet."""

    def __init__(
        self, on_message: Callable[[bytes], None] | None = None, namespaces: Sequence[str] = wire.BOTH
    ) -> None:
        self.delivered = 0
        self._on_message = on_message
        self._namespaces = namespaces
        self._missing = {wire.ready(namespace) for namespace in namespaces}
        self._refusals = tuple(wire.refused(namespace) for namespace in namespaces)
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._handshake = True
        self._token = ""
        self._answers: dict[int, asyncio.Future[bytes]] = {}
        self._next_id = 0
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def joined(
        cls,
        port: int,
        token: str,
        on_message: Callable[[bytes], None] | None = None,
        namespaces: Sequence[str] = wire.BOTH,
    ) -> Client:
        """A client that has joined its namespaces and has been told by each that it is ready."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(on_message, namespaces), "127.0.0.1", port)
        client._token = token
        client._write(wire.handshake(port))
        await asyncio.wait_for(client._ready, 60)
        return client

    def call(self, name: str, payload: dict[str, Any]) -> asyncio.Future[bytes]:
        """Asks for something; the future is the answer, ``wire.accepted`` reads it."""
        self._next_id += 1
        answer = self._answers[self._next_id] = asyncio.get_running_loop().create_future()
        self._write(wire.frame(wire.command(self._next_id, name, payload)))
        return answer

    def send(self, conversation_id: int, text: str) -> asyncio.Future[bytes]:
        """Sends a message."""
        payload = {"conversation_id": conversation_id, "client_id": wire.client_id(), "text": text}
        return self.call("send_message", payload)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # No isinstance: uvloop's transports are none of asyncio's classes.
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the connection was closed")

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if self._handshake:
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._fail(head.decode(errors="replace"))
                return
            self._handshake = False
        self._buffer = self._take_frames(buffer)

    # Below the surface

    def _take_frames(self, buffer: bytes) -> bytes:
        """Handles every whole frame; returns what is left of the last one."""
        start, end = 0, len(buffer)
        while end - start >= 2:
            length = buffer[start + 1]
            body = start + 2
            if length == wire.SHORT:
                body += 2
                length = int.from_bytes(buffer[start + 2 : body])
            elif length == wire.MEDIUM:
                body += 8
                length = int.from_bytes(buffer[start + 2 : body])
            if body + length > end:
                break
            self._take_frame(buffer[start] & 0x0F, buffer[body : body + length])
            start = body + length
        return buffer[start:]

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == wire.TEXT:
            if payload.startswith(wire.CREATED):
                self.delivered += 1
                if self._on_message is not None:
                    self._on_message(payload)
            else:
                self._take_packet(payload)
        elif opcode == wire.PING_OPCODE:
            self._write(wire.frame(payload, _PONG_OPCODE))
        elif opcode == wire.CLOSE:
            self._fail("the server closed the connection")

    def _take_packet(self, payload: bytes) -> None:
        if payload.startswith(wire.ANSWER):
            number, _, answer = payload[len(wire.ANSWER) :].partition(b"[")
            waiting = self._answers.pop(int(number), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(b"[" + answer)
        elif payload == b"2":
            self._write(wire.frame(b"3"))
        elif payload.startswith(b"0{"):
            self._write(wire.frames([wire.join(namespace, self._token) for namespace in self._namespaces]))
        elif payload.startswith(self._refusals):
            self._fail(payload.decode())
        elif self._missing:
            self._missing = {mark for mark in self._missing if not payload.startswith(mark)}
            if not self._missing and not self._ready.done():
                self._ready.set_result(None)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def _fail(self, reason: str) -> None:
        futures: list[asyncio.Future[Any]] = [self._ready, *self._answers.values()]
        for waiting in futures:
            if not waiting.done():
                waiting.set_exception(Refused(reason))
                waiting.exception()  # whoever still waits hears of it; nobody else needs a warning
        self._answers.clear()
