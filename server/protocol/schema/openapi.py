"""The HTTP interface as OpenAPI 3.1, from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from server import __version__
from server.protocol.http import ROUTES, HttpError, Readiness, Route
from server.protocol.schema.components import Json, reference, schemas

DESCRIPTION = """\
What goes over HTTP beside the sockets: accounts, sessions and files; and all that a bot needs without a socket. A
session's token is sent as
`Authorization: Bearer`, or lies in the cookie `madang_session`; the cookie counts only from an allowed origin wherever
something is changed.

A refusal is `{error: {code, message, retryable, retry_after_ms?, field?}}` with a fitting status. Times are UTC
milliseconds, names are snake_case, every object may gain fields, unknown fields in a request are refused.

`GET /api/v1/stream` and `GET /api/v1/events` tell what happens to an account: the entries of its conversations and its
notifications, under the same names and with the same payloads as the sockets' events; the offset is the event's `id`.
In the stream there are also `ready` (`InboxReady`: the first event, or the first behind what was missed), `counts`
(`Counts`), `reset` (`StreamReset`; in the poll too) and `draining` (`Draining`). Each event comes once; whoever goes on
from an id gets all that followed it, in order, from any worker and after a restart, or a `reset`."""

PARAMETERS = {
    "/api/v1/sessions/{id}": {
        "id": ("string", "The number of a session, `current`, or `others` for all but this one.")
    },
    "": {
        "id": ("integer", "Its number."),
        "key": ("string", "What ends `Location`."),
        "name": ("string", "The file's name; any name gives the same file."),
        "code": ("string", "The code of a link."),
    },
}
"""What stands in a path, by path; the others are under the empty one."""

QUERIES = {
    "download_file": {"link": "From `POST /api/v1/files/{id}/link`: opens the file without a session."},
    "file_thumbnail": {"link": "The same link opens the thumbnail."},
    "list_conversations": {"limit": "At most so many, 1 to 200.", "cursor": "From the page before."},
    "list_messages": {
        "before_seq": "Those just older.",
        "after_seq": "Those just newer.",
        "around_seq": "Those around.",
        "limit": "At most so many, 1 to 100.",
    },
    "stream": {
        "only": "`notifications`: these alone.",
        "after": "An id, as the header `Last-Event-ID`, which goes before it.",
    },
    "poll_events": {
        "after": "The `offset` of the answer before; without it the answer comes at once, with the newest.",
        "only": "`notifications`: these alone.",
        "timeout": "How many seconds to wait at most, 0 to 25.",
    },
    "account_picture": {"v": "The version that `picture_url` names; under it the picture never changes."},
}
"""What may stand behind a path, by route; all of it may be left out."""

WHO = {
    "anyone": "anyone",
    "account": "whoever is signed in",
    "inside": "members of the conversation",
    "member": "whoever uploaded the file, members of a conversation that holds it, and holders of a link to it",
    "operator": "admins of the server, and programs on its own machine (`MADANG_METRICS_ACCESS`)",
}
"""Who may use a route, in words."""

_TAGS = {
    "accounts": "Accounts and sessions",
    "bots": "Conversations and what happens in them",
    "files": "Files",
    "server": "The server",
}
_BOTS = ("/api/v1/conversations", "/api/v1/stream", "/api/v1/events")
_PARAMETER = re.compile(r"{(\w+)}")


def openapi(version: str = __version__) -> Json:
    """The document."""
    paths: Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Madang over HTTP",
            "version": version,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": title} for name, title in _TAGS.items()],
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "madang_session"},
            },
            "responses": {"Refused": _json_response("Why not.", HttpError)},
            "schemas": schemas(_used()),
        },
    }


def tag_of(route: Route) -> str:
    """Under which heading a route stands."""
    if "/files" in route.path or "/uploads" in route.path:
        return "files"
    if route.path.startswith(_BOTS):
        return "bots"
    return "accounts" if route.path.startswith("/api/") and route.name != "welcome" else "server"


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"For {WHO[route.who]}.",
        "tags": [tag_of(route)],
    }
    parameters = [_parameter(route.path, name) for name in _PARAMETER.findall(route.path)]
    parameters += [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}
        for name, description in QUERIES.get(route.name, {}).items()
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        operation["requestBody"] = _request_body(route.takes)
    operation["responses"] = dict(_responses(route))
    if route.who == "anyone":
        operation["security"] = []
    return operation


def _parameter(path: str, name: str) -> Json:
    kind, description = PARAMETERS.get(path, {}).get(name) or PARAMETERS[""][name]
    return {"name": name, "in": "path", "required": True, "schema": {"type": kind}, "description": description}


def _request_body(takes: type[Struct] | str) -> Json:
    if takes == "application/offset+octet-stream":
        return {"required": True, "content": {takes: {"schema": {"type": "string", "format": "binary"}}}}
    if isinstance(takes, str):
        part = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
        return {"required": True, "content": {takes: {"schema": part}}}
    return {"required": True, "content": {"application/json": {"schema": reference(takes)}}}


def _responses(route: Route) -> Iterator[tuple[str, Json]]:
    if route.gives is None:
        yield str(route.status), {"description": "Done."}
    elif isinstance(route.gives, str):
        yield str(route.status), {"description": "The content.", "content": {route.gives: {}}}
    else:
        yield str(route.status), _json_response("Done.", route.gives)
    if route.gives is Readiness:
        yield "503", _json_response("Not now.", Readiness)
    yield "default", {"$ref": "#/components/responses/Refused"}


def _json_response(description: str, kind: type[Struct]) -> Json:
    return {"description": description, "content": {"application/json": {"schema": reference(kind)}}}


def _used() -> list[type[Struct]]:
    bodies = [kind for route in ROUTES for kind in (route.takes, route.gives) if isinstance(kind, type)]
    return list(dict.fromkeys([*bodies, HttpError]))
