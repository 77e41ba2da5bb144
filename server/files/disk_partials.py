"""Uploads that come in several goes, in a folder: each is a file that grows, and says by its length where to go on."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from server.errors import Busy
from server.files.incoming import Draft, Incoming, complaint
from server.files.store import Upload, WrongOffset

_WHOLE = ".whole"
"""What follows the name of an upload that is being made a file: nobody writes to it any more."""


class DiskPartials:
    """See ``Partials``. All processes on this folder may take part.

    Each block is written under a lock of the file, and only where the file ends. So whoever comes later, after a
    cut that the first one has not noticed yet, simply goes on.
    """

    def __init__(self, incoming: Incoming, upload: Callable[[Draft], Upload]) -> None:
        self._incoming = incoming
        self._upload = upload

    async def size(self, key: str, whole_bytes: int) -> int:
        """See ``Partials``."""
        return await asyncio.to_thread(self._size, key, whole_bytes)

    @contextlib.asynccontextmanager
    async def append(self, key: str, at: int) -> AsyncIterator[_Appending]:
        """See ``Partials``."""
        appending = await asyncio.to_thread(self._opened, key, at)
        try:
            yield appending
        finally:
            await asyncio.to_thread(appending.close)

    async def head(self, key: str, size_bytes: int) -> bytes:
        """See ``Partials``."""
        return await asyncio.to_thread(self._head, key, size_bytes)

    @contextlib.asynccontextmanager
    async def whole(self, key: str, *, local: bool) -> AsyncIterator[Upload]:
        """See ``Partials``. It lies on this machine anyway."""
        draft = await asyncio.to_thread(self._taken, key)
        try:
            yield self._upload(draft)
        finally:
            # Only the name goes with a file that is kept, and what is not kept stays for another time.
            await asyncio.to_thread(draft.close)

    async def remove(self, key: str) -> None:
        """See ``Partials``."""
        await asyncio.to_thread(self._remove, key)

    def remove_abandoned(self, older_than_s: float, clock: Callable[[], float]) -> int:
        """Delete those to which nothing was added for so long; returns how many. It blocks."""
        return self._incoming.remove_abandoned(older_than_s, clock)

    def _path(self, key: str) -> Path:
        return self._incoming.folder / key

    def _whole(self, key: str) -> Path:
        return self._incoming.folder / f"{key}{_WHOLE}"

    def _size(self, key: str, whole_bytes: int) -> int:
        with _troubles():
            if self._whole(key).exists():
                return whole_bytes
            try:
                return self._path(key).stat().st_size
            except FileNotFoundError:
                return 0

    def _opened(self, key: str, at: int) -> _Appending:
        self._incoming.check()
        with _troubles():
            path = self._path(key)
            if self._whole(key).exists():
                raise WrongOffset
            appending = _Appending(path, path.open("ab" if at == 0 else "r+b", buffering=0), at)
            try:
                with appending.at_the_end():
                    return appending
            except BaseException:
                appending.close()
                raise

    def _head(self, key: str, size_bytes: int) -> bytes:
        for path in (self._path(key), self._whole(key)):
            with _troubles(), contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                return file.read(size_bytes)
        return b""

    def _taken(self, key: str) -> Draft:
        """The whole upload, under a name that nobody writes to."""
        path, whole = self._path(key), self._whole(key)
        with _troubles():
            with contextlib.suppress(FileNotFoundError), path.open("r+b", buffering=0) as file, _locked(file):
                path.rename(whole)
            try:
                file = whole.open("r+b", buffering=0)
            except FileNotFoundError:
                raise _busy() from None
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                raise _busy() from None
            if not _is_at(file, whole):
                file.close()
                raise _busy()
            return Draft(whole, file)

    def _remove(self, key: str) -> None:
        with _troubles():
            for path in (self._path(key), self._whole(key)):
                path.unlink(missing_ok=True)


class _Appending:
    """See ``Appending``. ``file`` is its own."""

    def __init__(self, path: Path, file: io.FileIO, at: int) -> None:
        self._path = path
        self._file = file
        self._at = at
        # Written from a thread that a cancelled upload does not wait for.
        self._lock = threading.Lock()

    async def write(self, block: bytes | bytearray) -> None:
        await asyncio.to_thread(self._write, block)

    @contextlib.contextmanager
    def at_the_end(self) -> Iterator[None]:
        """Nobody else writes meanwhile, and the file ends where this one goes on; else raises WrongOffset."""
        # Asked before too: what is being completed is locked as long as that takes.
        if not _is_at(self._file, self._path):
            raise WrongOffset
        with _locked(self._file):
            if os.fstat(self._file.fileno()).st_size != self._at or not _is_at(self._file, self._path):
                raise WrongOffset
            yield

    def close(self) -> None:
        """Write no more."""
        with self._lock:
            self._file.close()

    def _write(self, block: bytes | bytearray) -> None:
        with self._lock, _troubles(), self.at_the_end():
            rest = memoryview(block)
            while rest:
                written = os.pwrite(self._file.fileno(), rest, self._at)
                rest, self._at = rest[written:], self._at + written


def _is_at(file: io.FileIO, path: Path) -> bool:
    """Whether the file still has that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _locked(file: io.FileIO) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


@contextlib.contextmanager
def _troubles() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise WrongOffset from None
    except OSError as error:
        raise complaint(error) from error


def _busy() -> Busy:
    return Busy("This upload is being completed.", retry_after_ms=1000)
