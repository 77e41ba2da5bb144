"""WebM, the films and sound that browsers record: what they say about themselves is taken out.

Emptied are tags (where the place stands), attachments, titles, names of files and of tracks, the date and the programs
that wrote it. Elements keep their lengths; an emptied one becomes a void. As in RFC 8794 and RFC 9559.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from server.files.edited import blank, put
from server.files.iso_media import MAX_SIDE, Facts

KINDS = frozenset({"video/webm"})
MAX_ELEMENTS = 1_000_000
"""Three hours of a film that was recorded live, each of whose pictures is walked over."""

_VOID = 0xEC
_CHECKSUM = 0xBF
_SEGMENT, _SEEK_HEAD, _INFO, _TRACKS = 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B
_TAGS, _ATTACHMENTS = 0x1254C367, 0x1941A469
_SEEK = 0x4DBB
_DATE, _TITLE, _FILE_NAMES = 0x4461, 0x7BA9, (0x7384, 0x3C83AB, 0x3E83BB)
_PROGRAMS = (0x4D80, 0x5741)
"""A film has to have these two, if only empty."""
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_TRACK, _TRACK_NAME, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0x536E, 0xE0, 0xB0, 0xBA

_GONE = {
    _SEGMENT: {_TAGS, _ATTACHMENTS, _CHECKSUM},
    _INFO: {_DATE, _TITLE, *_FILE_NAMES, _CHECKSUM},
    _TRACKS: {_CHECKSUM},
    _TRACK: {_TRACK_NAME, _CHECKSUM},
    _SEEK_HEAD: {_CHECKSUM},
}
"""What goes, by where it stands. A checksum over what has changed would be wrong."""


class _Element(NamedTuple):
    id: int
    start: int
    body: int
    end: int


def strip(handle: int) -> None:
    """Edit the open file in place. What cannot be understood stays as it is."""
    _Film(handle).strip()


def facts(handle: int) -> Facts:
    """What the film says; None where it says nothing."""
    return _Film(handle).facts()


class _Film:
    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._size = os.fstat(handle).st_size
        self._left = MAX_ELEMENTS

    def strip(self) -> None:
        for element in self._parts():
            if element.id in _GONE[_SEGMENT]:
                self._void(element)
            elif element.id == _SEEK_HEAD:
                self._strip(element)
                for seek in self._named(element, _SEEK):
                    self._forget_place(seek)
            elif element.id == _INFO:
                self._strip(element)
                for program in self._named(element, *_PROGRAMS):
                    blank(self._handle, program.body, program.end)
            elif element.id == _TRACKS:
                self._strip(element)
                for track in self._named(element, _TRACK):
                    self._strip(track)

    def facts(self) -> Facts:
        width = height = duration_ms = None
        for element in self._parts():
            if element.id == _INFO:
                duration_ms = self._duration_ms(element)
            for track in self._named(element, _TRACK) if element.id == _TRACKS else ():
                for video in self._named(track, _VIDEO):
                    width, height = width or self._side(video, _WIDTH), height or self._side(video, _HEIGHT)
        return Facts(width, height, duration_ms) if width and height else Facts(None, None, duration_ms)

    # Walking

    def _read(self, at: int, size: int) -> bytes:
        return os.pread(self._handle, size, at)

    def _parts(self) -> Iterator[_Element]:
        """What stands in a segment, one behind the other.

        Whoever records live does not know how long a segment or a cluster becomes; what stands in a cluster has ids
        of its own, and is walked over.
        """
        return self._elements(0, self._size, into=_SEGMENT)

    def _elements(self, start: int, end: int, into: int = 0) -> Iterator[_Element]:
        while start < end and self._left:
            self._left -= 1
            head = self._read(start, 12)
            id_length = 9 - head[0].bit_length() if head else 0
            if not 1 <= id_length <= 4 or len(head) <= id_length:
                return
            length = 9 - head[id_length].bit_length()
            body = start + id_length + length
            if length > 8 or body > end:
                return
            size = int.from_bytes(head[id_length : id_length + length], "big") & ((1 << 7 * length) - 1)
            is_open = size == (1 << 7 * length) - 1
            # The last one may have been cut off.
            stop = end if is_open else min(body + size, end)
            element = _Element(int.from_bytes(head[:id_length], "big"), start, body, stop)
            if is_open or element.id == into:
                start = body
            else:
                yield element
                start = stop

    def _named(self, parent: _Element, *ids: int) -> Iterator[_Element]:
        return (one for one in self._elements(parent.body, parent.end) if one.id in ids)

    # Taking out

    def _strip(self, parent: _Element) -> None:
        for element in self._named(parent, *_GONE[parent.id]):
            self._void(element)

    def _void(self, element: _Element) -> None:
        """Zeros, in an element that says so; as long as before."""
        length = min(8, element.body - element.start - 1)
        size = element.end - element.start - 1 - length
        put(self._handle, element.start, bytes([_VOID]) + (size | 1 << 7 * length).to_bytes(length, "big"))
        blank(self._handle, element.start + 1 + length, element.end)

    def _forget_place(self, seek: _Element) -> None:
        """Nobody is to look for what is gone."""
        named = self._read(seek.body, min(seek.end - seek.body, 64))
        if any(gone.to_bytes(4, "big") in named for gone in (_TAGS, _ATTACHMENTS)):
            self._void(seek)

    # What it says

    def _side(self, video: _Element, id_: int) -> int | None:
        side = next((self._number(one) for one in self._named(video, id_)), 0)
        return side if 0 < side <= MAX_SIDE else None

    def _number(self, element: _Element) -> int:
        return int.from_bytes(self._read(element.body, min(8, element.end - element.body)), "big")

    def _duration_ms(self, info: _Element) -> int | None:
        scale = next((self._number(one) for one in self._named(info, _SCALE)), 1_000_000)
        for one in self._named(info, _DURATION):
            form = {4: ">f", 8: ">d"}.get(one.end - one.body)
            duration_ms = struct.unpack(form, self._read(one.body, one.end - one.body))[0] * scale / 1e6 if form else 0
            if 0 < duration_ms < 2**40:
                return int(duration_ms)
        return None
