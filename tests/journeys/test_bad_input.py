"""Whatever a client sends, it gets one clear error, and nothing changes. Every command is here by being there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from server.protocol import chat, notifications
from server.protocol.base import Command
from tests.chat_client import ChatClient
from tests.journeys.stored import columns, rows
from tests.people import Person
from tests.raw_client import RawClient
from tests.services_under_test import ROOT, MadangProcess

TABLES = {"/chat": chat.COMMANDS, "/notifications": notifications.COMMANDS}
SAMPLES = {"/chat": "chat_commands", "/notifications": "notification_commands"}
COMMANDS = [(namespace, name) for namespace, table in TABLES.items() for name in table]
# What only looks: a good payload for somebody else's conversation is refused all the same.
DEEP = "[" * 1000 + "]" * 1000


def sample(namespace: str, name: str) -> dict[str, Any]:
    """A good payload."""
    samples = json.loads((ROOT / "tests" / "samples" / f"{SAMPLES[namespace]}.json").read_text())
    payload: dict[str, Any] = samples[name]["payload"]
    return payload


def bad_payloads(kind: type[Command], good: dict[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Everything that can be wrong with a payload: what it is, the raw JSON, the field that should be named."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    yield "unknown field", json.dumps(good | {"colour": "red"}), "colour"
    yield "no object", json.dumps([good]), None
    yield "nothing", "null", None
    yield "deep", json.dumps(good | {"x": 0}).replace('"x": 0', f'"x": {DEEP}'), None
    for field in described.fields:
        name = field.encode_name
        if field.required:
            yield "missing", json.dumps({key: value for key, value in good.items() if key != name}), name
        base = {key: value for key, value in good.items() if key != name}
        yield "wrong type", json.dumps(base | {name: {"a": [1]}}), name
        yield "not a number", json.dumps(base | {name: 0}).replace(f'"{name}": 0', f'"{name}": NaN'), None
        yield "overflow", json.dumps(base | {name: 0}).replace(f'"{name}": 0', f'"{name}": 1e400'), None
        text = text_type(field.type)
        if text is not None:
            filler = "a" * ((text.max_length or 0) + 1)
            yield "too long", json.dumps(base | {name: filler}), name
            yield "NUL", json.dumps(base | {name: "a\0bcdefgh"}), name
            yield "lone surrogate", json.dumps(base | {name: "abcdefgh\ud800"}), None
        if number_type(field.type) is not None:
            yield "too big", json.dumps(base | {name: 2**53}), name
            yield "negative", json.dumps(base | {name: -1}), name


def text_type(type_: inspect.Type) -> inspect.StrType | None:
    """The text that a field may hold, if it may hold one."""
    return next((one for one in alternatives(type_) if isinstance(one, inspect.StrType)), None)


def number_type(type_: inspect.Type) -> inspect.IntType | None:
    """The number that a field may hold, if it may hold one."""
    return next((one for one in alternatives(type_) if isinstance(one, inspect.IntType)), None)


def alternatives(type_: inspect.Type) -> tuple[inspect.Type, ...]:
    """What a field may hold, one by one."""
    return type_.types if isinstance(type_, inspect.UnionType) else (type_,)


def contents(madang: MadangProcess) -> str:
    """A digest of everything stored that a command could change."""
    found = hashlib.sha256()
    for table, names in columns(madang).items():
        # What followers make of the log comes when it comes.
        if table in ("session", "follower") or table.startswith("search_"):
            continue
        # Somebody who leaves is remembered as last seen, whatever they sent.
        shown = [f'"{name}"' for name in names if name != "last_seen_at"]
        for row in rows(madang, f'select {", ".join(shown)} from "{table}" order by 1, 2'):
            found.update(repr((table, row)).encode())
    return found.hexdigest()


@pytest.fixture(scope="module")
def made(madang: MadangProcess) -> dict[str, Any]:
    """What the first test of this module has prepared for the others."""
    return {}


@pytest.fixture
async def strangers(
    madang: MadangProcess, people: Callable[..., dict[str, Person]], made: dict[str, Any]
) -> dict[str, Any]:
    """ana with a conversation of hers that ben does not belong to."""
    if not made:
        made.update(people("ana", "ben"))
        async with ChatClient(madang.url, made["ana"].token) as ana:
            group = await ana.do("create_group", client_id="hers-alone", title="Hers", account_ids=[])
            await ana.do("send_message", conversation_id=group["id"], client_id="hers-first", text="mine")
            made["group"] = group["id"]
    return made


def test_every_command_has_a_sample() -> None:
    for namespace, name in COMMANDS:
        payload = sample(namespace, name)
        msgspec.convert(payload, TABLES[namespace][name][0])


@pytest.mark.parametrize(("namespace", "name"), COMMANDS)
async def test_bad_input_gets_one_clear_error_and_changes_nothing(
    madang: MadangProcess, strangers: dict[str, Any], namespace: str, name: str
) -> None:
    kind = TABLES[namespace][name][0]
    async with RawClient(madang.url, strangers["ben"].token) as ben:
        before = contents(madang)
        for what, raw, field in bad_payloads(kind, sample(namespace, name)):
            replies = await ben.ask(namespace, name, raw)
            assert len(replies) == 1, f"{what}: {replies}"
            [reply] = replies
            assert reply["ok"] is False, f"{what}: {raw[:200]}"
            error = reply["error"]
            assert error["code"] == "invalid", f"{what}: {error}"
            assert error["message"], what
            assert "Traceback" not in json.dumps(reply)
            if field is not None:
                assert error.get("field", "").split("[")[0].split(".")[0] == field, f"{what}: {error}"
        assert contents(madang) == before


@pytest.mark.parametrize(
    ("namespace", "name"),
    [(namespace, name) for namespace, name in COMMANDS if "conversation_id" in sample(namespace, name)],
)
async def test_somebody_elses_conversation_is_not_found(
    madang: MadangProcess, strangers: dict[str, Any], namespace: str, name: str
) -> None:
    payload = sample(namespace, name) | {"conversation_id": strangers["group"]}
    if "account_ids" in payload:
        payload["account_ids"] = [strangers["ben"].id]
    payload.pop("file_ids", None)
    async with RawClient(madang.url, strangers["ben"].token) as ben:
        before = contents(madang)
        [theirs] = await ben.ask(namespace, name, json.dumps(payload))
        [nobodys] = await ben.ask(namespace, name, json.dumps(payload | {"conversation_id": 999_999}))
        assert theirs["error"]["code"] == "not_found"
        assert theirs == nobodys, "the answer tells that it exists"
        assert contents(madang) == before


RESERVED = [f'42/chat,7["{name}",{{}}]' for name in ("connect", "disconnect", "connect_error", "newListener")]


@pytest.mark.parametrize("name", ["ready", "message_created", "", "__init__"])
async def test_unknown_names_are_refused(madang: MadangProcess, strangers: dict[str, Any], name: str) -> None:
    async with RawClient(madang.url, strangers["ben"].token) as ben:
        [reply] = await ben.ask("/chat", name, "{}")
        assert reply["error"]["code"] == "unsupported"
        [still_here] = await ben.ask("/chat", "list_conversations", "{}")
        assert still_here["ok"]


@pytest.mark.parametrize(
    "frame", ["42/chat,7", '42/chat,7{"a":1}', "42/chat,7[]", "42/chat,7[5]", "49/chat,", "45", *RESERVED]
)
async def test_a_malformed_packet_closes_the_connection(
    madang: MadangProcess, strangers: dict[str, Any], frame: str
) -> None:
    async with RawClient(madang.url, strangers["ben"].token) as ben:
        await ben.send(frame)
        await ben.closed()
    assert "Traceback" not in madang.output


async def test_binary_payloads_are_unsupported(madang: MadangProcess, strangers: dict[str, Any]) -> None:
    async with ChatClient(madang.url, strangers["ben"].token) as ben:
        reply = await ben.ask("send_message", conversation_id=1, client_id="with-bytes", text=b"bytes")
        assert reply["error"]["code"] == "unsupported"
