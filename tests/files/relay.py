"""A stretch of network between a program and a server, which can be cut and can stand still."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self


class Relay:
    """Listens on ``port`` of 127.0.0.1, a free one for 0, and carries all bytes to ``to_port`` and back."""

    def __init__(self, to_port: int, port: int = 0) -> None:
        self._to_port = to_port
        self.port = port
        self._goes_on = asyncio.Event()
        self._goes_on.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self._is_cut = True
        self._goes_on.set()
        self._server.close()
        for end in self._ends:
            end.transport.abort()

    def stall(self) -> None:
        """Connections are made and stay, and nothing moves."""
        self._goes_on.clear()

    def go_on(self) -> None:
        self._goes_on.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._ends |= {writer, far_writer}
        if self._is_cut:  # while this one was being made
            writer.transport.abort()
            far_writer.transport.abort()
        try:
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        finally:
            self._ends -= {writer, far_writer}
            writer.close()
            far_writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(65_536):
                await self._goes_on.wait()
                writer.write(block)
                await writer.drain()
            writer.write_eof()
