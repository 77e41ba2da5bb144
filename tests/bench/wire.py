"""Socket.IO as the load speaks it: a browser's handshake, packets and frames as bytes."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

CHAT = ("/chat",)
BOTH = ("/chat", "/notifications")
"""Every page of ours joins both over one connection."""

OPENED = b'0{"sid"'
PING = b"\x81\x012"
"""The whole frame: its second byte is no character of a JSON text, so it can be looked for in a stream."""
CREATED = b'42/chat,["message_created",'
ANSWER = b"43/chat,"

TEXT, CLOSE, PING_OPCODE = 1, 8, 9
SHORT, MEDIUM = 126, 127

_REQUEST = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n"
    "Connection: Upgrade\r\n"
    "Pragma: no-cache\r\n"
    "Cache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36\r\n"
    "Upgrade: websocket\r\n"
    "Origin: http://127.0.0.1:{port}\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9,ko;q=0.8\r\n"
    "Sec-WebSocket-Key: {key}\r\n\r\n"
)
_MASK = secrets.token_bytes(3) + b"\x5a"


class Refused(Exception):
    """The server answered with a refusal, or closed the connection."""


def handshake(port: int) -> bytes:
    """What a browser asks for; servers keep some of it, so a bare request would flatter their memory.

    Compression alone is not offered: stock python-socketio cannot be told to refuse it.
    """
    return _REQUEST.format(port=port, key=base64.b64encode(secrets.token_bytes(16)).decode()).encode()


def join(namespace: str, token: str) -> bytes:
    """The packet that joins a namespace."""
    return f"40{namespace},{json.dumps({'token': token})}".encode()


def ready(namespace: str) -> bytes:
    """How the packet begins that says that somebody is in."""
    return f'42{namespace},["ready",'.encode()


def refused(namespace: str) -> bytes:
    """How the packet begins that lets somebody not in."""
    return f"44{namespace},".encode()


def command(number: int, name: str, payload: dict[str, Any]) -> bytes:
    """An event to /chat that wants an answer."""
    return f'42/chat,{number}["{name}",{json.dumps(payload, separators=(",", ":"))}]'.encode()


def client_id() -> str:
    """A label for a message as our own client makes them: beginning with the time."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def accepted(answer: bytes) -> dict[str, Any]:
    """The data of an answer. Raises Refused when it is none."""
    [reply] = json.loads(answer)
    if not reply["ok"]:
        raise Refused(str(reply["error"]))
    data: dict[str, Any] = reply["data"]
    return data


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame, masked for real: some servers have a short way for a mask of zeros."""
    size = len(payload)
    if size < SHORT:
        head = bytes((0x80 | opcode, 0x80 | size))
    elif size < 65_536:
        head = bytes((0x80 | opcode, 0x80 | SHORT)) + size.to_bytes(2)
    else:
        head = bytes((0x80 | opcode, 0x80 | MEDIUM)) + size.to_bytes(8)
    pattern = (_MASK * (size // 4 + 1))[:size]
    return head + _MASK + (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(size)


def frames(packets: Sequence[bytes]) -> bytes:
    """Text frames, one behind another."""
    return b"".join(frame(packet) for packet in packets)
