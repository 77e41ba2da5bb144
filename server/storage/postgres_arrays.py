"""Columns of values as PostgreSQL reads them fastest: arrays in its binary form, of numbers, texts and bytes.

psycopg's own lists are written item by item in Python, which took half of the writer's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from struct import pack
from typing import Any, ClassVar

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

Values = Sequence[Any]


class Array(list[Any]):
    """Values of one column; ``None`` is null."""

    element_oid: ClassVar[int]
    array_oid: ClassVar[int]

    def packed(self) -> bytes:
        """PostgreSQL's own form of it."""
        if not self:
            return pack("!iii", 0, 0, self.element_oid)
        has_null = any(value is None for value in self)
        return pack("!iiiii", 1, has_null, self.element_oid, len(self), 1) + self._items(has_null)

    def _items(self, has_null: bool) -> bytes:
        return b"".join(
            b"\xff\xff\xff\xff" if item is None else pack("!i", len(item)) + item for item in self._encoded()
        )

    def _encoded(self) -> Iterable[bytes | None]:
        """Each value by itself."""
        return self


class _Numbers(Array):
    size: ClassVar[int]
    code: ClassVar[str]

    def _items(self, has_null: bool) -> bytes:
        if has_null:
            return super()._items(has_null)
        return pack("!" + f"i{self.code}" * len(self), *chain.from_iterable(zip(repeat(self.size), self, strict=False)))

    def _encoded(self) -> Iterable[bytes | None]:
        return (None if value is None else pack(f"!{self.code}", value) for value in self)


class Longs(_Numbers):
    """bigint[]"""

    element_oid, array_oid, size, code = 20, 1016, 8, "q"


class Integers(_Numbers):
    """integer[]"""

    element_oid, array_oid, size, code = 23, 1007, 4, "i"


class Booleans(_Numbers):
    """boolean[]"""

    element_oid, array_oid, size, code = 16, 1000, 1, "?"


class Texts(Array):
    """text[]"""

    element_oid, array_oid = 25, 1009

    def _encoded(self) -> Iterable[bytes | None]:
        for value in self:
            if value is not None and "\0" in value:
                raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
            yield None if value is None else value.encode()


class Blobs(Array):
    """bytea[]"""

    element_oid, array_oid = 17, 1001


ARRAYS: dict[str, type[Array]] = {
    "bigint": Longs,
    "integer": Integers,
    "boolean": Booleans,
    "text": Texts,
    "bytea": Blobs,
}


def register(raw: psycopg.Connection[Any]) -> None:
    """Lets statements of this connection take arrays as parameters."""
    for kind in ARRAYS.values():
        raw.adapters.register_dumper(kind, _dumper(kind))


def _dumper(kind: type[Array]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = kind.array_oid

        def dump(self, obj: Array) -> Buffer | None:
            return obj.packed()

    return ArrayDumper


def columns_of(rows: Sequence[Values], kinds: Sequence[str]) -> list[Array]:
    """Rows as columns of these types."""
    return [ARRAYS[kind](column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]


def kinds_of(key: Values) -> list[str]:
    """The types of the columns of keys like this one: numbers and texts."""
    return ["bigint" if isinstance(part, int) else "text" for part in key]
