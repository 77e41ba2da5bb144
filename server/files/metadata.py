"""Takes out of a picture what says where and with what it was taken, without touching its pixels.

JPEG, PNG and WebP are edited in place, part by part: each part keeps its length, so nothing is moved and
nothing is decoded. What remains of EXIF is the orientation. What hangs behind the end of the picture
(a film, a second picture with data of its own) is cut off.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
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
    """Edit the picture at ``path`` in place; a file of another kind stays as it is.

    It blocks. ``orientation`` (1-8, as in EXIF) is kept where the format has it.
    """
    edit = _EDITORS.get(media_type)
    if edit is None or path.stat().st_size == 0:
        return
    with path.open("r+b", buffering=0) as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            end = edit(_Picture(data, file.fileno()), orientation)
            length = len(data)
        if end < length:
            file.truncate(end)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture's bytes: read through the memory, written to the file, where a full disk is an error and no signal."""

    data: mmap.mmap
    handle: int

    def blank(self, start: int, end: int, instead: bytes) -> bool:
        """Zeros over a part, led by ``instead`` where there is some and it fits; whether it stands there then."""
        fits = 0 < len(instead) <= end - start
        if fits:
            self.put(start, instead)
            start += len(instead)
        for at in range(start, end, _STEP):
            self.put(at, bytes(min(_STEP, end - at)))
        return fits

    def put(self, at: int, content: bytes) -> None:
        """Write ``content`` over what is there."""
        while content:
            written = os.pwrite(self.handle, content, at)
            at, content = at + written, content[written:]

    def checksum(self, start: int, end: int) -> int:
        """The CRC of a part, as PNG counts it."""
        value = 0
        for at in range(start, end, _STEP):
            value = zlib.crc32(self.data[at : min(at + _STEP, end)], value)
        return value


def _strip_jpeg(picture: _Picture, orientation: int) -> int:
    """Returns where the picture ends, as the others do."""
    data = picture.data
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
        start, end = at + 4, at + 2 + _number(data, at + 2, 2)
        if end < start or end > len(data):
            break
        if _is_private(marker, data[start : min(end, start + 16)]):
            exif = b"" if told or marker != 0xE1 else _EXIF_HEADER + _orientation_only(orientation)
            told |= picture.blank(start, end, exif)
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


def _strip_png(picture: _Picture, orientation: int) -> int:
    data = picture.data
    at = 8
    for _ in range(_MAX_PARTS):
        kind = bytes(data[at + 4 : at + 8])
        start, end = at + 8, at + 8 + _number(data, at, 4)
        if end + 4 > len(data):
            break
        if kind in _PNG_PRIVATE:
            exif = _orientation_only(orientation) if kind == b"eXIf" and orientation != 1 else b""
            if not picture.blank(start, end, exif):
                picture.put(at + 4, _PNG_BLANK)
            picture.put(end, struct.pack(">I", picture.checksum(at + 4, end)))
        at = end + 4
        if kind == b"IEND":
            return at
    return len(data)


def _strip_webp(picture: _Picture, orientation: int) -> int:
    data = picture.data
    stop = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    at = 12
    for _ in range(_MAX_PARTS):
        if at + 8 > stop:
            break
        kind = data[at : at + 4]
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        start, end = at + 8, at + 8 + length
        if end > len(data):
            return len(data)  # a part says that it is longer than the file: better not to cut anything
        if kind == b"EXIF":
            picture.blank(start, end, _orientation_only(orientation))
        elif kind == b"XMP ":
            picture.blank(start, end, b"")
        at = end + (length & 1)
    return stop


def _number(data: mmap.mmap, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _orientation_only(orientation: int) -> bytes:
    """EXIF that says this and no more: one entry, of one 16-bit number."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


_EDITORS: dict[str, Callable[[_Picture, int], int]] = {
    "image/jpeg": _strip_jpeg,
    "image/png": _strip_png,
    "image/webp": _strip_webp,
}
