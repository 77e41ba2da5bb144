"""Each sample is what the types on the wire say, and says the same again when it is sent."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import msgspec
import pytest

from server import errors
from server.errors import CODES, ChatError
from server.protocol import chat, notifications
from server.protocol.base import decode_json
from server.protocol.chat import ENTRY_DATA, Entry
from server.protocol.http import ROUTES, Route
from server.protocol.reply import ErrorBody, accepted, error_body, refused
from tests.protocol.stored import stored

NAMESPACES = [(chat, "chat"), (notifications, "notification")]
COMMANDS = [(module, file, name) for module, file in NAMESPACES for name in module.COMMANDS]
EVENTS = [(module, file, name) for module, file in NAMESPACES for name in module.EVENTS]


def said_again(value: Any, kind: type) -> Any:
    """A value as a ``kind``, sent over the wire and read there."""
    return json.loads(msgspec.json.encode(msgspec.json.decode(json.dumps(value), type=kind)))


@pytest.mark.parametrize(("module", "file"), NAMESPACES)
def test_there_is_a_sample_for_each_command_and_event_and_none_besides(module: ModuleType, file: str) -> None:
    assert list(stored(f"{file}_commands")) == list(module.COMMANDS)
    assert list(stored(f"{file}_events")) == list(module.EVENTS)


@pytest.mark.parametrize(("module", "file", "name"), COMMANDS)
def test_a_command_s_sample_is_understood(module: ModuleType, file: str, name: str) -> None:
    takes, gives = module.COMMANDS[name]
    sample = stored(f"{file}_commands")[name]
    command = decode_json(json.dumps(sample["payload"]), takes)
    assert sample["payload"].items() <= msgspec.to_builtins(command).items()
    assert said_again(sample["data"], gives) == sample["data"]


@pytest.mark.parametrize(("module", "file", "name"), EVENTS)
def test_an_event_s_sample_is_understood(module: ModuleType, file: str, name: str) -> None:
    kinds = module.EVENTS[name]
    sample = stored(f"{file}_events")[name]
    assert len(sample) == len(kinds)
    for argument, kind in zip(sample, kinds, strict=True):
        assert said_again(argument, kind) == argument


@pytest.mark.parametrize("kind", ENTRY_DATA)
def test_an_entry_carries_what_its_kind_names(kind: str) -> None:
    entry = msgspec.convert(stored("chat_events")[kind][0], Entry)
    assert entry.kind == kind
    assert said_again(entry.data, ENTRY_DATA[kind]) == entry.data


def test_the_changes_of_an_account_carry_what_their_events_carry() -> None:
    sample = stored("chat_commands")["fetch_account_changes"]["data"]
    for change in msgspec.convert(sample, chat.AccountChanges).changes:
        (kind,) = chat.EVENTS[change.event]
        assert said_again(change.data, kind) == change.data


@pytest.mark.parametrize("route", [route for route in ROUTES if route.takes or isinstance(route.gives, type)])
def test_the_bodies_of_http_have_their_samples(route: Route) -> None:
    sample = stored("http").get(route.name, {})
    if isinstance(route.takes, type):
        assert decode_json(json.dumps(sample["body"]), route.takes)
    if isinstance(route.gives, type):
        assert said_again(sample["answer"], route.gives) == sample["answer"]


def test_each_refusal_has_its_sample_and_says_whether_trying_again_can_help() -> None:
    samples = stored("refusals")
    kinds = {
        kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ChatError)
    }
    assert tuple(samples) == CODES
    for code, sample in samples.items():
        body = msgspec.convert(sample, ErrorBody)
        raised = kinds[code](body.message, field=body.field, retry_after_ms=body.retry_after_ms)
        assert msgspec.to_builtins(error_body(raised)) == sample


def test_the_one_reply_is_ok_or_not() -> None:
    done = json.loads(msgspec.json.encode(accepted(chat.EntryAppended(seq=3))))
    assert done == {"ok": True, "data": {"seq": 3}}
    not_done = json.loads(msgspec.json.encode(refused(errors.Invalid("`seq` is missing.", field="seq"))))
    assert not_done == {
        "ok": False,
        "error": {"code": "invalid", "message": "`seq` is missing.", "retryable": False, "field": "seq"},
    }
