"""Uploads that come in several goes: begun, gone on with at any worker, and made files when they are whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from server.clock import Now
from server.errors import TooLarge, Unavailable
from server.files.names import clean_name
from server.files.sniff import HEAD_BYTES, media_type_of
from server.files.store import Appending, Partials, WrongOffset, new_key
from server.protocol import chat, tus
from server.records import StoredFile, Upload
from server.services.files import Files, Unrecorded, is_looked_into
from server.storage import files, uploads
from server.storage.database import Database

LASTS_MS = 24 * 60 * 60 * 1000
"""So long an upload can be gone on with; then what has come in of it is removed."""

_BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload is. ``expires_at`` in UTC milliseconds."""

    key: str
    offset: int
    size_bytes: int
    metadata: str
    expires_at: int


class Uploads:
    """Takes in what comes in several goes."""

    def __init__(self, db: Database, partials: Partials, stored: Files, now: Now) -> None:
        self._db = db
        self._partials = partials
        self._files = stored
        self._now = now
        self._finishing: dict[str, asyncio.Task[StoredFile]] = {}

    @property
    def max_file_bytes(self) -> int:
        """The largest file there may be."""
        return self._files.max_file_bytes

    async def begin(self, account_id: int, size_bytes: int, metadata: str) -> Standing:
        """A new upload of nothing yet, with room for all of it.

        Raises TooLarge, naming ``quota`` with the numbers when that is the reason, or RateLimited.
        """
        if size_bytes > self.max_file_bytes:
            raise TooLarge(f"A file may have at most {self.max_file_bytes:,} bytes.", field="Upload-Length")
        tus.metadata(metadata)
        begun = await self._db.write(
            uploads.create, account_id, new_key(), size_bytes, metadata, self._now(), self._files.quota_bytes
        )
        return self._standing(begun, 0)

    async def look(self, account_id: int, key: str) -> Standing:
        """How far one's own upload is; raises NotFound when there is none, or no more."""
        upload = await self._of(account_id, key)
        return self._standing(upload, await self._offset(upload))

    async def append(self, account_id: int, key: str, at: int, chunks: AsyncIterator[bytes]) -> Standing:
        """Go on with it behind its first ``at`` bytes. What has come in stays, also when ``chunks`` break off.

        When it is whole it is made a file. Raises WrongOffset, and TooLarge for more than was announced.
        """
        upload = await self._of(account_id, key)
        if upload.file_id is not None:
            if at != upload.size_bytes:
                raise WrongOffset
            return self._standing(upload, at)
        with self._files.place_for(account_id):
            async with self._partials.append(key, at) as appending:
                at += await _pass_on(chunks, appending, upload.size_bytes - at)
        if at == upload.size_bytes:
            await self._finished(upload)
        return self._standing(upload, at)

    async def file(self, account_id: int, key: str) -> chat.File:
        """What the upload has become, made now if nobody has; raises WrongOffset as long as it is not whole."""
        upload = await self._of(account_id, key)
        if upload.file_id is not None:
            return files.body(await self._db.read(files.get, upload.file_id))
        if await self._offset(upload) < upload.size_bytes:
            raise WrongOffset
        return files.body(await self._finished(upload))

    async def give_up(self, account_id: int, key: str) -> None:
        """Let go of one's own upload; a file that it has become stays. Raises NotFound."""
        await self._of(account_id, key)
        await self._db.write(uploads.remove, account_id, key)
        await self._forget(key)

    async def sweep(self) -> int:
        """Remove those that were begun a day ago; returns how many."""
        swept = 0
        while keys := await self._db.write(uploads.release_expired, self._now() - LASTS_MS):
            for key in keys:
                await self._forget(key)
            swept += len(keys)
        return swept

    async def _of(self, account_id: int, key: str) -> Upload:
        return await self._db.read(uploads.get, account_id, key, self._now() - LASTS_MS)

    async def _offset(self, upload: Upload) -> int:
        if upload.file_id is not None:
            return upload.size_bytes
        return min(upload.size_bytes, await self._partials.size(upload.key, upload.size_bytes))

    def _standing(self, upload: Upload, offset: int) -> Standing:
        return Standing(upload.key, offset, upload.size_bytes, upload.metadata, upload.created_at + LASTS_MS)

    async def _finished(self, upload: Upload) -> StoredFile:
        """Made a file once, however many ask, and whether they wait for the answer or not."""
        task = self._finishing.get(upload.key)
        if task is None:
            task = asyncio.create_task(self._finish(upload))
            self._finishing[upload.key] = task
            task.add_done_callback(lambda done: self._done(upload.key, done))
        return await asyncio.shield(task)

    def _done(self, key: str, task: asyncio.Task[StoredFile]) -> None:
        del self._finishing[key]
        if not task.cancelled():
            task.exception()  # whoever waits hears of it; there may be nobody

    async def _finish(self, upload: Upload) -> StoredFile:
        key = upload.key
        if upload.size_bytes == 0:
            async with self._partials.append(key, 0):
                pass  # nothing ever comes in of a file that is empty
        name = clean_name(_name_in(upload.metadata))
        media_type = media_type_of(await self._partials.head(key, HEAD_BYTES), name)
        made = True

        async def record(row: Unrecorded) -> StoredFile:
            nonlocal made
            stored, made = await self._db.write(uploads.complete, key, row)
            return stored

        async with self._partials.whole(key, local=is_looked_into(media_type)) as whole:
            stored, kept = await self._files.keep(upload.account_id, name, media_type, whole, record)
        if not made:
            await self._files.forget([kept.key])
        await self._forget(key)
        return stored

    async def _forget(self, key: str) -> None:
        """Bytes that stay now are found by the sweep of the store."""
        with suppress(Unavailable, WrongOffset):
            await self._partials.remove(key)


async def _pass_on(chunks: AsyncIterator[bytes], appending: Appending, room_bytes: int) -> int:
    """Writes what comes, in blocks; returns how much. What came before a cut is written too."""
    passed, block = 0, bytearray()
    try:
        async for chunk in chunks:
            if passed + len(chunk) > room_bytes:
                raise TooLarge("This is more than `Upload-Length` has announced.", field="Upload-Length")
            passed += len(chunk)
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                full, block = block, bytearray()
                await appending.write(full)
    finally:
        if block:
            await appending.write(block)
    return passed


def _name_in(metadata: str) -> str:
    said = tus.metadata(metadata)
    return said.get("filename") or said.get("name") or ""
