"""JSON Schemas of the types on the wire, as both OpenAPI and AsyncAPI list them under ``components``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from server.errors import CODES
from server.protocol.chat import ENTRY_DATA, Entry
from server.protocol.schema.words import SUBJECTS, structs

Json = dict[str, Any]


def schemas(kinds: Iterable[type[Struct]]) -> Json:
    """The schemas of these types and of all that they are made of, by name."""
    _, found = msgspec.json.schema_components(list(kinds), ref_template="#/components/schemas/{name}")
    return {name: _tidied(name, found[name]) for name in _in_order(found)}


def reference(kind: type[Struct]) -> Json:
    """Where the schema of ``kind`` stands."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def entry_name(kind: str) -> str:
    """The schema of one kind of entry: ``MessageCreatedEntry`` for ``message_created``."""
    return "".join(part.title() for part in kind.split("_")) + "Entry"


def entry_schemas() -> Json:
    """One schema for each kind of entry: an Entry whose ``data`` is what the kind says."""
    return {
        entry_name(kind): {
            "title": entry_name(kind),
            "allOf": [
                reference(Entry),
                {"type": "object", "properties": {"kind": {"const": kind}, "data": reference(data)}},
            ],
        }
        for kind, data in ENTRY_DATA.items()
    }


def plain(value: Any) -> Any:
    """A schema with its descriptions in Markdown, for documents read by people."""
    if isinstance(value, dict):
        return {
            key: item.replace("``", "`") if key in ("description", "summary") and isinstance(item, str) else plain(item)
            for key, item in value.items()
        }
    return [plain(item) for item in value] if isinstance(value, list) else value


def _in_order(found: Json) -> list[str]:
    """The names in the order in which the protocol declares them."""
    declared = [kind.__name__ for module in SUBJECTS.values() for kind in structs(module)]
    return sorted(found, key=declared.index)


def _tidied(name: str, schema: Json) -> Json:
    schema = dict(plain(schema))
    if name == "ErrorBody":
        schema["properties"] = {**schema["properties"], "code": {"type": "string", "enum": list(CODES)}}
    return schema
