"""Files' bytes on the disk, under random keys. A file is there whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from server.errors import Unavailable

RESERVE_BYTES = 64 * 1024 * 1024
"""Uploads leave this much of the disk free: the database may lie there too, and must go on."""

_KEY = re.compile(r"[0-9a-f]{32}")


class Store:
    """A folder of files, spread over 256 subfolders by the beginning of their keys."""

    def __init__(self, root: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._reserve_bytes = reserve_bytes

    def begin(self) -> Upload:
        """A new file to write to; use it in a ``with``, and ``keep`` it, or it is gone at the end."""
        try:
            self._make_folders()
            if shutil.disk_usage(self._incoming).free < self._reserve_bytes:
                raise _full()
            return Upload(self, self._incoming / secrets.token_hex(16))
        except OSError as error:
            raise _complaint(error) from error

    def path(self, key: str) -> Path:
        """Where the bytes of ``key`` lie."""
        return self.root / key[:2] / key

    def thumbnail_path(self, key: str) -> Path:
        """Where the thumbnail of ``key`` lies, if it has one."""
        return self.root / key[:2] / f"{key}.thumbnail"

    def remove(self, key: str) -> None:
        """Delete the bytes and the thumbnail; it is no harm if they are gone already."""
        for path in (self.path(key), self.thumbnail_path(key)):
            path.unlink(missing_ok=True)

    def remove_abandoned(self, older_than_s: float) -> int:
        """Delete uploads that a crash left behind; returns how many."""
        return sum(self._remove_old(path, older_than_s) for path in _listed(self._incoming))

    def old_keys(self, older_than_s: float) -> Iterator[list[str]]:
        """The keys of all files that have lain here for so long, a subfolder at a time."""
        before = time.time() - older_than_s
        for shard in range(256):
            keys: set[str] = set()
            for path in _listed(self.root / f"{shard:02x}"):
                with contextlib.suppress(FileNotFoundError):
                    key = path.name.removesuffix(".thumbnail")
                    if _KEY.fullmatch(key) and path.stat().st_mtime < before:
                        keys.add(key)
            yield sorted(keys)

    def _make_folders(self) -> None:
        """What people send is for nobody else on this machine."""
        if not self._incoming.exists():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._incoming.mkdir(exist_ok=True)
            _sync_folder(self.root.parent)

    def _remove_old(self, path: Path, older_than_s: float) -> bool:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - older_than_s:
                path.unlink()
                return True
        return False


class Upload:
    """A file on its way in, under a temporary name. Its methods block: call them from a thread."""

    def __init__(self, store: Store, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._store = store
        # Written from a thread that a cancelled upload does not wait for.
        self._lock = threading.Lock()
        self._file = path.open("xb", buffering=0)

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            self._file.close()
            self.path.unlink(missing_ok=True)

    def write(self, chunk: bytes | bytearray) -> None:
        """Append ``chunk``. Raises Unavailable when the disk is full."""
        with self._lock:
            rest = memoryview(chunk)
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError as error:
                raise _complaint(error) from error
            self.size_bytes += len(chunk)

    def keep(self, thumbnail: bytes | None = None) -> str:
        """Put the file in its place; when this returns, it survives a power cut. Returns its key."""
        key = secrets.token_hex(16)
        target = self._store.path(key)
        with self._lock:
            try:
                self._make_shard(target.parent)
                if thumbnail is not None:
                    _write_durably(self._store.thumbnail_path(key), thumbnail)
                os.fsync(self._file.fileno())
                self.path.rename(target)
                _sync_folder(target.parent)
            except OSError as error:
                self._store.remove(key)
                raise _complaint(error) from error
        return key

    def _make_shard(self, shard: Path) -> None:
        if not shard.exists():
            shard.mkdir(exist_ok=True)
            _sync_folder(shard.parent)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _complaint(error: OSError) -> Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full()
    return Unavailable("The server cannot store files just now. Try again later.")


def _full() -> Unavailable:
    return Unavailable("The server has no room for files left. Tell whoever runs it.")
