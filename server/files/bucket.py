"""Files' bytes in a bucket of an S3 server. Only imported where files are to lie there: obstore is an extra.

Whatever goes wrong out there becomes ``Unavailable``; what is logged of it names no key and no secret. Nobody
but this server reads the bucket: it needs no public access, and no address of it is ever given out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from server.addresses import Bucket
from server.errors import Unavailable
from server.files.bucket_partials import BucketPartials
from server.files.incoming import Draft, Incoming
from server.files.store import Kept, key_of, new_key, place_of
from server.files.unfinished import Credentials, Refused, UnfinishedUploads

PIECE_BYTES = 1024 * 1024
"""What is fetched at once; the next is on its way while the last one goes out."""
PART_BYTES = 5 * 1024 * 1024
"""The smallest part that S3 takes. Two or three of them are in memory for each upload."""
MAX_PARTS = 10_000
TIMEOUT_S = 20.0
CHECK_TIMEOUT_S = 5.0

_PARTS_AT_ONCE = 2
_HARMLESS = {"Content-Type": "application/octet-stream"}
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3}[ \w]{0,40})")
_SIGNS = {
    "169.254.169.254": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and this machine has no role",
    "ConnectionRefused": "nobody listens there",
    "dns error": "there is no machine of that name",
    "kind: Connect": "it cannot be reached",
    "kind: Timeout": "it does not answer",
}
_log = logging.getLogger(__name__)


class BucketFailed(Unavailable):
    """The store did not do what it was asked.

    Printed, it says why, for whoever runs the server; clients get a sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("The store of files does not answer as it should. Try again later.")
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class BucketStore:
    """A bucket of files, under the names that they would have in a folder.

    ``credentials`` None: those that the machine itself is given (a role). ``folder`` has pictures until they are kept.
    """

    def __init__(
        self,
        bucket: Bucket,
        credentials: Credentials | None,
        folder: Path,
        *,
        max_file_bytes: int,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._bucket = bucket
        self._s3 = _connected(bucket, credentials, timeout_s)
        self._timeout_s = timeout_s
        self._clock = clock
        self._incoming = Incoming(folder)
        self._unfinished = UnfinishedUploads(bucket, credentials, timeout_s) if credentials else None
        self._part_bytes = max(PART_BYTES, -(-max_file_bytes // (MAX_PARTS - 1)))
        self.partials = BucketPartials(self)

    @contextlib.asynccontextmanager
    async def upload(self, *, local: bool) -> AsyncIterator[_Upload | _LocalUpload]:
        """See ``Store``. What is not ``local`` goes to the bucket as it comes in."""
        sending = _Sending(self, new_key())
        draft = self._incoming.begin() if local else None
        try:
            yield _LocalUpload(sending, draft) if draft else _Upload(sending)
        finally:
            if draft:
                await asyncio.to_thread(draft.discard)
            if not sending.is_kept:
                await sending.give_up()

    async def find(self, key: str, *, thumbnail: bool = False) -> _Object | None:
        """See ``Store``."""
        name = place_of(key, thumbnail=thumbnail)
        try:
            async with self.asking("look for a file", may_be_missing=True):
                found = await obstore.head_async(self._s3, name)
        except FileNotFoundError:
            # The answer is the same when the whole bucket is missing.
            await self._look()
            return None
        etag = (found["e_tag"] or f"{key}-{found['size']:x}").strip('"')
        return _Object(self, name, found["size"], int(found["last_modified"].timestamp()), etag)

    async def remove(self, key: str) -> None:
        """See ``Store``."""
        for thumbnail in (True, False):
            with contextlib.suppress(FileNotFoundError):
                async with self.asking("delete a file", may_be_missing=True):
                    await obstore.delete_async(self._s3, place_of(key, thumbnail=thumbnail))

    async def remove_abandoned(self, older_than_s: float) -> int:
        """See ``Store``. Parts of uploads too, where there are credentials to ask for them."""
        before = self._clock() - older_than_s
        drafts = await asyncio.to_thread(self._incoming.remove_abandoned, older_than_s, self._clock)
        pieces = await self.partials.remove_abandoned(before)
        return drafts + pieces + await self.abort_unfinished("", before)

    async def old_keys(self, older_than_s: float) -> AsyncIterator[list[str]]:
        """See ``Store``."""
        before = self._clock() - older_than_s
        pages = obstore.list(self._s3, chunk_size=500)
        while True:
            async with self.asking("list the files"):
                page = await anext(pages, None)
            if page is None:
                return
            found = {key_of(one["path"]) for one in page if one["last_modified"].timestamp() < before}
            yield sorted(key for key in found if key is not None)

    async def check(self) -> None:
        """See ``Store``."""
        await asyncio.to_thread(self._incoming.check)
        await self._look()

    # What its uploads and contents ask for

    @contextlib.asynccontextmanager
    async def asking(
        self, what: str, timeout_s: float | None = None, *, may_be_missing: bool = False
    ) -> AsyncIterator[None]:
        """Around each request: what goes wrong there, as Unavailable.

        What is not there is a FileNotFoundError if it ``may_be_missing``.
        """
        try:
            async with asyncio.timeout(timeout_s or 2 * self._timeout_s):
                yield
        except TimeoutError:
            raise self._unavailable(what, "it does not answer") from None
        except (BaseError, OSError) as error:
            if may_be_missing and isinstance(error, FileNotFoundError) and "NoSuchBucket" not in str(error):
                raise FileNotFoundError(what) from None
            raise self._unavailable(what, _reason(error)) from None

    async def fetch(self, name: str, start: int, stop: int) -> bytes:
        """A piece of an object. Raises Unavailable."""
        async with self.asking("read a file"):
            return bytes(await obstore.get_range_async(self._s3, name, start=start, end=stop))

    def writer(self, name: str) -> Any:
        """obstore's writer: a plain object while there is little, parts as it grows."""
        return obstore.open_writer_async(
            self._s3, name, buffer_size=self._part_bytes, max_concurrency=_PARTS_AT_ONCE, attributes=_HARMLESS
        )

    async def put(self, name: str, content: bytes) -> None:
        """A small object at once."""
        async with self.asking("store a thumbnail or a piece"):
            await obstore.put_async(self._s3, name, content, attributes=_HARMLESS, use_multipart=False)

    async def listed(self, folder: str) -> list[Any]:
        """What lies in a folder, with ``path``, ``size`` and ``last_modified``."""
        async with self.asking("list the pieces of an upload"):
            return list(await obstore.list(self._s3, prefix=folder).collect_async())

    async def delete(self, names: Sequence[str]) -> None:
        """All of them; it is no harm if some are gone already."""
        for start in range(0, len(names), 500):
            async with self.asking("delete the pieces of an upload"):
                await obstore.delete_async(self._s3, names[start : start + 500])

    async def abort_unfinished(self, name: str, before: float) -> int:
        """Drop the parts of uploads of what begins with ``name`` that were begun before then; returns how many."""
        if self._unfinished is None:
            return 0
        try:
            return await asyncio.to_thread(self._unfinished.abort, name, before)
        except (Refused, OSError) as error:
            raise self._unavailable("drop unfinished uploads", str(error)) from None

    async def _look(self) -> None:
        """Ask for what lies under a name that nothing has. Raises Unavailable."""
        async with self.asking("look into the bucket", CHECK_TIMEOUT_S):
            async for _ in obstore.list(self._s3, prefix="nothing", chunk_size=1):
                pass

    def _unavailable(self, what: str, reason: str) -> BucketFailed:
        _log.warning("the store of files (bucket %s) could not %s: %s", self._bucket.name, what, reason)
        return BucketFailed(reason)


class _Sending:
    """One object on its way into the bucket, with its thumbnail: both, or neither."""

    def __init__(self, store: BucketStore, key: str) -> None:
        self.key = key
        self.size_bytes = 0
        self.is_kept = False
        self._store = store
        self._name = place_of(key)
        self._writer: Any = None
        self._closing: asyncio.Future[None] | None = None
        self._has_thumbnail = False

    async def write(self, block: bytes | bytearray) -> None:
        if self._writer is None:
            self._writer = self._store.writer(self._name)
        async with self._store.asking("store a file"):
            await self._writer.write(bytes(block))
        self.size_bytes += len(block)

    async def keep(self, thumbnail: bytes | None) -> Kept:
        if self.size_bytes == 0:
            await self.write(b"")
        if thumbnail is not None:
            self._has_thumbnail = True
            await self._store.put(place_of(self.key, thumbnail=True), thumbnail)
        self._closing = asyncio.ensure_future(self._close())
        # Once it is to be completed nobody can tell whether it was, unless this is awaited to its end.
        await asyncio.shield(self._closing)
        self.is_kept = True
        return Kept(self.key, self.size_bytes)

    async def give_up(self) -> None:
        """Nothing of it is to be left; what cannot be removed now is found by the sweep."""
        if self._writer is None:
            return
        with contextlib.suppress(Unavailable):
            if self._closing is None:
                await self._abort()
            else:
                await asyncio.wait([self._closing])
                self._closing.exception()  # whoever gave up has heard of it
        with contextlib.suppress(Unavailable):
            # Its writer forgets parts when it fails to begin or to complete.
            await self._store.abort_unfinished(self._name, float("inf"))
            if self._closing is not None or self._has_thumbnail:
                await self._store.remove(self.key)

    async def _close(self) -> None:
        async with self._store.asking("complete a file"):
            await self._writer.close()

    async def _abort(self) -> None:
        async with self._store.asking("give up a file"):
            # This is how its writer is told that all was in vain.
            await self._writer.__aexit__(Exception, None, None)


class _Upload:
    """An ``Upload`` that goes to the bucket as it comes in."""

    def __init__(self, sending: _Sending) -> None:
        self._sending = sending

    @property
    def size_bytes(self) -> int:
        return self._sending.size_bytes

    @property
    def path(self) -> Path:
        raise TypeError("this upload was not begun as a local one")

    async def write(self, block: bytes | bytearray) -> None:
        await self._sending.write(block)

    async def keep(self, thumbnail: bytes | None = None) -> Kept:
        return await self._sending.keep(thumbnail)


class _LocalUpload:
    """An ``Upload`` that is sent to the bucket in the end."""

    def __init__(self, sending: _Sending, draft: Draft) -> None:
        self._sending = sending
        self._draft = draft

    @property
    def size_bytes(self) -> int:
        return self._draft.size_bytes

    @property
    def path(self) -> Path:
        return self._draft.path

    async def write(self, block: bytes | bytearray) -> None:
        await asyncio.to_thread(self._draft.write, block)

    async def keep(self, thumbnail: bytes | None = None) -> Kept:
        with self._draft.path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, PIECE_BYTES):
                await self._sending.write(block)
        return await self._sending.keep(thumbnail)


@dataclass(frozen=True, slots=True)
class _Object:
    """A ``Content`` in the bucket."""

    store: BucketStore
    name: str
    size_bytes: int
    modified_at: int
    etag: str

    @property
    def path(self) -> None:
        return None

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        pieces = ((at, min(at + PIECE_BYTES, stop)) for at in range(start, stop, PIECE_BYTES))
        ahead = self._fetch_next(pieces)
        try:
            while ahead is not None:
                piece = await ahead
                ahead = self._fetch_next(pieces)
                yield piece
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    def _fetch_next(self, pieces: Iterator[tuple[int, int]]) -> asyncio.Task[bytes] | None:
        piece = next(pieces, None)
        return asyncio.create_task(self.store.fetch(self.name, *piece)) if piece else None


def _connected(bucket: Bucket, credentials: Credentials | None, timeout_s: float) -> S3Store:
    timeout = timedelta(seconds=timeout_s)
    config: Any = {"region": bucket.region, "virtual_hosted_style_request": bucket.is_virtual_hosted}
    if bucket.endpoint:
        config["endpoint"] = bucket.base_url if bucket.is_virtual_hosted else bucket.endpoint
    if credentials:
        config |= {"access_key_id": credentials.key_id, "secret_access_key": credentials.secret}
        if credentials.token:
            config["session_token"] = credentials.token
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,
        client_options={
            "allow_http": True,  # an address with http says so itself
            "connect_timeout": min(timeout, timedelta(seconds=5)),
            "timeout": timeout,
        },
        retry_config={"max_retries": 3, "retry_timeout": timeout},
    )


def _reason(error: Exception) -> str:
    """What went wrong, in a few words: never the whole text, in which servers quote keys and signatures."""
    text = str(error)
    for sign, meaning in _SIGNS.items():
        if sign in text:
            return meaning
    found = _CODE.search(text) or _STATUS.search(text)
    return found[1].strip() if found else type(error).__name__
