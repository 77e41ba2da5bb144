"""How often SQLite asks the system to bring a file to the disk: counted between SQLite and its way to the files."""

from __future__ import annotations

import _sqlite3
import contextlib
import ctypes
from collections import Counter
from collections.abc import Iterator
from typing import Any

_KINDS = {0x100: "database", 0x80000: "log"}
"""SQLITE_OPEN_MAIN_DB and SQLITE_OPEN_WAL."""
_POINTERS = 18
_SYNC = 4


class _Methods(ctypes.Structure):
    """sqlite3_io_methods: what can be done with a file. The fifth of its functions is xSync."""

    _fields_ = [("version", ctypes.c_int), ("functions", ctypes.c_void_p * _POINTERS)]


class _File(ctypes.Structure):
    """sqlite3_file."""

    _fields_ = [("methods", ctypes.POINTER(_Methods))]


_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(_File),
    ctypes.c_int,
    ctypes.c_void_p,
)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, up to the function that opens a file."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", _Open),
    ]


_kept: list[Any] = []
"""What SQLite points to for as long as a file is open."""


@contextlib.contextmanager
def counted_syncs() -> Iterator[Counter[str]]:
    """How often the ``database`` and its ``log`` are synced, for files that are opened inside."""
    syncs: Counter[str] = Counter()
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    as_it_was = vfs.open
    plain = _Open(ctypes.cast(as_it_was, ctypes.c_void_p).value or 0)

    def open_counted(vfs: int, name: int, file: Any, flags: int, found: int) -> int:
        code = plain(vfs, name, file, flags, found)
        kind = next((kind for flag, kind in _KINDS.items() if flags & flag), None)
        if code == 0 and kind is not None:
            file.contents.methods = ctypes.pointer(_counting(file.contents.methods.contents, syncs, kind))
        return int(code)

    vfs.open = _Open(open_counted)
    _kept.append(vfs.open)
    try:
        yield syncs
    finally:
        vfs.open = plain
        _kept.append(plain)


def _counting(methods: _Methods, syncs: Counter[str], kind: str) -> _Methods:
    """The same methods, but that each sync counts."""
    own = _Methods.from_buffer_copy(methods)
    plain = _Sync(methods.functions[_SYNC])

    def sync(file: int, flags: int) -> int:
        syncs[kind] += 1
        return int(plain(file, flags))

    counted = _Sync(sync)
    own.functions[_SYNC] = ctypes.cast(counted, ctypes.c_void_p).value
    _kept.extend((own, counted, plain))
    return own
