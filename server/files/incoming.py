"""Files on their way in, under temporary names on this machine."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from server.errors import Unavailable

RESERVE_BYTES = 64 * 1024 * 1024
"""Uploads leave this much of the disk free: the database may lie there too, and must go on."""


class Incoming:
    """A folder of drafts. Its methods block, but for a moment only."""

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES, mode: int = 0o700) -> None:
        self.folder = folder
        self._reserve_bytes = reserve_bytes
        self._mode = mode

    def begin(self) -> Draft:
        """An empty file. Raises Unavailable when the disk is full, or not to be written to."""
        self.check()
        try:
            return Draft(self.folder / secrets.token_hex(16))
        except OSError as error:
            raise complaint(error) from error

    def check(self) -> None:
        """Raises Unavailable when nothing can come in."""
        try:
            self._make()
            if shutil.disk_usage(self.folder).free < self._reserve_bytes:
                raise _full()
        except OSError as error:
            raise complaint(error) from error

    def remove_abandoned(self, older_than_s: float, clock: Callable[[], float] = time.time) -> int:
        """Delete drafts that a crash left behind; returns how many."""
        return sum(_remove_old(path, clock() - older_than_s) for path in listed(self.folder))

    def _make(self) -> None:
        """What people send is for nobody else on this machine."""
        if not self.folder.exists():
            self.folder.parent.mkdir(mode=self._mode, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.folder.parent.parent)


class Draft:
    """A file that somebody writes. Its methods block: call them from a thread."""

    def __init__(self, path: Path, file: io.FileIO | None = None) -> None:
        self.path = path
        # Written from a thread that a cancelled upload does not wait for.
        self.lock = threading.Lock()
        self.file = file or path.open("xb", buffering=0)
        self.size_bytes = os.fstat(self.file.fileno()).st_size

    def write(self, block: bytes | bytearray) -> None:
        """Append ``block``. Raises Unavailable when the disk is full."""
        with self.lock:
            rest = memoryview(block)
            try:
                while rest:
                    rest = rest[self.file.write(rest) :]
            except OSError as error:
                raise complaint(error) from error
            self.size_bytes += len(block)

    def close(self) -> None:
        """Write no more. It stays."""
        with self.lock:
            self.file.close()

    def discard(self) -> None:
        """Remove it, unless it has another name by now."""
        with self.lock:
            self.file.close()
            self.path.unlink(missing_ok=True)


def listed(folder: Path) -> list[Path]:
    """What lies in ``folder``; nothing when there is no such folder."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def complaint(error: OSError) -> Unavailable:
    """What is said about a disk that refuses."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full()
    return Unavailable("The server cannot store files just now. Try again later.")


def _full() -> Unavailable:
    return Unavailable("The server has no room for files left. Tell whoever runs it.")


def _remove_old(path: Path, before: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mtime < before:
            path.unlink()
            return True
    return False
