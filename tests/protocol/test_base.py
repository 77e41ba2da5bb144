"""Strict JSON, and complaints that name the field."""

from __future__ import annotations

import pytest

from server.errors import Invalid
from server.protocol.base import MAX_DEPTH, convert, decode_json
from server.protocol.chat import CreateGroup, SendMessage, SetRole

GOOD = {"conversation_id": 7, "client_id": "ana-0001", "text": "hello"}


def complaint(payload: object, kind: type = SendMessage) -> Invalid:
    """What is wrong with a payload."""
    with pytest.raises(Invalid) as refused:
        convert(payload, kind)
    return refused.value


def test_a_sound_payload_becomes_a_command() -> None:
    command = convert(GOOD, SendMessage)
    assert (command.conversation_id, command.text, command.reply_to_seq, command.file_ids) == (7, "hello", None, [])


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"text": None}, "text", "`text` must be `str`, not `null`."),
        ({"text": "x" * 8001}, "text", "`text` is too long: at most 8000."),
        ({"text": "a\0b"}, "text", "`text` contains characters that are not allowed."),
        ({"client_id": "short"}, "client_id", "`client_id` is too short: at least 8."),
        ({"client_id": "with space"}, "client_id", "`client_id` contains characters that are not allowed."),
        ({"client_id": "ana-0001\n"}, "client_id", "`client_id` contains characters that are not allowed."),
        ({"conversation_id": 0}, "conversation_id", "`conversation_id` must be `int` >= 1."),
        ({"conversation_id": 7.5}, "conversation_id", "`conversation_id` must be `int`, not `float`."),
        ({"conversation_id": True}, "conversation_id", "`conversation_id` must be `int`, not `bool`."),
        ({"file_ids": ["nine"]}, "file_ids[0]", "`file_ids[0]` must be `int`, not `str`."),
        ({"colour": "red"}, "colour", "There is no field `colour` here."),
    ],
)
def test_a_complaint_names_the_field(change: dict[str, object], field: str, sentence: str) -> None:
    refused = complaint({**GOOD, **change})
    assert refused.field == field
    assert refused.message == sentence


def test_what_is_missing_is_named() -> None:
    refused = complaint({"conversation_id": 7, "client_id": "ana-0001"})
    assert (refused.field, refused.message) == ("text", "`text` is missing.")


def test_a_choice_that_does_not_exist_is_refused() -> None:
    assert complaint({"conversation_id": 7, "account_id": 2, "role": "owner"}, SetRole).field == "role"


def test_an_unsound_item_of_a_list_is_refused() -> None:
    refused = complaint({"client_id": "ana-0001", "title": "Yard", "account_ids": [2, -1]}, CreateGroup)
    assert refused.field is not None
    assert refused.field.startswith("account_ids")


@pytest.mark.parametrize("text", ["NaN", "[1e999]", "-Infinity", '"\\ud800"', "{", '{"a": 1,}', ""])
def test_only_strict_json_is_read(text: str) -> None:
    with pytest.raises(Invalid):
        decode_json(text)


def test_nesting_has_an_end() -> None:
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert decode_json(deepest)
    for text in (f"[{deepest}]", "[" * 1000 + "]" * 1000, '{"a":' * 1000 + "1" + "}" * 1000):
        with pytest.raises(Invalid):
            decode_json(text)
        with pytest.raises(Invalid):
            decode_json(text.encode())


def test_brackets_within_a_text_are_no_nesting() -> None:
    assert decode_json('{"text": "' + "[" * 100 + '\\"{{{"}') == {"text": "[" * 100 + '"{{{'}


def test_a_text_that_never_ends_is_read_once() -> None:
    # Looked at anew from each of its quotes, this would take minutes.
    hostile = "[" * 17 + '"' + '\\"' * 60_000
    with pytest.raises(Invalid):
        decode_json(hostile)
    with pytest.raises(Invalid):
        decode_json(hostile.encode())
