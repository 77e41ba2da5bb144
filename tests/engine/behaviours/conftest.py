"""Everything here runs in all four ways."""

from tests.engine.four_ways import pytest_asyncio_loop_factories, take_over

__all__ = ["pytest_asyncio_loop_factories", "take_over"]
