"""Whatever is sent is either a command or one clear refusal; nothing else is ever raised."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from server.errors import Invalid
from server.protocol import chat, notifications
from server.protocol.base import Command, convert, decode_json
from server.protocol.http import ROUTES
from tests.protocol.stored import stored

TABLES = (chat.COMMANDS, notifications.COMMANDS)
KINDS = sorted(
    {takes for table in TABLES for takes, _ in table.values()}
    | {route.takes for route in ROUTES if isinstance(route.takes, type)},
    key=lambda kind: kind.__name__,
)
SAMPLES = [
    (takes, stored(f"{file}_commands")[name]["payload"])
    for file, table in zip(("chat", "notification"), TABLES, strict=True)
    for name, (takes, _) in table.items()
]

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def numbers_in(kind: inspect.Type) -> Iterator[inspect.IntType]:
    """Wherever a number may stand."""
    match kind:
        case inspect.IntType():
            yield kind
        case inspect.StructType():
            for field in kind.fields:
                yield from numbers_in(field.type)
        case inspect.ListType():
            yield from numbers_in(kind.item_type)
        case inspect.UnionType():
            for one in kind.types:
                yield from numbers_in(one)


def refused_or(kind: type[Command], value: Any) -> None:
    """A command of that kind, or a refusal."""
    with contextlib.suppress(Invalid):
        assert isinstance(convert(value, kind), kind)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.binary())
def test_any_text_is_json_or_refused(text: str | bytes) -> None:
    with contextlib.suppress(Invalid):
        decode_json(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_has_its_bounds(kind: type[Command]) -> None:
    """No database takes any number there is."""
    for number in numbers_in(inspect.type_info(kind)):
        assert None not in (number.ge, number.le)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(value=anything)
def test_any_value_is_the_command_or_refused(kind: type[Command], value: Any) -> None:
    refused_or(kind, value)


@settings(max_examples=400, deadline=None)
@given(sample=st.sampled_from(SAMPLES), data=st.data())
def test_a_sound_payload_with_one_field_changed_is_the_command_or_refused(
    sample: tuple[type[Command], dict[str, Any]], data: st.DataObject
) -> None:
    kind, payload = sample
    field = data.draw(st.sampled_from([*kind.__struct_encode_fields__, "unknown"]))
    changed = {**payload, field: data.draw(anything)}
    if field == "unknown":
        with pytest.raises(Invalid, match="There is no field `unknown` here"):
            convert(changed, kind)
    else:
        refused_or(kind, changed)


@pytest.mark.parametrize(("kind", "payload"), SAMPLES)
def test_what_is_required_is_missed_by_name(kind: type[Command], payload: dict[str, Any]) -> None:
    for field in [field.encode_name for field in msgspec.structs.fields(kind) if field.required]:
        rest = {name: value for name, value in payload.items() if name != field}
        with pytest.raises(Invalid) as refused:
            decode_json(json.dumps(rest), kind)
        assert refused.value.field == field
