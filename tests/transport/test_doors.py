"""What the doors answer is what the protocol describes, and nothing besides: so the matrix of who may is complete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.app import PARTS, build_app
from server.protocol import chat, notifications
from server.protocol.http import ROUTES
from server.settings import Settings

# The sockets' own path, and what answers every path that nothing else does: the web app, and JSON for /api.
UNDESCRIBED = {"/socket.io/", "/{path}", "/api/{path}"}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[web.Application]:
    """The whole application, opened."""
    application = build_app(Settings(data_dir=tmp_path))
    server = TestServer(application)
    await server.start_server()
    yield application
    await server.close()


def test_every_route_is_described(app: web.Application) -> None:
    answered = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical not in UNDESCRIBED
    }
    assert answered == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize(
    ("namespace", "described"), [("/chat", chat.COMMANDS), ("/notifications", notifications.COMMANDS)]
)
def test_every_command_is_described(app: web.Application, namespace: str, described: dict[str, object]) -> None:
    assert app[PARTS].sockets.namespace_handlers[namespace].command_names == described.keys()


def test_there_are_no_other_namespaces(app: web.Application) -> None:
    assert set(app[PARTS].sockets.namespace_handlers) == {"/chat", "/notifications"}
