"""The load: a WebSocket client that parses frames and little else, so that it does not become the bottleneck."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

SEND = '42/chat,{id}["send_message",{command}]'
CREATED = b'42/chat,["message_created",'
READY = b'42/chat,["ready",'
_ANSWER = b"43/chat,"
_REFUSED = b"44/chat,"

_TEXT, _CLOSE, _PING = 1, 8, 9
_SHORT, _MEDIUM = 126, 127


class Refused(Exception):
    """The server answered with a refusal, or closed the connection."""


class Client(asyncio.Protocol):
    """One person's connection to /chat. ``delivered`` counts messages; ``on_message`` gets each one's packet."""

    def __init__(self, on_message: Callable[[bytes], None] | None = None) -> None:
        self.delivered = 0
        self._on_message = on_message
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._handshake = True
        self._token = ""
        self._answers: dict[int, asyncio.Future[bytes]] = {}
        self._next_id = 0
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def joined(cls, port: int, token: str, on_message: Callable[[bytes], None] | None = None) -> Client:
        """A client that has joined /chat and has been told that it is ready."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(on_message), "127.0.0.1", port)
        client._token = token
        client._write(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}\r\n\r\n".encode()
        )
        await asyncio.wait_for(client._ready, 60)
        return client

    def send(self, conversation_id: int, client_id: str, text: str) -> asyncio.Future[bytes]:
        """Sends a message; the future is its answer. Raises what ``accepted`` raises when it is a refusal."""
        command = json.dumps({"conversation_id": conversation_id, "client_id": client_id, "text": text})
        self._next_id += 1
        answer = self._answers[self._next_id] = asyncio.get_running_loop().create_future()
        self._send_packet(SEND.format(id=self._next_id, command=command))
        return answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

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
            if length == _SHORT:
                body += 2
                length = int.from_bytes(buffer[start + 2 : body])
            elif length == _MEDIUM:
                body += 8
                length = int.from_bytes(buffer[start + 2 : body])
            if body + length > end:
                break
            self._take_frame(buffer[start] & 0x0F, buffer[body : body + length])
            start = body + length
        return buffer[start:]

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            if payload.startswith(CREATED):
                self.delivered += 1
                if self._on_message is not None:
                    self._on_message(payload)
            else:
                self._take_packet(payload)
        elif opcode == _PING:
            self._write(_frame(payload, 0x8A))
        elif opcode == _CLOSE:
            self._fail("the server closed the connection")

    def _take_packet(self, payload: bytes) -> None:
        if payload.startswith(_ANSWER):
            number, _, answer = payload[len(_ANSWER) :].partition(b"[")
            if waiting := self._answers.pop(int(number), None):
                waiting.set_result(b"[" + answer)
        elif payload == b"2":
            self._send_packet("3")
        elif payload.startswith(b"0{"):
            self._send_packet("40/chat," + json.dumps({"token": self._token}))
        elif payload.startswith(READY) and not self._ready.done():
            self._ready.set_result(None)
        elif payload.startswith(_REFUSED):
            self._fail(payload.decode())

    def _send_packet(self, text: str) -> None:
        self._write(_frame(text.encode(), 0x81))

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


def accepted(answer: bytes) -> dict[str, Any]:
    """The data of an answer. Raises Refused when it is none."""
    [reply] = json.loads(answer)
    if not reply["ok"]:
        raise Refused(str(reply["error"]))
    data: dict[str, Any] = reply["data"]
    return data


def _frame(payload: bytes, first: int) -> bytes:
    """A client's frame. The mask is four zeros, which is allowed and leaves the payload as it is."""
    size = len(payload)
    if size < _SHORT:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0x80 | _SHORT)) + size.to_bytes(2)
    else:
        head = bytes((first, 0x80 | _MEDIUM)) + size.to_bytes(8)
    return head + b"\0\0\0\0" + payload
