"""A bare server in this process and a crowd of clients in another, each on its core."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from server.engine import Limits, SocketServer
from tests.prove.proof import LOAD_CORE, ROOT, SERVER_CORE

ROOM = "all"


class House:
    """A server with ``/plain``: all are in one room, ``echo`` answers what it gets; ``left`` has the reasons."""

    def __init__(self, limits: Limits) -> None:
        self.server = SocketServer(["/plain"], limits=limits)
        self.port = 0
        self.left: list[str] = []
        self.echoed: list[Any] = []
        self.server.on("connect", self._connect, "/plain")
        self.server.on("disconnect", self._disconnect, "/plain")
        self.server.on("echo", self._echo, "/plain")

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        await self.server.enter_room(sid, ROOM, namespace="/plain")

    async def _disconnect(self, sid: str, reason: str) -> None:
        self.left.append(reason)

    async def _echo(self, sid: str, *arguments: Any) -> tuple[Any, ...]:
        await asyncio.sleep(0)
        self.echoed.append(arguments)
        return arguments

    async def says(self, data: Any) -> None:
        """A broadcast to everybody."""
        await self.server.emit("said", data, room=ROOM, namespace="/plain")

    async def empty(self) -> None:
        """Returns when everybody has gone."""
        while self.server.eio.sockets or self.server.manager._members:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def serving(limits: Limits | None = None) -> AsyncIterator[House]:
    """A house that is open while inside, on the server's core."""
    os.sched_setaffinity(0, {SERVER_CORE})
    house = House(limits or Limits())
    app = web.Application()
    house.server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    house.port = runner.addresses[0][1]
    try:
        yield house
    finally:
        await runner.cleanup()


class Crowd:
    """Clients in a process of their own; see ``tests.prove.crowd`` for what they can be asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def asked(self, **what: Any) -> dict[str, Any]:
        """Does it, and returns what the crowd says when it is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the crowd has died")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.asynccontextmanager
async def crowd_of(port: int, count: int) -> AsyncIterator[Crowd]:
    """So many clients, joined, on the other core."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove.crowd", str(port), str(LOAD_CORE)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    crowd = Crowd(process)
    try:
        await crowd.asked(join=count)
        yield crowd
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
