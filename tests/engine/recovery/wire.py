"""A wire between client and server that a test can cut, so that both hear of it or only one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Wire:
    """Passes on what comes on ``port`` to ``target`` and back."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._is_silent: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_down = False
        self.port = 0

    async def accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        if self._is_down:
            client.transport.abort()
            return
        back, server = await asyncio.open_connection("127.0.0.1", self._target)
        self._pairs.append((client, server))
        for source, sink in ((reader, server), (back, client)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def cut(self, *, silently: bool) -> None:
        """Ends every connection of the client, and each new one until ``mend``.

        ``silently``: the server hears nothing of it.
        """
        self._is_down = True
        for client, server in self._pairs:
            client.transport.abort()
            if silently:
                self._is_silent.add(server)
            else:
                server.transport.abort()

    def mend(self) -> None:
        """Lets the client through again."""
        self._is_down = False

    async def close(self) -> None:
        """Lets everything go."""
        self.cut(silently=False)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                # To a side that is gone it goes nowhere, like on a wire that is cut.
                if not sink.is_closing():
                    sink.write(data)
        if sink not in self._is_silent:
            sink.close()


@contextlib.asynccontextmanager
async def wired(target: int) -> AsyncIterator[Wire]:
    """A wire to a port of this machine."""
    wire = Wire(target)
    server = await asyncio.start_server(wire.accept, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    async with server:
        yield wire
        server.close()
        await wire.close()
