"""Takes out of a picture what says where and with what it was taken, without touching its pixels.

JPEG, PNG and WebP are edited in place, part by part: each part keeps its length, so nothing is moved and
nothing is decoded. What remains of EXIF is the orientation. What hangs behind the end of the picture
(a film, a second picture with data of its own) is cut off.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

_EXIF_HEADER = b"Exif\0\0"
_SOS = 0xDA
_EOI = b"\xd9"
# Kept: JFIF (0), the colour profile (2), Adobe's colour transform (14).
_KEPT_APPLICATION = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_COMMENT = 0xFE
# Behind 0xFF in compressed data: a stuffed zero, a restart mark, or more filling. All else ends the data.
_END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FILLING = re.compile(rb"\xff+")
_MAX_PARTS = 100_000
"""No camera writes more; what follows is left as it is rather than walked through for ever."""
_STEP = 1024 * 1024
"""So much is looked at or written at once, so that other threads get their turn in between."""
_PNG_PRIVATE = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
# Unknown to every decoder, and marked as safe to ignore: what a chunk becomes that is blanked.
_PNG_BLANK = b"maSk"


def strip(path: Path, media_type: str, orientation: int) -> None:
    """Edit the picture at ``path`` in place; a file of another kind, or a broken one, stays as it is.

    It blocks. ``orientation`` (1-8, as in EXIF) is kept where the format has it.
    """
    edit = _EDITORS.get(media_type)
    if edit is None or path.stat().st_size == 0:
        return
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0) as data:
            end = edit(data, orientation)
            length = len(data)
        if end < length:
            file.truncate(end)


def _strip_jpeg(data: mmap.mmap, orientation: int) -> int:
    """Returns where the picture ends."""
    at = 2
    told = orientation == 1
    for _ in range(_MAX_PARTS):
        filling = _FILLING.match(data, at)
        if filling is None:
            break
        at = filling.end() - 1
        if data[at + 1 : at + 2] == _EOI:
            return at + 2
        if at + 4 > len(data):
            break
        marker = data[at + 1]
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        start, end = at + 4, at + 2 + length
        if length < 2 or end > len(data):
            break
        if _is_private(marker, data[start : min(end, start + 16)]):
            exif = b"" if told else _EXIF_HEADER + _orientation_only(orientation)
            told |= _blank(data, start, end, exif if marker == 0xE1 else b"")
        at = _after_scan(data, end) if marker == _SOS else end
    return len(data)


def _after_scan(data: mmap.mmap, at: int) -> int:
    for start in range(at, len(data), _STEP):
        if found := _END_OF_SCAN.search(data, start, start + _STEP + 1):
            return found.start()
    return len(data)


def _is_private(marker: int, beginning: bytes) -> bool:
    if marker == _COMMENT:
        return True
    if not 0xE0 <= marker <= 0xEF:
        return False
    kept = _KEPT_APPLICATION.get(marker)
    return kept is None or not beginning.startswith(kept)


def _strip_png(data: mmap.mmap, orientation: int) -> int:
    at = 8
    for _ in range(_MAX_PARTS):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = bytes(data[at + 4 : at + 8])
        start, end = at + 8, at + 8 + length
        if end + 4 > len(data):
            break
        if kind in _PNG_PRIVATE:
            exif = _orientation_only(orientation) if kind == b"eXIf" and orientation != 1 else b""
            if not _blank(data, start, end, exif):
                data[at + 4 : at + 8] = _PNG_BLANK
            data[end : end + 4] = struct.pack(">I", _checksum(data, at + 4, end))
        at = end + 4
        if kind == b"IEND":
            return at
    return len(data)


def _strip_webp(data: mmap.mmap, orientation: int) -> int:
    stop = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    at = 12
    for _ in range(_MAX_PARTS):
        if at + 8 > stop:
            break
        kind = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        start, end = at + 8, at + 8 + length
        if end > len(data):
            return len(data)  # it says that it is longer than it is: better not to cut it
        if kind == b"EXIF":
            _blank(data, start, end, _orientation_only(orientation))
        elif kind == b"XMP ":
            _blank(data, start, end, b"")
        at = end + (length & 1)
    return stop


def _orientation_only(orientation: int) -> bytes:
    """EXIF that says this and no more: one entry, of one 16-bit number."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


def _blank(data: mmap.mmap, start: int, end: int, instead: bytes) -> bool:
    """Zeros over a part, led by ``instead`` where there is some and it fits; returns whether it stands there."""
    size = end - start
    fits = bool(instead) and len(instead) <= size
    content = instead if fits else b""
    data[start : start + len(content)] = content
    for at in range(start + len(content), end, _STEP):
        data[at : min(at + _STEP, end)] = bytes(min(_STEP, end - at))
    return fits


def _checksum(data: mmap.mmap, start: int, end: int) -> int:
    value = 0
    for at in range(start, end, _STEP):
        value = zlib.crc32(data[at : min(at + _STEP, end)], value)
    return value


_EDITORS: dict[str, Callable[[mmap.mmap, int], int]] = {
    "image/jpeg": _strip_jpeg,
    "image/png": _strip_png,
    "image/webp": _strip_webp,
}
