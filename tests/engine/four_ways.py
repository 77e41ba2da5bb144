"""What runs in all four ways: asyncio and uvloop, with and without taking the transport over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops a test runs in."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=[True, False], ids=["taken over", "left with aiohttp"])
def take_over(request: pytest.FixtureRequest) -> bool:
    """Whose the transport is after a handshake."""
    return bool(request.param)
