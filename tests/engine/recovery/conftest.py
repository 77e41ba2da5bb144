"""``stage`` opens a server that has neither ghost nor claim left when it is closed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from aiohttp import web

from server.engine import Limits, Recovery
from tests.engine.recovery.stage import Stage
from tests.engine.running import Visitor, serving

OpenStage = Callable[..., AbstractAsyncContextManager[tuple[Stage, Visitor]]]


@pytest.fixture
def opened() -> OpenStage:
    @contextlib.asynccontextmanager
    async def opened(*, recovery: Recovery | None = None, **limits: Any) -> AsyncIterator[tuple[Stage, Visitor]]:
        stage = Stage(Limits(**limits), recovery)
        app = web.Application()
        stage.server.attach(app)
        async with serving(app, "socket.io") as visitor:
            yield stage, visitor
            await stage.server.drain()
        assert not stage.server.eio.sockets
        assert not stage.server.environ
        assert not stage.server.manager._members
        assert not stage.server.manager._rooms
        recalls = stage.server._recalls
        assert not any(recalls._holders.values())
        assert not recalls._awaited
        assert not recalls._attempts

    return opened
