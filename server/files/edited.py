"""A file's bytes as they are looked at and overwritten: nothing is moved, and nothing gets longer."""

from __future__ import annotations

import os
import struct

STEP = 1024 * 1024
"""So much is looked at or written at once, so that other threads get their turn in between."""


def blank(handle: int, start: int, end: int, instead: bytes = b"") -> bool:
    """Zeros over a part, led by ``instead`` where there is some and it fits; whether it stands there then."""
    fits = 0 < len(instead) <= end - start
    if fits:
        put(handle, start, instead)
        start += len(instead)
    for at in range(start, end, STEP):
        put(handle, at, bytes(min(STEP, end - at)))
    return fits


def put(handle: int, at: int, content: bytes) -> None:
    """Write ``content`` over what is there."""
    while content:
        written = os.pwrite(handle, content, at)
        at, content = at + written, content[written:]


def orientation_only(orientation: int) -> bytes:
    """EXIF that says this and no more: one entry, of one 16-bit number."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
