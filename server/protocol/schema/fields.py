"""The fields of a type in words for people: how each is written, whether it must be there, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import NODEFAULT, Struct, inspect

from server.protocol.base import MAX_SAFE_INTEGER, Command
from server.protocol.schema.typescript import without_null, written


@dataclass(frozen=True)
class FieldLine:
    """One field: its name on the wire, its type as TypeScript writes it, and what else there is to know."""

    name: str
    kind: str
    optional: bool
    note: str


def fields_of(kind: type[Struct]) -> list[FieldLine]:
    """The fields of a type in the order in which they are declared."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [
        FieldLine(
            name=field.encode_name,
            kind=written(without_null(field.type)),
            optional=not field.required,
            note=", ".join(_notes(field, asked=issubclass(kind, Command))),
        )
        for field in info.fields
    ]


def _notes(field: inspect.Field, *, asked: bool) -> Iterator[str]:
    kind = field.type
    while isinstance(kind, inspect.Metadata):
        yield str((kind.extra_json_schema or {}).get("description", ""))
        kind = kind.type
    inner = without_null(kind)
    if isinstance(inner, inspect.Metadata):
        yield str((inner.extra_json_schema or {}).get("description", ""))
        inner = inner.type
    yield from _limits(inner)
    if asked and field.default not in (NODEFAULT, None):
        yield f"{field.default} when left out"


def _limits(kind: inspect.Type) -> Iterator[str]:
    if isinstance(kind, inspect.StrType):
        yield from _span(kind.min_length, kind.max_length, " characters")
    elif isinstance(kind, inspect.ListType):
        yield from _span(kind.min_length, kind.max_length, " of them")
    elif isinstance(kind, inspect.IntType):
        yield from _span(kind.ge, None if kind.le == MAX_SAFE_INTEGER else kind.le, "")


def _span(low: int | None, high: int | None, unit: str) -> Iterator[str]:
    if high is not None:
        yield f"{low}-{high}{unit}" if low else f"at most {high}{unit}"
