"""An operator's own services, seen through proxies: what happens to a proxy happens to nobody but the run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from server.chaos.proxy import Proxy
from server.storage.postgres_connection import RawConnection
from server.storage.throwaway import Throwaway, in_transaction

AWAY_S = 1.0


class RedisByProxy:
    """Their Redis, each worker by a line of its own: nothing in it is emptied, and nobody else is cut off."""

    can_flush = False

    def __init__(self, lines: Sequence[Proxy]) -> None:
        self._lines = lines

    async def kill(self) -> str:
        links = sum(line.open_links for line in self._lines)
        await asyncio.gather(*(line.stop() for line in self._lines))
        return f"{links} connections to Redis were cut, and new ones refused" if links else ""

    async def start(self) -> None:
        await asyncio.gather(*(line.start() for line in self._lines if not line.is_open))

    async def freeze(self) -> str:
        links = sum(line.open_links for line in self._lines)
        for line in self._lines:
            line.freeze()
        return f"{links} connections to Redis stood still" if links else ""

    async def thaw(self) -> None:
        for line in self._lines:
            line.thaw()

    async def flush(self) -> str:
        """Never: it is theirs."""
        return ""

    async def kick(self) -> str:
        cut = sum(line.cut() for line in self._lines)
        return f"{cut} connections to Redis were cut" if cut else ""


class PostgresByProxy:
    """A database of the run's own on their PostgreSQL, which goes on for everybody else."""

    can_restart = True

    def __init__(self, database: Throwaway, line: Proxy) -> None:
        self._database = database
        self._line = line
        self._watching: RawConnection | None = None

    async def restart(self, mode: str) -> str:
        links = self._line.open_links
        await self._line.stop()
        await asyncio.sleep(AWAY_S)
        await self._line.start()
        return f"{links} connections to PostgreSQL were cut, and new ones refused for {AWAY_S:.0f} s" if links else ""

    async def end_backends(self) -> str:
        ended = await asyncio.to_thread(self._database.end_backends)
        return f"{ended} backends were ended" if ended else ""

    async def in_transaction(self) -> set[int]:
        if self._watching is None:
            self._watching = await asyncio.to_thread(self._database.watch)
        return await asyncio.to_thread(in_transaction, self._watching)

    async def close(self) -> None:
        """Ends the connection that watches."""
        if self._watching is not None:
            await asyncio.to_thread(self._watching.close)
            self._watching = None
