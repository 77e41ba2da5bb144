"""Takes out of a picture or a film what says where and with what it was taken, without touching what is seen.

Files are edited in place, part by part: each part keeps its length, so nothing is moved and nothing is decoded.
What remains of EXIF is the orientation. What hangs behind the end of a picture (a film, a second picture with data
of its own, a script) is cut off.
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

from server.files import iso_media, webm
from server.files.edited import STEP, blank, orientation_only, put

FILMS = iso_media.KINDS | webm.KINDS
"""Kinds in boxes, which are looked into without being decoded; some of them are pictures."""

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
_PNG_PRIVATE = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
# Unknown to every decoder, and marked as safe to ignore: what a chunk becomes that is blanked.
_PNG_BLANK = b"maSk"


def strip(path: Path, media_type: str, orientation: int = 1) -> None:
    """Edit the file at ``path`` in place; one of another kind stays as it is.

    It blocks. ``orientation`` (1-8, as in EXIF) is kept where the format has it.
    """
    with path.open("r+b", buffering=0) as file:
        strip_open(file.fileno(), media_type, orientation)


def strip_open(handle: int, media_type: str, orientation: int = 1) -> None:
    """The same for a file that is open for reading and writing."""
    if media_type in FILMS:
        (webm if media_type in webm.KINDS else iso_media).strip(handle)
        return
    edit = _EDITORS.get(media_type)
    length = os.fstat(handle).st_size
    if edit is None or length == 0:
        return
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as data:
        end = edit(_Picture(data, handle), orientation)
    if end < length:
        os.ftruncate(handle, end)


def facts(handle: int, media_type: str) -> iso_media.Facts:
    """What an open film says of itself; None where it says nothing."""
    return webm.facts(handle) if media_type in webm.KINDS else iso_media.facts(handle)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture's bytes: read through the memory, written to the file, where a full disk is an error and no signal."""

    data: mmap.mmap
    handle: int

    def blank(self, start: int, end: int, instead: bytes) -> bool:
        """See ``edited.blank``."""
        return blank(self.handle, start, end, instead)

    def put(self, at: int, content: bytes) -> None:
        """See ``edited.put``."""
        put(self.handle, at, content)

    def checksum(self, start: int, end: int) -> int:
        """The CRC of a part, as PNG counts it."""
        value = 0
        for at in range(start, end, STEP):
            value = zlib.crc32(self.data[at : min(at + STEP, end)], value)
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
            exif = b"" if told or marker != 0xE1 else _EXIF_HEADER + orientation_only(orientation)
            told |= picture.blank(start, end, exif)
        at = _after_scan(data, end) if marker == _SOS else end
    return len(data)


def _after_scan(data: mmap.mmap, at: int) -> int:
    for start in range(at, len(data), STEP):
        if found := _END_OF_SCAN.search(data, start, start + STEP + 1):
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
            exif = orientation_only(orientation) if kind == b"eXIf" and orientation != 1 else b""
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
            picture.blank(start, end, orientation_only(orientation))
        elif kind == b"XMP ":
            picture.blank(start, end, b"")
        at = end + (length & 1)
    return stop


_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""How often a film repeats, and its colours."""


def _strip_gif(picture: _Picture, orientation: int) -> int:
    data = picture.data
    if len(data) < 13:
        return len(data)
    at = 13 + _colours(data[10])
    for _ in range(_MAX_PARTS):
        if at >= len(data):
            break
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x2C and at + 10 <= len(data):
            at = _behind_blocks(data, at + 10 + _colours(data[at + 9]) + 1)
        elif kind == 0x21 and at + 2 <= len(data):
            end = _behind_blocks(data, at + 2)
            label = data[at + 1]
            if label == 0xFF and data[at + 3 : at + 14] not in _GIF_KEPT:
                _fill_blocks(picture, min(at + 14, end), end)
            elif label in (0x01, 0xFE):
                _fill_blocks(picture, at + 2, end)
            at = end
        else:
            break
    return len(data)


def _colours(flags: int) -> int:
    """How many bytes a table of colours has."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(data: mmap.mmap, at: int) -> int:
    """Where a row of blocks ends, each with its length before it, the last one empty."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return min(at + 1, len(data))


def _fill_blocks(picture: _Picture, start: int, end: int) -> None:
    """A row of blocks of zeros over another row of the same length, which may have said much in its lengths."""
    while end - start > 1:
        # What is left has room for a block and the empty one, or is that one.
        whole = min(256, end - start - 1)
        if end - start - 1 - whole == 1:
            whole -= 1
        picture.put(start, bytes([whole - 1]) + bytes(whole - 1))
        start += whole
    picture.put(start, b"\0")


def _number(data: mmap.mmap, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


_EDITORS: dict[str, Callable[[_Picture, int], int]] = {
    "image/gif": _strip_gif,
    "image/jpeg": _strip_jpeg,
    "image/png": _strip_png,
    "image/webp": _strip_webp,
}
