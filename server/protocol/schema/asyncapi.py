"""The two Socket.IO namespaces as AsyncAPI 3.0: each a channel, with its commands, their replies and its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType

from msgspec import Struct

from server import __version__
from server.protocol import chat, notifications
from server.protocol.chat import Entry
from server.protocol.reply import Refused
from server.protocol.schema.components import Json, entry_name, entry_schemas, reference, schemas
from server.protocol.schema.words import summary_of, summary_of_command

DESCRIPTION = """\
Each channel is a Socket.IO namespace; both are carried by one connection at `/socket.io/`. Give
`auth: {token, protocol: 1}` on joining, or come with the session cookie from an allowed origin.

A command is an event from the client with one argument and an acknowledgement; it is answered exactly once with
`{ok: true, data}` or `{ok: false, error}`. Only an error with `retryable: true` may be sent again, under the same
`client_id`.

An event whose payload is a list has several arguments: the last one is the offset that stock clients keep for
connection state recovery."""

NAMESPACES: dict[str, ModuleType] = {"chat": chat, "notifications": notifications}


def asyncapi(version: str = __version__) -> Json:
    """The document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Madang over Socket.IO",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:8000", "pathname": "/socket.io/", "protocol": "socketio"}},
        "channels": {name: _channel(name, module) for name, module in NAMESPACES.items()},
        "operations": {key: one for name, module in NAMESPACES.items() for key, one in _operations(name, module)},
        "components": {"schemas": {**schemas(_used()), **entry_schemas()}},
    }


def argument_schemas(event: str, kinds: tuple[type, ...]) -> list[Json]:
    """The schema of each argument of an event."""
    first, *rest = kinds
    schema = {"$ref": f"#/components/schemas/{entry_name(event)}"} if first is Entry else reference(first)
    return [schema, *({"type": "string", "description": "The offset: opaque."} for _ in rest)]


def _channel(name: str, module: ModuleType) -> Json:
    messages: Json = {}
    for command, (takes, gives) in _commands(module).items():
        messages[command] = {
            "name": command,
            "summary": summary_of_command(command, takes),
            "payload": reference(takes),
        }
        messages[f"{command}.reply"] = {"name": f"{command}.reply", "payload": _reply(gives)}
    for event, kinds in module.EVENTS.items():
        messages[event] = {"name": event, "summary": summary_of_event(event, kinds), "payload": _payload(event, kinds)}
    return {"address": f"/{name}", "messages": messages}


def summary_of_event(event: str, kinds: tuple[type, ...]) -> str:
    """What an event tells, in a sentence or two."""
    if kinds[0] is Entry:
        data = chat.ENTRY_DATA[event]
        return summary_of(data) or f"A line of the log whose `data` is {data.__name__}."
    return summary_of(kinds[0])


def arguments_of_event(event: str, kinds: tuple[type, ...]) -> str:
    """What a listener is called with, in one line."""
    first, *rest = kinds
    name = f"Entry of {chat.ENTRY_DATA[event].__name__}" if first is Entry else first.__name__
    return ", ".join([name, *("offset" for _ in rest)])


def _operations(name: str, module: ModuleType) -> Iterator[tuple[str, Json]]:
    """What the server does: it receives commands and sends events."""
    for command in _commands(module):
        yield (
            f"{name}.{command}",
            {
                "action": "receive",
                **_where(name, command),
                "reply": _where(name, f"{command}.reply"),
            },
        )
    for event in module.EVENTS:
        yield f"{name}.{event}", {"action": "send", **_where(name, event)}


def _where(name: str, message: str) -> Json:
    channel = f"#/channels/{name}"
    return {"channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/{message}"}]}


def _payload(event: str, kinds: tuple[type, ...]) -> Json:
    items = argument_schemas(event, kinds)
    if len(items) == 1:
        return items[0]
    return {"type": "array", "items": items, "minItems": len(items), "additionalItems": False}


def _reply(gives: type[Struct]) -> Json:
    done = {
        "type": "object",
        "required": ["ok", "data"],
        "properties": {"ok": {"const": True}, "data": reference(gives)},
    }
    return {"oneOf": [done, reference(Refused)]}


def _commands(module: ModuleType) -> Mapping[str, tuple[type[Struct], type[Struct]]]:
    commands: Mapping[str, tuple[type[Struct], type[Struct]]] = module.COMMANDS
    return commands


def _used() -> list[type[Struct]]:
    kinds: list[type[Struct]] = [Refused, *chat.ENTRY_DATA.values()]
    for module in NAMESPACES.values():
        for takes, gives in _commands(module).values():
            kinds += [takes, gives]
        kinds += [arguments[0] for arguments in module.EVENTS.values()]
    return list(dict.fromkeys(kinds))
