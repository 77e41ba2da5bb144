"""Everything here runs in all four ways; ``opened`` is a server that has nothing left when it is closed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from server.engine.limits import Limits
from tests.engine.abuse.hall import Hall, OpenHall
from tests.engine.abuse.yard import Open, Yard
from tests.engine.four_ways import pytest_asyncio_loop_factories, take_over
from tests.engine.running import Visitor, serving

__all__ = ["hall", "opened", "pytest_asyncio_loop_factories", "take_over"]


@pytest.fixture
def opened(take_over: bool) -> Open:
    @contextlib.asynccontextmanager
    async def opened(*, origins: list[str] | None = None, **limits: Any) -> AsyncIterator[tuple[Yard, Visitor]]:
        yard = Yard(replace(Limits(take_over=take_over), **limits), origins or [])
        app = web.Application()
        yard.server.attach(app)
        async with serving(app, "engine.io") as visitor:
            yield yard, visitor
            yard.gate.set()
            await yard.server.drain()
        assert not yard.server.sockets
        assert not yard.server.house.transports
        assert yard.server.house.outflow.unsent_total == 0

    return opened


@pytest.fixture
def hall(take_over: bool) -> OpenHall:
    """A Socket.IO server that has no ghost when it is closed."""

    @contextlib.asynccontextmanager
    async def opened(**limits: Any) -> AsyncIterator[tuple[Hall, Visitor]]:
        hall = Hall(replace(Limits(take_over=take_over), **limits))
        app = web.Application()
        hall.server.attach(app)
        async with serving(app, "socket.io") as visitor:
            yield hall, visitor
            hall.gate.set()
            await hall.server.drain()
        assert not hall.server.eio.sockets
        assert not hall.server.environ
        rooms = hall.server.manager
        assert not rooms._members
        assert not rooms._rooms
        assert not rooms.callbacks

    return opened
