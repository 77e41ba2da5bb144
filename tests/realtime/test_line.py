"""One connection to Redis, on either event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from server.realtime.line import TROUBLE, Line
from tests.redis_under_test import RedisProcess


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_only_who_waits_for_replies_hears_that_it_has_ended(tmp_path: Path, new_loop: object) -> None:
    with RedisProcess(tmp_path / "redis") as redis, asyncio.Runner(loop_factory=new_loop) as runner:  # type: ignore[arg-type]
        runner.run(_ends(redis))


async def _ends(redis: RedisProcess) -> None:
    line = await Line.open(redis.url, 1)
    line.send([("PING",)])
    assert await line.replies() == [b"PONG"]
    await asyncio.to_thread(redis.kill)
    async with asyncio.timeout(60):
        while not line._writer.transport.is_closing():
            line.send([("PING",)])
            await asyncio.sleep(0)
        for _ in range(10):
            line.send([("PING",)])
            await asyncio.sleep(0.001)
        with pytest.raises(TROUBLE):
            await line.replies()
    line.close()
