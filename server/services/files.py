"""Files: taking them in, giving them to those who may have them, and letting go of what nobody needs."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from server.clock import Now
from server.errors import NotFound, RateLimited, TooLarge, Unavailable
from server.files import links, metadata
from server.files.names import clean_name
from server.files.sniff import HEAD_BYTES, PDF, PICTURES, PLAYABLE, UNKNOWN, media_type_of
from server.files.store import Content, Kept, Store, Upload
from server.files.thumbnails import Film, Picture, Thumbnails
from server.protocol import chat, http
from server.records import StoredFile
from server.storage import files
from server.storage.database import Database
from server.storage.previews import Picture as CardPicture

LINK_GOOD_FOR_MS = 5 * 60 * 1000
ORPHAN_AFTER_MS = 24 * 60 * 60 * 1000
FORGET_S = 5.0
"""Who deletes a message waits no longer for its bytes to go."""
UPLOADS_AT_ONCE = 6
"""Of one account; a browser opens no more connections to one server either."""

Unrecorded = partial[StoredFile]
"""A file's row that is to be written: called inside a unit of work."""

_BLOCK_BYTES = 256 * 1024
_log = logging.getLogger(__name__)


def is_looked_into(media_type: str) -> bool:
    """Whether such a file is decoded or edited before it is kept."""
    return media_type in PICTURES | metadata.FILMS


@dataclass(frozen=True, slots=True)
class Opened:
    """Bytes that this caller may have now. ``inline``: a browser may show them in the page."""

    content: Content
    name: str
    media_type: str
    inline: bool


class Files:
    """Takes in, gives out and lets go of files."""

    def __init__(
        self,
        db: Database,
        store: Store,
        thumbnails: Thumbnails,
        now: Now,
        *,
        max_file_bytes: int,
        quota_bytes: int | None = None,
    ) -> None:
        self._db = db
        self._store = store
        self._thumbnails = thumbnails
        self._now = now
        self._link_key: bytes | None = None
        self._uploading: Counter[int] = Counter()
        self.max_file_bytes = max_file_bytes
        self.quota_bytes = quota_bytes
        self._complaints: list[str] = []

    async def upload(self, account_id: int, name: str, chunks: AsyncIterator[bytes]) -> chat.File:
        """Store what ``chunks`` bring; when this returns, the file survives a power cut.

        Raises TooLarge beyond the limit. Nothing remains of an upload that fails or is given up.
        """
        name = clean_name(name)
        with self.place_for(account_id):
            if self.quota_bytes is not None:
                await self._db.read(files.check_room, account_id, 0, self.quota_bytes)
            async with aclosing(self._blocks(chunks)) as blocks:
                block = await anext(blocks)
                media_type = media_type_of(bytes(block[:HEAD_BYTES]), name)
                async with self._store.upload(local=is_looked_into(media_type)) as upload:
                    await upload.write(block)
                    async for block in blocks:
                        await upload.write(block)
                    stored, _ = await self.keep(account_id, name, media_type, upload, self._record)
        return files.body(stored)

    async def keep(
        self,
        account_id: int,
        name: str,
        media_type: str,
        upload: Upload,
        record: Callable[[Unrecorded], Awaitable[StoredFile]],
    ) -> tuple[StoredFile, Kept]:
        """Look into what has come in, put it in its place, and have ``record`` write its row.

        Its bytes are removed when that fails.
        """
        seen: Picture | Film | None = None
        if media_type in PICTURES:
            # Decoded once and relieved of its place on earth, or it is a plain attachment.
            seen = await self._thumbnails.of(upload.path)
            media_type = seen.media_type if seen else UNKNOWN
        elif is_looked_into(media_type):
            seen = await self._thumbnails.film(upload.path, media_type)
        kept = await upload.keep(seen.thumbnail if isinstance(seen, Picture) else None)
        try:
            return await record(self._unrecorded(account_id, kept, name, media_type, seen)), kept
        except Exception:
            await self.forget([kept.key])
            raise

    async def use(self, account_id: int) -> http.FileUse:
        """How much the files of this account have together, and how much they may."""
        used = await self._db.read(files.used_bytes, account_id)
        return http.FileUse(used_bytes=used, quota_bytes=self.quota_bytes)

    async def card_picture(self, content: bytes) -> CardPicture | None:
        """A small copy of somebody else's picture, made where thumbnails are; None when it is none.

        Nothing of the bytes that came is kept but what was drawn anew from them.
        """
        async with self._store.upload(local=True) as upload:
            await upload.write(content)
            picture = await self._thumbnails.of(upload.path)
        if picture is None:
            return None
        async with self._store.upload(local=False) as upload:
            await upload.write(picture.thumbnail)
            kept = await upload.keep(picture.thumbnail)
        return CardPicture(kept.key, "image/webp", kept.size_bytes, picture.width, picture.height, picture.blur)

    async def open(self, file_id: int, account_id: int) -> Opened:
        """The file's bytes, if this account may have them now; raises NotFound."""
        return await self._opened(await self._db.read(files.visible_to, file_id, account_id))

    async def open_thumbnail(self, file_id: int, account_id: int) -> Opened:
        """The file's thumbnail, under the same rule; raises NotFound when it has none."""
        return await self.open_small(await self._db.read(files.visible_to, file_id, account_id))

    async def open_picture(self, account_id: int) -> tuple[int, Opened]:
        """The face of an account, small, with the id of its file; raises NotFound when it has none."""
        stored = await self._db.read(files.picture_of, account_id)
        return stored.id, await self.open_small(stored)

    async def open_picture_of_conversation(self, conversation_id: int, account_id: int) -> tuple[int, Opened]:
        """The picture of a conversation, small, with the id of its file; raises NotFound."""
        stored = await self._db.read(files.picture_of_conversation, conversation_id, account_id)
        return stored.id, await self.open_small(stored)

    async def open_small(self, stored: StoredFile) -> Opened:
        """The thumbnail of a file, for whom it has been looked up; raises NotFound when it has none."""
        if not stored.has_thumbnail:
            raise NotFound("This file has no thumbnail.")
        return Opened(await self._content(stored.key, thumbnail=True), "thumbnail.webp", "image/webp", True)

    async def link(self, file_id: int, account_id: int) -> http.FileLink:
        """An address that needs no session for five minutes; what it opens is still checked each time."""
        stored = await self._db.read(files.visible_to, file_id, account_id)
        expires_at = self._now() + LINK_GOOD_FOR_MS
        word = links.sign(await self._key(), file_id, account_id, expires_at)
        return http.FileLink(url=f"{files.body(stored).url}?link={quote(word)}", expires_at=expires_at)

    async def account_of_link(self, file_id: int, link: str) -> int:
        """For whom ``link`` was made. Raises NotFound for a wrong one, Expired for an old one."""
        return links.read(await self._key(), file_id, link, self._now())

    async def forget(self, keys: Sequence[str]) -> None:
        """Delete bytes whose rows are gone; what fails or takes too long is found again by the sweep."""
        try:
            async with asyncio.timeout(FORGET_S):
                await self._remove(keys)
        except TimeoutError:
            _log.warning("the bytes of deleted files could not be removed in time")

    async def sweep(self) -> int:
        """Remove what was uploaded a day ago and never sent, and bytes that no row names; returns how many."""
        swept = 0
        before = self._now() - ORPHAN_AFTER_MS
        while keys := await self._db.write(files.release_orphans, before):
            await self._remove(keys)
            swept += len(keys)
        # A store that does not answer has said so in the log. There is another sweep.
        with suppress(Unavailable):
            swept += await self._store.remove_abandoned(ORPHAN_AFTER_MS / 1000)
            swept += await self._sweep_store()
        return swept

    async def check(self) -> None:
        """Look whether files can be stored now, and remember what is wrong."""
        try:
            await self._store.check()
        except Unavailable as error:
            self._complaints = [error.message]
        else:
            self._complaints = []

    def complaints(self) -> list[str]:
        """What was wrong when the store was last looked at; asking costs nothing."""
        return self._complaints

    # Taking in

    @contextmanager
    def place_for(self, account_id: int) -> Iterator[None]:
        """One of the few that an account has for uploads at once. Raises RateLimited."""
        if self._uploading[account_id] >= UPLOADS_AT_ONCE:
            raise RateLimited("Too many uploads at once. Wait until one is done.", retry_after_ms=2000)
        self._uploading[account_id] += 1
        try:
            yield
        finally:
            self._uploading[account_id] -= 1
            if not self._uploading[account_id]:
                del self._uploading[account_id]

    async def _blocks(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytearray, None]:
        """The chunks as blocks, so that a store is asked neither too often nor with too much; one at least."""
        size_bytes, block = 0, bytearray()
        async for chunk in chunks:
            block += chunk
            size_bytes += len(chunk)
            if size_bytes > self.max_file_bytes:
                raise TooLarge(f"A file may have at most {self.max_file_bytes:,} bytes.", field="file")
            if len(block) >= _BLOCK_BYTES:
                yield block
                block = bytearray()
        if block or not size_bytes:
            yield block

    def _unrecorded(
        self, account_id: int, kept: Kept, name: str, media_type: str, seen: Picture | Film | None
    ) -> Unrecorded:
        row = partial(
            files.create,
            account_id=account_id,
            key=kept.key,
            name=name,
            media_type=media_type,
            size_bytes=kept.size_bytes,
            created_at=self._now(),
        )
        if isinstance(seen, Picture):
            return partial(row, width=seen.width, height=seen.height, blur=seen.blur, has_thumbnail=True)
        if seen is not None:
            return partial(row, width=seen.width, height=seen.height, duration_ms=seen.duration_ms)
        return row

    async def _record(self, row: Unrecorded) -> StoredFile:
        create = partial(row, quota_bytes=self.quota_bytes)
        return await self._db.write(create)

    # Giving out

    async def _opened(self, stored: StoredFile) -> Opened:
        # A picture has its size only when it could be decoded.
        inline = stored.media_type in PLAYABLE | {PDF} or (stored.media_type in PICTURES and stored.has_thumbnail)
        return Opened(await self._content(stored.key), stored.name, stored.media_type, inline)

    async def _content(self, key: str, *, thumbnail: bool = False) -> Content:
        content = await self._store.find(key, thumbnail=thumbnail)
        if content is None:
            _log.error("the bytes of a stored file are missing: %s", key)
            raise NotFound("There is no such file.")
        return content

    async def _key(self) -> bytes:
        if self._link_key is None:
            self._link_key = await self._db.write(files.link_key)
        return self._link_key

    # Letting go

    async def _sweep_store(self) -> int:
        """Bytes without a row: a crash came between the one and the other."""
        swept = 0
        async for keys in self._store.old_keys(ORPHAN_AFTER_MS / 1000):
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                known = await self._db.read(files.known_keys, some)
                stray = [key for key in some if key not in known]
                await self._remove(stray)
                swept += len(stray)
        return swept

    async def _remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                await self._store.remove(key)
            except OSError:
                _log.exception("the bytes of a deleted file could not be removed")
            except Unavailable:
                return  # it will not answer for the others either
