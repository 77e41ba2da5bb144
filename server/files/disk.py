"""Files' bytes in a folder of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from server.files.disk_partials import DiskPartials
from server.files.incoming import RESERVE_BYTES, Draft, Incoming, complaint, listed, sync_folder
from server.files.store import Kept, key_of, new_key, place_of

_PIECE_BYTES = 256 * 1024


class DiskStore:
    """A folder of files, spread over 256 subfolders by the beginning of their keys.

    ``for_group``: others of the folder's group may read it too, as nginx has to that sends files by itself.
    """

    def __init__(
        self,
        root: Path,
        *,
        for_group: bool = False,
        reserve_bytes: int = RESERVE_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.root = root
        self._for_group = for_group
        self._clock = clock
        mode = 0o750 if for_group else 0o700
        self._incoming = Incoming(root / "incoming", reserve_bytes=reserve_bytes, mode=mode)
        coming = Incoming(root / "uploads", reserve_bytes=reserve_bytes, mode=mode)
        self.partials = DiskPartials(coming, lambda draft: _Upload(self, draft))

    @contextlib.asynccontextmanager
    async def upload(self, *, local: bool) -> AsyncIterator[_Upload]:
        """See ``Store``. Whatever comes in lies on this machine."""
        draft = self._incoming.begin()
        try:
            yield _Upload(self, draft)
        finally:
            await asyncio.to_thread(draft.discard)

    async def find(self, key: str, *, thumbnail: bool = False) -> _File | None:
        """See ``Store``."""
        return await asyncio.to_thread(_File.at, self.root, place_of(key, thumbnail=thumbnail))

    async def remove(self, key: str) -> None:
        """See ``Store``."""
        await asyncio.to_thread(self._remove, key)

    async def remove_abandoned(self, older_than_s: float) -> int:
        """See ``Store``."""
        drafts = await asyncio.to_thread(self._incoming.remove_abandoned, older_than_s, self._clock)
        return drafts + await asyncio.to_thread(self.partials.remove_abandoned, older_than_s, self._clock)

    async def old_keys(self, older_than_s: float) -> AsyncIterator[list[str]]:
        """See ``Store``."""
        before = self._clock() - older_than_s
        for shard in range(256):
            if keys := await asyncio.to_thread(_old_keys, self.root / f"{shard:02x}", before):
                yield keys

    async def check(self) -> None:
        """See ``Store``."""
        await asyncio.to_thread(self._check)

    def place(self, draft: Draft, thumbnail: bytes | None) -> Kept:
        """Move a draft to where it stays, with its thumbnail. It blocks."""
        key = new_key()
        target = self.root / place_of(key)
        with draft.lock:
            try:
                self._make_shard(target.parent)
                if thumbnail is not None:
                    self._write_durably(self.root / place_of(key, thumbnail=True), thumbnail)
                if self._for_group:
                    os.fchmod(draft.file.fileno(), 0o640)
                os.fsync(draft.file.fileno())
                # It may have been edited since it was written.
                size_bytes = os.fstat(draft.file.fileno()).st_size
                draft.path.rename(target)
                sync_folder(target.parent)
            except OSError as error:
                self._remove(key)
                raise complaint(error) from error
        return Kept(key, size_bytes)

    def _remove(self, key: str) -> None:
        for thumbnail in (False, True):
            (self.root / place_of(key, thumbnail=thumbnail)).unlink(missing_ok=True)

    def _check(self) -> None:
        self._incoming.check()
        if self._for_group:
            # It may be from the time before it was so.
            self.root.chmod(0o750)

    def _make_shard(self, shard: Path) -> None:
        if not shard.exists():
            shard.mkdir(exist_ok=True)
            if self._for_group:
                shard.chmod(0o750)  # whatever the umask
            sync_folder(shard.parent)

    def _write_durably(self, path: Path, content: bytes) -> None:
        with path.open("xb") as file:
            if self._for_group:
                os.fchmod(file.fileno(), 0o640)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


class _Upload:
    """An ``Upload`` into a draft that is renamed in the end."""

    def __init__(self, store: DiskStore, draft: Draft) -> None:
        self._store = store
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
        return await asyncio.to_thread(self._store.place, self._draft, thumbnail)


@dataclass(frozen=True, slots=True)
class _File:
    """A ``Content`` on the disk."""

    name: str
    path: Path
    size_bytes: int
    modified_at: int
    etag: str

    @classmethod
    def at(cls, root: Path, name: str) -> _File | None:
        path = root / name
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise complaint(error) from error
        return cls(name, path, found.st_size, int(found.st_mtime), f"{found.st_mtime_ns:x}-{found.st_size:x}")

    async def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(start)
            while start < stop:
                piece = await asyncio.to_thread(file.read, min(_PIECE_BYTES, stop - start))
                if not piece:
                    raise complaint(OSError("it is shorter than it was"))
                start += len(piece)
                yield piece


def _old_keys(shard: Path, before: float) -> list[str]:
    keys: set[str] = set()
    for path in listed(shard):
        with contextlib.suppress(FileNotFoundError):
            key = key_of(f"{shard.name}/{path.name}")
            if key is not None and path.stat().st_mtime < before:
                keys.add(key)
    return sorted(keys)
