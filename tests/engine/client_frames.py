"""Frames as clients write them: masked, whole or in pieces."""

from __future__ import annotations

import struct

MASK = b"\x12\x34\x56\x78"


def client_frame(
    payload: bytes, opcode: int = 1, *, final: bool = True, mask: bytes | None = MASK, rsv: int = 0
) -> bytes:
    """One frame; ``mask=None`` leaves it unmasked, which no client may."""
    size = len(payload)
    bit = 0 if mask is None else 0x80
    first = (final << 7) | (rsv << 4) | opcode
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 65536:
        head = struct.pack(">BBH", first, bit | 126, size)
    else:
        head = struct.pack(">BBQ", first, bit | 127, size)
    if mask is None:
        return head + payload
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
