"""Somebody who only reads while nobody can write: their connection has nothing before it that waits."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from server.chaos.nemeses.nemesis import Scene
from server.chaos.wire import NoAnswer, Wire

EVERY_S = 0.1
LONGEST_S = 2.0


class Reading:
    """Reads from the first worker, again and again, as the host of all groups. ``answered`` counts the pages.

    A client's commands are carried out in their order, so people's own reads stand behind the writes that wait.
    """

    def __init__(self, scene: Scene) -> None:
        self.answered = 0
        self._scene = scene
        self._wire = Wire(lambda name, arguments: None, lambda reason: None)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        scene = self._scene
        auth = {"token": scene.cast.host.token, "protocol": 1}
        await self._wire.open(scene.http, scene.setup.workers[0].address, auth)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._wire.close()

    async def _read(self) -> None:
        room = next(room.id for room in self._scene.cast.rooms if not room.direct)
        while True:
            with contextlib.suppress(NoAnswer):
                reply = await self._wire.ask("fetch_entries", {"conversation_id": room, "after_seq": 0}, LONGEST_S)
                self.answered += reply["ok"]
            await asyncio.sleep(EVERY_S)
