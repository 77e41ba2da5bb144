"""A cable between clients and a server, which a test may cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Cable:
    """Passes bytes on to 127.0.0.1:``far``, from ``port``."""

    def __init__(self, far: int) -> None:
        self.port = 0
        self._far = far
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Every connection through it is lost without a word; new ones may be made."""
        for end in self._ends:
            end.transport.abort()

    async def joins(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far)
        self._ends |= {writer, far_writer}
        await asyncio.gather(_passed(reader, far_writer), _passed(far_reader, writer))
        self._ends -= {writer, far_writer}


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[Cable]:
    """A cable to a server on this machine."""
    cable = Cable(port)
    listener = await asyncio.start_server(cable.joins, "127.0.0.1", 0)
    cable.port = listener.sockets[0].getsockname()[1]
    try:
        yield cable
    finally:
        listener.close()
        cable.cut()
        await listener.wait_closed()
