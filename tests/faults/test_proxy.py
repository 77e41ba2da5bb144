"""The proxy that links and services are broken with: what passes, what does not, and who hears of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from server.chaos.proxy import Proxy

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def echoing() -> AsyncIterator[Proxy]:
    """A proxy to a server that returns what it gets, and ends when it gets ``end``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while (data := await reader.read(1000)) and data != b"end":
                writer.write(data)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy("127.0.0.1", server.sockets[0].getsockname()[1])
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
        server.close()


async def connect(proxy: Proxy) -> Link:
    return await asyncio.open_connection("127.0.0.1", proxy.port)


async def echo(link: Link, data: bytes, within_s: float = 60.0) -> bytes:
    """What comes back of it in time."""
    reader, writer = link
    writer.write(data)
    found = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while len(found) < len(data):
                found += await reader.read(1000)
    return found


async def test_everything_passes_both_ways() -> None:
    async with echoing() as proxy:
        assert await echo(await connect(proxy), b"hello") == b"hello"
        assert (proxy.passed, proxy.open_links) == (10, 1)


async def test_a_cut_is_a_reset_and_the_next_connection_works() -> None:
    async with echoing() as proxy:
        link = await connect(proxy)
        await echo(link, b"hello")
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            await link[0].read(1)
        assert (proxy.cut_off, proxy.closed_by_server) == (1, 0)
        assert await echo(await connect(proxy), b"again") == b"again"


async def test_nothing_passes_a_frozen_line_and_everything_later() -> None:
    async with echoing() as proxy:
        link = await connect(proxy)
        await echo(link, b"hello")
        proxy.freeze()
        assert await echo(link, b"held", 0.2) == b""
        proxy.thaw()
        assert await link[0].read(10) == b"held"


async def test_the_end_made_by_the_server_is_counted_even_while_nobody_is_heard() -> None:
    async with echoing() as proxy:
        link = await connect(proxy)
        await echo(link, b"hello")
        proxy.freeze(to_server=False)
        assert await echo(link, b"held", 0.1) == b""
        link[1].write(b"end")
        await asyncio.sleep(0.1)
        assert proxy.closed_by_server == 0
        proxy.open_to_client()
        async with asyncio.timeout(60):
            assert await link[0].read() == b"held"
        assert proxy.closed_by_server == 1


async def test_a_slow_line_takes_its_time() -> None:
    async with echoing() as proxy:
        link = await connect(proxy)
        proxy.bytes_per_s = 50
        began = time.monotonic()
        assert await echo(link, b"0123456789") == b"0123456789"
        assert time.monotonic() - began > 10 / 50
        proxy.thaw()
        proxy.delay_s = 0.15
        began = time.monotonic()
        assert await echo(link, b"late") == b"late"
        assert time.monotonic() - began > 2 * 0.15


async def test_who_has_stopped_refuses_until_started_at_the_same_port() -> None:
    async with echoing() as proxy:
        link, port = await connect(proxy), proxy.port
        await echo(link, b"hello")
        await proxy.stop()
        with pytest.raises(ConnectionRefusedError):
            await connect(proxy)
        assert not proxy.is_open
        await proxy.start()
        assert proxy.port == port
        assert await echo(await connect(proxy), b"again") == b"again"


async def test_a_sieve_decides_what_goes_on_to_the_client() -> None:
    async with echoing() as proxy:
        proxy.new_sieve = lambda: lambda data: data.replace(b"lost", b"")
        link = await connect(proxy)
        link[1].write(b"a lost word")
        async with asyncio.timeout(60):
            assert await link[0].read(100) == b"a  word"
