"""What a move knows of each table: its columns, the rows in their PostgreSQL types, and the order of its digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from peewee import BigAutoField, BigIntegerField, BlobField, BooleanField, IntegerField, Model, TextField

from server.storage.models import ALL
from server.storage.moving import CannotMove

Value = None | bool | int | str | bytes
Row = tuple[Value, ...]
Kind = Literal["int4", "int8", "bool", "text", "bytea"]

NAMED_REPAIRS = 10
"""So many repaired rows are named; the others are counted."""

_KINDS: dict[type[Any], Kind] = {
    BigAutoField: "int8",
    BigIntegerField: "int8",
    IntegerField: "int4",
    BooleanField: "bool",
    TextField: "text",
    BlobField: "bytea",
}
_RANGES: dict[Kind, tuple[int, int]] = {"int4": (-(2**31), 2**31 - 1), "int8": (-(2**63), 2**63 - 1), "bool": (0, 1)}


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its names in the database. ``key`` and ``order`` are columns, each unique together."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]
    counts_ids: bool
    """Whether ``id`` comes from a sequence."""

    @property
    def is_by_conversation(self) -> bool:
        """Whether it has digests for each conversation; else it has one for the whole."""
        return self.order[0] == "conversation_id"

    def named(self, row: Sequence[object], columns: Sequence[str] | None = None) -> str:
        """The row's place in words: ``message (conversation_id 3, seq 7)``."""
        places = ", ".join(f"{name} {_shown(row[self.columns.index(name)])}" for name in columns or self.order)
        return f"{self.name} ({places})"


@dataclass(slots=True)
class Repairs:
    """Texts that PostgreSQL cannot hold, and what stands for them: how many rows, and the first of them by name."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def note(self, table: Table, column: str, row: Sequence[object]) -> None:
        self.count += 1
        if len(self.named) < NAMED_REPAIRS:
            self.named.append(f"{table.named(row)}, {column}")


class Cleaner:
    """Turns rows as SQLite has them into rows as PostgreSQL gives them back.

    SQLite keeps booleans as numbers, lets bytes lie in a column for text, and takes U+0000 and bytes that
    are no UTF-8, which PostgreSQL refuses: U+FFFD stands for those, and ``repairs`` counts them.
    """

    def __init__(self, table: Table, repairs: Repairs) -> None:
        self._table = table
        self._repairs = repairs
        self._at: dict[Kind, list[int]] = {kind: [] for kind in _KINDS.values()}
        for at, kind in enumerate(table.kinds):
            self._at[kind].append(at)
        self._numbers = [(at, *_RANGES[kind]) for kind in _RANGES for at in self._at[kind]]

    def clean(self, raw: tuple[Any, ...]) -> Row:
        """The row; ``raw`` has its text as bytes. Raises CannotMove for a value that is not of its column's kind."""
        row = list(raw)
        for at in self._at["text"]:
            if row[at] is not None:
                row[at] = self._text(at, raw)
        for at, least, most in self._numbers:
            value = row[at]
            if value is not None and not (type(value) is int and least <= value <= most):
                self._refuse(at, raw)
        for at in self._at["bool"]:
            if row[at] is not None:
                row[at] = bool(row[at])
        for at in self._at["bytea"]:
            if row[at] is not None and type(row[at]) is not bytes:
                self._refuse(at, raw)
        return tuple(row)

    def _text(self, at: int, raw: tuple[Any, ...]) -> str:
        value = raw[at]
        if type(value) is not bytes:
            self._refuse(at, raw)
        try:
            text: str = value.decode()
        except UnicodeDecodeError:
            return self._repaired(at, raw)
        return self._repaired(at, raw) if "\0" in text else text

    def _repaired(self, at: int, raw: tuple[Any, ...]) -> str:
        self._repairs.note(self._table, self._table.columns[at], raw)
        text: str = raw[at].decode(errors="replace")
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")

    def _refuse(self, at: int, raw: tuple[Any, ...]) -> None:
        table = self._table
        raise CannotMove(
            f"{table.named(raw, table.key)} has {_shown(raw[at])} in {table.columns[at]}, which PostgreSQL keeps as "
            f"{table.kinds[at]}. Put it right in the source, then move again."
        )


def _shown(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _table(model: type[Model]) -> Table:
    meta: Any = model._meta
    key = tuple(one.column_name for one in meta.get_primary_keys())
    name = meta.table_name
    return Table(
        name=name,
        columns=tuple(one.column_name for one in meta.sorted_fields),
        kinds=tuple(_KINDS[type(one)] for one in meta.sorted_fields),
        key=key,
        # The log is told by its conversations; its key counts over all of them.
        order=("conversation_id", "seq") if name == "entry" else key,
        counts_ids=isinstance(meta.primary_key, BigAutoField),
    )


TABLES = tuple(_table(model) for model in ALL)
"""Every table, in the order in which they are copied."""
