"""Reading on behind the last position, all the time, as followers and workers do: what passes by is lost to them."""

from __future__ import annotations

import asyncio
import contextlib

from msgspec.structs import replace

from server.chaos import history, read_back
from server.errors import ChatError
from server.storage.database import Database
from server.storage.unit import fetch_all

SOURCE = "a follower"
EVERY_S = 0.01
PAGE = 1000


class Reader:
    """Follows the log from ``start`` to ``finals``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._position = 0
        self._seen: set[tuple[int, int]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """From the beginning of the log on."""
        self._task = asyncio.create_task(self._run(), name="reader of positions")

    async def stop(self) -> None:
        """Reads no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def finals(self) -> list[history.Final]:
        """The conversations as they have gone by, when the log is read to its end."""
        await self.stop()
        while await self._look():
            pass
        stored = await read_back.from_database(self._database)
        return [
            history.Final(
                source=SOURCE,
                conversation_id=final.conversation_id,
                entries=[replace(entry) for entry in final.entries if (entry.conversation_id, entry.seq) in self._seen],
            )
            for final in stored
        ]

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(ChatError):  # the database is away, or held
                await self._look()
            await asyncio.sleep(EVERY_S)

    async def _look(self) -> int:
        rows = await self._database.read(_behind, self._position)
        for position, conversation_id, seq in rows:
            self._position = position
            self._seen.add((conversation_id, seq))
        return len(rows)


def _behind(position: int) -> list[tuple[int, int, int]]:
    return fetch_all(
        "select position, conversation_id, seq from entry where position > ? order by position limit ?",
        (position, PAGE),
    )
