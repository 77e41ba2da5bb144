"""Films, sound and pictures in boxes: MP4, QuickTime, AVIF, HEIC. What they say about themselves is taken out.

Emptied are the user data of a film and of its tracks (where phones write the place), its metadata in either style,
the tracks that are neither seen nor heard nor read (where action cameras and drones write their way) with what they
hold, XMP, the time, and Exif and XMP of pictures. Boxes keep their lengths; an emptied one is called ``free``.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from server.files.edited import blank, orientation_only, put

PICTURES = frozenset({"image/avif", "image/heic"})
FILMS = frozenset({"video/mp4", "audio/mp4", "video/quicktime"})
KINDS = PICTURES | FILMS
MAX_BOXES = 20_000
MAX_SAMPLES = 500_000
MAX_TABLE_BYTES = 16 * 1024 * 1024
MAX_SIDE = 16_000

_SHOWN = (b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"tmcd", b"auxv", b"pict", b"hint")
"""Handlers of tracks that people see, hear or read, or that these need."""
_PRIVATE = (b"udta", b"meta", b"uuid")


class Facts(NamedTuple):
    """What a film says of itself that is of use; sides as it is shown, not turned."""

    width: int | None
    height: int | None
    duration_ms: int | None


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def strip(handle: int) -> None:
    """Edit the open file in place. What cannot be understood stays as it is."""
    _Media(handle).strip()


def facts(handle: int) -> Facts:
    """What the film says; None where it says nothing."""
    return _Media(handle).facts()


class _Media:
    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._size = os.fstat(handle).st_size
        self._boxes_left = MAX_BOXES

    def strip(self) -> None:
        for box in self._boxes(0, self._size):
            if box.kind == b"moov":
                self._strip_film(box)
            elif box.kind == b"meta" and self._is_picture():
                self._strip_items(box)
            elif box.kind in _PRIVATE:
                self._free(box)

    def facts(self) -> Facts:
        width = height = duration_ms = None
        for moov in self._named(0, self._size, b"moov"):
            for box in self._boxes(moov.body, moov.end):
                if box.kind == b"mvhd":
                    duration_ms = self._duration_ms(box)
                elif box.kind == b"trak" and width is None and self._handler(box) == b"vide":
                    width, height = self._sides(box)
        return Facts(width, height, duration_ms)

    # Walking

    def _read(self, at: int, size: int) -> bytes:
        return os.pread(self._handle, size, at)

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._read(at, size), "big")

    def _boxes(self, start: int, end: int) -> Iterator[_Box]:
        while start + 8 <= end and self._boxes_left:
            self._boxes_left -= 1
            length, kind = struct.unpack(">I4s", self._read(start, 8))
            body = start + 8
            if length == 1:
                length, body = self._number(body, 8), body + 8
            elif length == 0:
                length = end - start
            if length < body - start:
                return
            # The last one may have been cut off.
            stop = min(start + length, end)
            yield _Box(kind, start, min(body, stop), stop)
            start = stop

    def _named(self, start: int, end: int, *kinds: bytes) -> Iterator[_Box]:
        return (box for box in self._boxes(start, end) if box.kind in kinds)

    def _within(self, box: _Box, *way: bytes) -> _Box | None:
        """The first box that is reached from ``box`` by these kinds."""
        for kind in way:
            found = next(self._named(box.body, box.end, kind), None)
            if found is None:
                return None
            box = found
        return box

    def _is_picture(self) -> bool:
        return self._read(8, 4)[:3] in (b"avi", b"hei", b"hev", b"mif", b"msf")

    # Films

    def _strip_film(self, moov: _Box) -> None:
        for box in self._boxes(moov.body, moov.end):
            if box.kind in _PRIVATE:
                self._free(box)
            elif box.kind == b"mvhd":
                self._forget_times(box)
            elif box.kind == b"trak":
                self._strip_track(box)

    def _strip_track(self, trak: _Box) -> None:
        if self._handler(trak) not in _SHOWN:
            self._empty_samples(trak)
            self._free(trak)
            return
        for box in self._boxes(trak.body, trak.end):
            if box.kind in _PRIVATE:
                self._free(box)
            elif box.kind == b"tkhd":
                self._forget_times(box)
            elif box.kind == b"mdia":
                for inner in self._boxes(box.body, box.end):
                    if inner.kind == b"mdhd":
                        self._forget_times(inner)
                    elif inner.kind in _PRIVATE:
                        self._free(inner)

    def _free(self, box: _Box) -> None:
        put(self._handle, box.start + 4, b"free")
        blank(self._handle, box.body, box.end)

    def _forget_times(self, box: _Box) -> None:
        wide = self._read(box.body, 1) == b"\1"
        blank(self._handle, box.body + 4, min(box.end, box.body + 4 + (16 if wide else 8)))

    def _handler(self, trak: _Box) -> bytes:
        hdlr = self._within(trak, b"mdia", b"hdlr")
        return self._read(hdlr.body + 8, 4) if hdlr else b""

    def _empty_samples(self, trak: _Box) -> None:
        """Zeros over all that a track holds, wherever it lies."""
        table = self._within(trak, b"mdia", b"minf", b"stbl")
        if table is None:
            return
        found = {box.kind: box for box in self._boxes(table.body, table.end)}
        if not {b"stsz", b"stsc"} <= found.keys() or not (found.keys() & {b"stco", b"co64"}):
            return
        wide = b"co64" in found
        places = self._row(found[b"co64" if wide else b"stco"], ">Q" if wide else ">I")
        steps = self._row(found[b"stsc"], ">III")
        each = self._number(found[b"stsz"].body + 4, 4)
        sizes = [] if each else [size for (size,) in self._row(found[b"stsz"], ">I", skip=4)]
        samples, left, step, count = 0, MAX_SAMPLES, 0, 0
        for number, (at,) in enumerate(places, start=1):
            if not left:
                return
            while step < len(steps) and steps[step][0] <= number:
                count, step = steps[step][1], step + 1
            count = min(count, left)
            left -= max(count, 1)
            size = count * each if each else sum(sizes[samples : samples + count])
            samples += count
            blank(self._handle, min(at, self._size), min(at + size, self._size))

    def _row(self, box: _Box, form: str, skip: int = 0) -> list[tuple[int, ...]]:
        """The rows of a table: a number of them, and then each."""
        start = box.body + 4 + skip
        step = struct.calcsize(form)
        size = min(self._number(start, 4) * step, box.end - start - 4, MAX_TABLE_BYTES)
        content = self._read(start + 4, max(0, size))
        return list(struct.iter_unpack(form, content[: len(content) // step * step]))

    def _duration_ms(self, mvhd: _Box) -> int | None:
        wide = self._read(mvhd.body, 1) == b"\1"
        scale = self._number(mvhd.body + (20 if wide else 12), 4)
        size = 8 if wide else 4
        duration = self._number(mvhd.body + (24 if wide else 16), size)
        return duration * 1000 // scale if scale and 0 < duration < 256**size - 1 and duration < 2**40 else None

    def _sides(self, trak: _Box) -> tuple[int | None, int | None]:
        tkhd = self._within(trak, b"tkhd")
        if tkhd is None:
            return None, None
        more = 12 if self._read(tkhd.body, 1) == b"\1" else 0
        straight = self._number(tkhd.body + 40 + more, 4)
        width, height = (self._number(tkhd.body + at + more, 4) >> 16 for at in (76, 80))
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
            return None, None
        # Turned by a quarter, as a telephone held upright has it.
        return (width, height) if straight else (height, width)

    # Pictures

    def _strip_items(self, meta: _Box) -> None:
        start = meta.body + 4
        found = {box.kind: box for box in self._boxes(start, meta.end)}
        if b"iinf" not in found or b"iloc" not in found:
            return
        exif, xmp = self._private_items(found[b"iinf"])
        idat = found.get(b"idat")
        for item, at, size in self._places(found[b"iloc"], idat.body if idat else None):
            if item in exif:
                # Where it begins, and then nothing but that it stands upright: such pictures are turned otherwise.
                blank(self._handle, at, min(at + size, self._size), bytes(4) + orientation_only(1))
            elif item in xmp:
                blank(self._handle, at, min(at + size, self._size))

    def _private_items(self, iinf: _Box) -> tuple[set[int], set[int]]:
        exif: set[int] = set()
        xmp: set[int] = set()
        counted = 2 if self._number(iinf.body, 1) == 0 else 4
        for infe in self._named(iinf.body + 4 + counted, iinf.end, b"infe"):
            wide = self._number(infe.body, 1) >= 3
            item = self._number(infe.body + 4, 4 if wide else 2)
            said = self._read(infe.body + (10 if wide else 8), min(200, infe.end - infe.body))
            if said.startswith(b"Exif"):
                exif.add(item)
            elif said.startswith(b"mime") and b"rdf+xml" in said:
                xmp.add(item)
        return exif, xmp

    def _places(self, iloc: _Box, idat: int | None) -> Iterator[tuple[int, int, int]]:
        """Where items lie: the item, the place in the file, the size."""
        content = _Numbers(self._read(iloc.body, min(iloc.end - iloc.body, MAX_TABLE_BYTES)))
        version = content.next(1)
        content.next(3)
        sizes = content.next(2)
        offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        wide = 4 if version == 2 else 2
        for _ in range(content.next(wide)):
            item = content.next(wide)
            if content.is_over():
                return
            method = content.next(2) & 15 if version in (1, 2) else 0
            content.next(2)
            base = content.next(base_size)
            for _ in range(content.next(2)):
                if version in (1, 2):
                    content.next(index_size)
                at, size = base + content.next(offset_size), content.next(length_size)
                if content.is_over():
                    return
                if method == 0:
                    yield item, at, size
                elif method == 1 and idat is not None:
                    yield item, idat + at, size


class _Numbers:
    """Numbers one behind the other; zeros when there are no more."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def is_over(self) -> bool:
        return self._at > len(self._content)

    def next(self, size: int) -> int:
        self._at += size
        return int.from_bytes(self._content[self._at - size : self._at], "big")
