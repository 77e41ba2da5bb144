"""Uploads that come in several goes, in a bucket: pieces named after the places that they have in the whole.

Nothing can be added to an object, and parts of one have five megabytes at least, whenever the link was cut. So each
go leaves pieces of its own, and they become one object when all are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any, NamedTuple, Protocol

from server.files.store import Upload, WrongOffset

FOLDER = "uploads"
PIECE_BYTES = 5 * 1024 * 1024
"""What is put at once, and in memory for each upload meanwhile."""
_FETCH_BYTES = 1024 * 1024
_NAME = re.compile(r"([0-9a-f]{12})-([0-9a-f]{12})")


class Objects(Protocol):
    """What pieces need of a store: see ``BucketStore``."""

    async def put(self, name: str, content: bytes) -> None: ...
    async def fetch(self, name: str, start: int, stop: int) -> bytes: ...
    async def listed(self, folder: str) -> list[Any]: ...
    async def delete(self, names: list[str]) -> None: ...
    def upload(self, *, local: bool) -> contextlib.AbstractAsyncContextManager[Upload]: ...


class _Piece(NamedTuple):
    """The bytes of the whole from ``start`` up to ``stop``."""

    start: int
    stop: int
    name: str


class BucketPartials:
    """See ``Partials``. All processes on this bucket may take part.

    Two that write at the same time, because one has not noticed a cut yet, write the same: their pieces overlap.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def size(self, key: str, whole_bytes: int) -> int:
        """See ``Partials``."""
        row = await self._row(key)
        return row[-1].stop if row else 0

    @contextlib.asynccontextmanager
    async def append(self, key: str, at: int) -> AsyncIterator[_Appending]:
        """See ``Partials``."""
        row = await self._row(key)
        if (row[-1].stop if row else 0) != at:
            raise WrongOffset
        appending = _Appending(self._objects, f"{FOLDER}/{key}", at)
        try:
            yield appending
        finally:
            await appending.flush()

    async def head(self, key: str, size_bytes: int) -> bytes:
        """See ``Partials``."""
        beginning = b""
        async for block in self._content(key, size_bytes):
            beginning += block
            if len(beginning) >= size_bytes:
                break
        return beginning[:size_bytes]

    @contextlib.asynccontextmanager
    async def whole(self, key: str, *, local: bool) -> AsyncIterator[Upload]:
        """See ``Partials``."""
        async with self._objects.upload(local=local) as upload:
            async for block in self._content(key, _FETCH_BYTES):
                await upload.write(block)
            yield upload

    async def remove(self, key: str) -> None:
        """See ``Partials``."""
        await self._objects.delete([one["path"] for one in await self._objects.listed(f"{FOLDER}/{key}")])

    async def remove_abandoned(self, before: float) -> int:
        """Delete pieces that were put before then; returns how many."""
        found = await self._objects.listed(FOLDER)
        old = [one["path"] for one in found if one["last_modified"].timestamp() < before]
        await self._objects.delete(old)
        return len(old)

    async def _row(self, key: str) -> list[_Piece]:
        return _in_a_row(_piece(one["path"]) for one in await self._objects.listed(f"{FOLDER}/{key}"))

    async def _content(self, key: str, step_bytes: int) -> AsyncIterator[bytes]:
        at = 0
        for piece in await self._row(key):
            while at < piece.stop:
                stop = min(at + step_bytes, piece.stop)
                yield await self._objects.fetch(piece.name, at - piece.start, stop - piece.start)
                at = stop


class _Appending:
    """See ``Appending``."""

    def __init__(self, objects: Objects, folder: str, at: int) -> None:
        self._objects = objects
        self._folder = folder
        self._at = at
        self._waiting = bytearray()

    async def write(self, block: bytes | bytearray) -> None:
        self._waiting += block
        if len(self._waiting) >= PIECE_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Put what waits. Raises Unavailable."""
        if not self._waiting:
            return
        content, self._waiting = bytes(self._waiting), bytearray()
        stop = self._at + len(content)
        # Whoever is cancelled in the middle has sent it nevertheless.
        await asyncio.shield(self._objects.put(f"{self._folder}/{self._at:012x}-{stop:012x}", content))
        self._at = stop


def _piece(name: str) -> _Piece | None:
    found = _NAME.fullmatch(name.rpartition("/")[2])
    return _Piece(int(found[1], 16), int(found[2], 16), name) if found else None


def _in_a_row(pieces: Iterable[_Piece | None]) -> list[_Piece]:
    """Those that make the longest beginning: each covers where the one before ends."""
    row: list[_Piece] = []
    at = 0
    for piece in sorted(piece for piece in pieces if piece is not None):
        if piece.stop <= at:
            continue
        if piece.start > at:
            break
        row.append(piece)
        at = piece.stop
    return row
