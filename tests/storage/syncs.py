"""What SQLite does to its files, heard of between SQLite and its way to them: writes, and syncs to the disk."""

from __future__ import annotations

import _sqlite3
import contextlib
import ctypes
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

_FILES = {0x100: "database", 0x80000: "log"}
"""SQLITE_OPEN_MAIN_DB and SQLITE_OPEN_WAL."""
_POINTERS = 18

Hear = Callable[[str, str], None]
"""Gets the file (``database`` or ``log``) and what is about to be done to it (``write``, ``truncate``, ``sync``)."""


class _Methods(ctypes.Structure):
    """sqlite3_io_methods: what can be done with a file."""

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
_CHANGES = {
    "write": (2, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)),
    "truncate": (3, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)),
    "sync": (4, ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)),
}
"""Where the functions that change a file stand among its methods, and what they take."""


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
def watched(hear: Hear) -> Iterator[None]:
    """Inside, ``hear`` is called before each change of a file that is opened there.

    Raises AttributeError where SQLite is a part of Python, and nothing can be put between.
    """
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    plain = _Open(ctypes.cast(vfs.open, ctypes.c_void_p).value or 0)

    def open_watched(vfs: int, name: int, file: Any, flags: int, found: int) -> int:
        code = plain(vfs, name, file, flags, found)
        kind = next((kind for flag, kind in _FILES.items() if flags & flag), None)
        if code == 0 and kind is not None:
            file.contents.methods = ctypes.pointer(_heard(file.contents.methods.contents, hear, kind))
        return int(code)

    vfs.open = _Open(open_watched)
    _kept.extend((vfs.open, plain))
    try:
        yield
    finally:
        vfs.open = plain


@contextlib.contextmanager
def counted_syncs() -> Iterator[Counter[str]]:
    """How often the ``database`` and its ``log`` are synced, for files that are opened inside."""
    syncs: Counter[str] = Counter()

    def count(file: str, what: str) -> None:
        if what == "sync":
            syncs[file] += 1

    with watched(count):
        yield syncs


def _heard(methods: _Methods, hear: Hear, kind: str) -> _Methods:
    """The same methods, but that ``hear`` is told first."""
    own = _Methods.from_buffer_copy(methods)
    _kept.append(own)
    for what, (place, function) in _CHANGES.items():
        own.functions[place] = _told_first(
            function(methods.functions[place]), function, lambda what=what: hear(kind, what)
        )
    return own


def _told_first(plain: Any, function: Any, tell: Callable[[], None]) -> int | None:
    def changed(*about: Any) -> int:
        tell()
        return int(plain(*about))

    told = function(changed)
    _kept.extend((told, plain))
    return ctypes.cast(told, ctypes.c_void_p).value
