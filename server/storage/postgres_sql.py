"""Statements in the words of PostgreSQL: raw statements are written once, with ``?`` for each parameter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from server.storage import models

_TYPES = {
    "BIGINT": "bigint",
    "BIGAUTO": "bigint",
    "INT": "integer",
    "TEXT": "text",
    "BLOB": "bytea",
    "BOOL": "boolean",
}
_INSERT = re.compile(r"insert into (\w+) \(([\w, ]+)\) values \((?:\?, )*\?\)$")
_UPDATE = re.compile(r"update (\w+) set ((?:\w+ = \?, )*\w+ = \?) where ((?:\w+ = \? and )*\w+ = \?)$")


@lru_cache(2000)
def translated(sql: str) -> str:
    """``sql`` with psycopg's placeholders. A list that nothing can be in is written ``in ()`` on SQLite alone."""
    return sql.replace("%", "%%").replace("?", "%s").replace(" in ()", " in (null)")


class AtOnce(NamedTuple):
    """A statement for many rows, and the types of the arrays that it takes."""

    sql: str
    kinds: tuple[str, ...]


@lru_cache(200)
def at_once(sql: str) -> AtOnce | None:
    """A statement that does for many rows what ``sql`` does for one, with an array for each ``?``.

    Only plain inserts and updates by ``column = ?`` have one. The rows of an update must be different ones.
    """
    if found := _INSERT.match(sql):
        table, columns = found[1], found[2].split(", ")
        kinds = _kinds(table, columns)
        return AtOnce(f"insert into {table} ({found[2]}) select * from unnest({_arrays(kinds)})", kinds)
    if found := _UPDATE.match(sql):
        table = found[1]
        changed = [part.removesuffix(" = ?") for part in found[2].split(", ")]
        keys = [part.removesuffix(" = ?") for part in found[3].split(" and ")]
        names = [f"new_{column}" for column in changed] + [f"of_{column}" for column in keys]
        kinds = _kinds(table, changed + keys)
        text = (
            f"update {table} set {', '.join(f'{column} = new_{column}' for column in changed)} "
            f"from unnest({_arrays(kinds)}) as wanted ({', '.join(names)}) "
            f"where {' and '.join(f'{table}.{column} = of_{column}' for column in keys)}"
        )
        return AtOnce(text, kinds)
    return None


def _kinds(table: str, columns: list[str]) -> tuple[str, ...]:
    types = _columns()[table]
    return tuple(types[column] for column in columns)


def _arrays(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in kinds)


@lru_cache(1)
def _columns() -> dict[str, dict[str, str]]:
    """The type of every column, by table."""
    tables: list[Any] = [getattr(model, "_meta") for model in models.ALL]  # noqa: B009 - it is peewee's own name
    return {
        table.table_name: {name: _TYPES[field.field_type] for name, field in table.columns.items()} for table in tables
    }
