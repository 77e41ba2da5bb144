"""A TCP proxy on loopback that can be cut, frozen, slowed and made to swallow what passes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable

PIECE = 65_536
_SMALL_BUFFER = 16_384

Sieve = Callable[[bytes], bytes]
"""What comes from the server, in order; what it returns goes on to the client."""


class Proxy:
    """Leads to ``host:port``, or to a Unix socket at ``path``. Runs between ``start`` and ``stop``.

    ``cut_off`` counts connections that it ended, ``passed`` bytes that went through, ``closed_by_server`` the ends
    that came from there. With ``small`` buffers somebody who does not read is felt at the other end soon.
    """

    def __init__(self, host: str = "", port: int = 0, *, path: str = "", small: bool = False) -> None:
        self.target = (host, port)
        self.path = path
        self.port = 0
        self.cut_off = 0
        self.passed = 0
        self.closed_by_server = 0
        self.delay_s = 0.0
        self.bytes_per_s = 0.0
        self.new_sieve: Callable[[], Sieve] | None = None
        """Makes the sieve of each connection; for those that are opened from then on."""
        self._small = small
        self._to_server, self._to_client = asyncio.Event(), asyncio.Event()
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Takes connections, on the same port as before."""
        self.thaw()
        self._server = await asyncio.start_server(self._link, "127.0.0.1", self.port, limit=PIECE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuses connections and ends those that are there, as a machine that has gone does."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()
        await asyncio.gather(*self._links, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        """Whether it takes connections."""
        return self._server is not None

    @property
    def open_links(self) -> int:
        """Connections that pass through now."""
        return len(self._links)

    def cut(self) -> int:
        """Ends all connections with a reset; how many there were."""
        found = len(self._links)
        self.cut_off += found
        for writer in list(self._writers):
            transport = writer.transport
            _reset(transport)
            transport.abort()
        for link in list(self._links):
            link.cancel()
        return found

    def freeze(self, *, to_server: bool = True, to_client: bool = True) -> None:
        """Nothing passes any more, and nobody is told."""
        for gate, closed in ((self._to_server, to_server), (self._to_client, to_client)):
            if closed:
                gate.clear()

    def open_to_client(self) -> None:
        """What the server has sent, and its end, comes through again."""
        self._to_client.set()

    def thaw(self) -> None:
        """Everything passes as it comes."""
        self._to_server.set()
        self._to_client.set()
        self.delay_s = self.bytes_per_s = 0.0

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        self._writers.add(writer)
        server_writer: asyncio.StreamWriter | None = None
        try:
            server_reader, server_writer = await self._connect()
            self._writers.add(server_writer)
            sieve = self.new_sieve() if self.new_sieve else None
            out = asyncio.ensure_future(self._pump(reader, server_writer, self._to_server, None))
            back = asyncio.ensure_future(self._pump(server_reader, writer, self._to_client, sieve))
            try:
                await asyncio.wait((out, back), return_when=asyncio.FIRST_COMPLETED)
                if back.done() and not out.done():
                    self.closed_by_server += 1
            finally:
                out.cancel()
                back.cancel()
                await asyncio.gather(out, back, return_exceptions=True)
        except OSError:
            pass
        except asyncio.CancelledError:
            pass  # cut: nobody waits for this task
        finally:
            self._links.discard(task)
            for one in filter(None, (writer, server_writer)):
                self._writers.discard(one)
                one.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path:
            return await asyncio.open_unix_connection(self.path, limit=PIECE)
        if not self._small:
            return await asyncio.open_connection(*self.target, limit=PIECE)
        raw = socket.socket()
        raw.setblocking(False)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        try:
            await asyncio.get_running_loop().sock_connect(raw, self.target)
        except BaseException:
            raw.close()
            raise
        return await asyncio.open_connection(sock=raw, limit=_SMALL_BUFFER)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event, sieve: Sieve | None
    ) -> None:
        with contextlib.suppress(OSError):
            while True:
                # The gate comes first: bytes that nobody takes stay with the sender, as on a line that has gone quiet.
                await gate.wait()
                data = await reader.read(1 if self.bytes_per_s else PIECE)
                if not data:
                    return
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                elif self.bytes_per_s:
                    await asyncio.sleep(1 / self.bytes_per_s)
                await gate.wait()
                if sieve is not None:
                    data = sieve(data)
                self.passed += len(data)
                writer.write(data)
                await writer.drain()


def _reset(transport: asyncio.WriteTransport) -> None:
    """Makes the end that follows a reset: whoever is told so drops what it still has to send."""
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(raw.fileno())) as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
