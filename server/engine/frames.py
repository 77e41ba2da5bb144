"""WebSocket frames as RFC 6455 has them, without extensions: ``frame`` writes them, ``FrameReader`` reads them."""

from __future__ import annotations

import struct
from typing import Protocol

try:
    from aiohttp._websocket.helpers import websocket_mask as _mask
except ImportError:  # a private module: it may move

    def _mask(mask: bytes, data: bytearray) -> None:
        size = len(data)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
        data[:] = (int.from_bytes(data, "little") ^ key).to_bytes(size, "little")


CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NORMAL, GOING_AWAY, PROTOCOL_ERROR, BAD_TEXT, POLICY, TOO_BIG, RESTARTING = 1000, 1001, 1002, 1007, 1008, 1009, 1012

_NO_CODES = frozenset((1004, 1005, 1006, 1015))


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole message as one frame, ready to be written by a server."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return struct.pack(">BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack(">BBQ", 0x80 | opcode, 127, size) + payload


def close_frame(code: int) -> bytes:
    """The frame that ends a connection."""
    return frame(struct.pack(">H", code), CLOSE)


class Sink(Protocol):
    """What takes over what was read."""

    def message(self, data: str | bytes) -> None:
        """A whole message."""

    def pinged(self, payload: bytes) -> None:
        """A ping that wants its pong."""

    def failed(self, code: int) -> None:
        """The peer broke the rules; nothing is read any more."""

    def closed(self) -> None:
        """The peer said goodbye; nothing is read any more."""


class FrameReader:
    """Takes bytes as they come and tells ``sink`` what they mean.

    A message is at most ``max_payload`` bytes, all its fragments together. Memory is kept for a partial
    frame or message only.
    """

    __slots__ = ("_held", "_is_text", "_max_payload", "_message", "_need", "_partial", "_sink", "done")

    def __init__(self, sink: Sink, max_payload: int) -> None:
        self.done = False
        self._sink = sink
        self._max_payload = max_payload
        self._partial: bytearray | None = None
        self._need = 0
        self._message: bytearray | None = None
        self._is_text = False
        self._held = False

    def hold(self) -> None:
        """Stops behind the current frame; what has come and comes is kept as it is."""
        self._held = True

    def stop(self) -> None:
        """Reads nothing any more and frees what was kept."""
        self.done = True
        self._partial = self._message = None

    @property
    def is_held(self) -> bool:
        """Whether it stands still."""
        return self._held

    def release(self) -> None:
        """Goes on with what was kept."""
        self._held = False
        self._need = 0  # what is kept may begin with whole frames
        if self._partial is not None:
            self.feed(b"")

    def feed(self, data: bytes | bytearray) -> None:
        """Reads what has come. After the end it is dropped."""
        if self._partial is not None:
            self._partial += data
            if self._held or len(self._partial) < self._need:
                return  # never look again before the frame can be whole: one byte at a time stays cheap
            data, self._partial = self._partial, None
        place, size = 0, len(data)
        while not self.done and not self._held:
            try:
                end = self._one(data, place, size - place)
            except _Broken as broken:
                self.done = True
                self._sink.failed(broken.code)
                return
            if not end:
                break
            place = end
        if place < size and not self.done:
            self._partial = bytearray(data[place:])

    def _one(self, data: bytes | bytearray, place: int, left: int) -> int:
        """Reads the frame at ``place`` and returns where it ends; 0 when it has not come whole."""
        if left < 2:
            self._need = 2
            return 0
        first, length = data[place], data[place + 1] - 128
        opcode = first & 15
        # Clients mask (RFC 6455, 5.1), and nobody has agreed on extensions.
        if length < 0 or first & 0x70:
            raise _Broken(PROTOCOL_ERROR)
        start = place + 2
        if length > 125:
            wide = 2 if length == 126 else 8
            if opcode > 7:
                raise _Broken(PROTOCOL_ERROR)
            if left < 2 + wide:
                self._need = 2 + wide
                return 0
            length = int.from_bytes(data[start : start + wide], "big")
            if length < (126 if wide == 2 else 65536):
                raise _Broken(PROTOCOL_ERROR)
            start += wide
        self._check(first, opcode, length)
        end = start + 4 + length
        if end > place + left:
            self._need = end - place
            return 0
        self._take(first, opcode, self._unmasked(data, start, end))
        return end

    def _check(self, first: int, opcode: int, length: int) -> None:
        if opcode > 7:
            if first < 128 or opcode > PONG:
                raise _Broken(PROTOCOL_ERROR)
            return
        is_open = self._message is not None
        if opcode > BINARY or (opcode == CONTINUATION) != is_open:
            raise _Broken(PROTOCOL_ERROR)
        # Told from the header: a frame that will not be kept is not waited for.
        if length + (len(self._message) if self._message is not None else 0) > self._max_payload:
            raise _Broken(TOO_BIG)

    @staticmethod
    def _unmasked(data: bytes | bytearray, start: int, end: int) -> bytearray:
        body = bytearray(data[start + 4 : end])
        if body:
            _mask(bytes(data[start : start + 4]), body)
        return body

    def _take(self, first: int, opcode: int, body: bytearray) -> None:
        if opcode > 7:
            self._control(opcode, body)
            return
        if opcode != CONTINUATION:
            self._is_text = opcode == TEXT
        if self._message is not None:
            self._message += body
            body = self._message
        if first < 128:
            self._message = body
            return
        self._message = None
        if not self._is_text:
            self._sink.message(bytes(body))
            return
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise _Broken(BAD_TEXT) from None
        self._sink.message(text)

    def _control(self, opcode: int, body: bytearray) -> None:
        if opcode == PING:
            self._sink.pinged(bytes(body))
        elif opcode == CLOSE:
            _check_farewell(body)
            self.done = True
            self._sink.closed()


class _Broken(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


def _check_farewell(body: bytearray) -> None:
    if not body:
        return
    code = int.from_bytes(body[:2], "big")
    if len(body) < 2 or not (1000 <= code < 1016 or 3000 <= code < 5000) or code in _NO_CODES:
        raise _Broken(PROTOCOL_ERROR)
    try:
        body[2:].decode()
    except UnicodeDecodeError:
        raise _Broken(BAD_TEXT) from None
