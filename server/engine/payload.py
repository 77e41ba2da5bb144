"""Engine.IO packets: their types, and how several share the body of a poll or a POST."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP, BASE64 = "1", "2", "3", "4", "5", "6", "b"
SEPARATOR = "\x1e"


def joined(packets: Iterable[str | bytes]) -> str:
    """Packets as one body; bytes become base64."""
    return SEPARATOR.join(
        packet if isinstance(packet, str) else BASE64 + base64.b64encode(packet).decode() for packet in packets
    )


def unwrapped(packet: str) -> bytes | None:
    """The bytes of a base64 packet, or None when it is none."""
    try:
        return base64.b64decode(packet[1:], validate=True)
    except (binascii.Error, ValueError):
        return None
