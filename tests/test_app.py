"""What the whole server says of itself."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from server.app import PARTS, READY_S, build_app
from server.settings import Settings

READERS = 4


async def test_a_database_that_stands_still_is_told_soon(tmp_path: Path) -> None:
    app = build_app(Settings(data_dir=tmp_path))
    async with TestClient(TestServer(app)) as client:
        goes_on = threading.Event()
        standing = [asyncio.create_task(app[PARTS].db.read(goes_on.wait)) for _ in range(READERS)]
        try:
            async with asyncio.timeout(READY_S + 60):
                answer = await client.get("/readyz")
            assert answer.status == 503
            assert await answer.json() == {"ready": False, "complaints": ["The database does not answer."]}
        finally:
            goes_on.set()
            await asyncio.gather(*standing)
        assert (await client.get("/readyz")).status == 200
