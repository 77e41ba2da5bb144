"""The samples of ``tests/samples`` as typed TypeScript, so that the compiler holds them against the types."""

from __future__ import annotations

from pathlib import Path

from server.protocol.http import ROUTES, Route

FOLDER = "tests/samples"

HEAD = """\
// Generated from tests/samples by `python -m server.protocol.schema`. Do not edit: a test fails when the two differ.
// One sample of every command, reply, event and HTTP body; for tests only, the package does not export them.
"""

TYPES = """\
type Commands<Of> = {
  [Name in keyof Of]: Of[Name] extends (payload: infer Payload, ack: Ack<infer Data>) => void
    ? { payload: Payload; data: Data }
    : never
}
type Events<Of> = { [Name in keyof Of]: Of[Name] extends (...args: infer Args) => void ? Args : never }
"""

NAMED = {
    "chat_commands": ("chatCommands", "Commands<ChatCommands>"),
    "chat_events": ("chatEvents", "Events<ChatEvents>"),
    "notification_commands": ("notificationCommands", "Commands<NotificationCommands>"),
    "notification_events": ("notificationEvents", "Events<NotificationEvents>"),
    "refusals": ("refusals", "Record<ErrorCode, ErrorBody>"),
}
"""Each file of samples, with its name and type in TypeScript; ``http`` is typed by the table of routes."""


def samples_typescript(root: Path) -> str:
    """The whole of ``samples.ts``."""
    kinds = sorted({name for route in ROUTES for name in (_body(route), _answer(route)) if name})
    own = ["Ack", "ChatCommands", "ChatEvents", "ErrorBody", "ErrorCode", "NotificationCommands", "NotificationEvents"]
    imports = "".join(f"  {name},\n" for name in sorted({*own, *kinds}, key=str.lower))
    parts = [f"{HEAD}\nimport type {{\n{imports}}} from './types'\n", TYPES]
    for file, (name, kind) in NAMED.items():
        parts.append(f"export const {name}: {kind} = {_held(root, file)}\n")
    parts.append(f"export const http: {{\n{_http_type()}}} = {_held(root, 'http')}\n")
    return "\n".join(parts)


def _http_type() -> str:
    lines = []
    for route in ROUTES:
        parts = [f"{key}: {kind}" for key, kind in (("body", _body(route)), ("answer", _answer(route))) if kind]
        if parts:
            lines.append(f"  {route.name}: {{ {'; '.join(parts)} }}\n")
    return "".join(lines)


def _body(route: Route) -> str:
    return route.takes.__name__ if isinstance(route.takes, type) else ""


def _answer(route: Route) -> str:
    return route.gives.__name__ if isinstance(route.gives, type) else ""


def _held(root: Path, file: str) -> str:
    return (root / FOLDER / f"{file}.json").read_text(encoding="utf-8").strip()
