"""Fetching from strangers: within bounds, as nobody in particular, and never to a hidden machine."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from server.followers.fetching import MAX_REDIRECTS, USER_AGENT
from tests.followers.web import HIDDEN, OPEN, Web

HTML = ("text/html",)


@pytest.fixture
async def net() -> AsyncIterator[Web]:
    async with Web() as net:
        yield net


async def get(net: Web, url: str, *, max_bytes: int = 10_000, timeout_s: float = 6.0, **more: object) -> bytes | None:
    fetcher = net.fetcher(timeout_s=timeout_s, **more)  # type: ignore[arg-type]
    try:
        found = await fetcher.get(url, HTML, max_bytes)
    finally:
        await fetcher.close()
    return found.content if found else None


async def test_a_page_is_fetched_as_nobody_in_particular(net: Web) -> None:
    net.page("/", "hello", **{"Set-Cookie": "who=you"})
    fetcher = net.fetcher()
    for _ in range(2):
        found = await fetcher.get(net.url("/"), HTML, 100)
        assert found is not None
        assert (found.content, found.whole, found.charset) == (b"hello", True, "utf-8")
    await fetcher.close()
    for request in net.asked[OPEN]:
        assert request.headers["User-Agent"] == USER_AGENT
        assert not {"Cookie", "Referer", "Authorization"} & request.headers.keys()
    assert net.resolved == ["news.example"] * 2, "once for each connection"


@pytest.mark.parametrize("host", [HIDDEN, "127.0.0.3", "[::1]", "inside.example", "localhost", "2130706434"])
async def test_a_hidden_machine_is_never_asked(net: Web, host: str) -> None:
    net.page("/", "secret")
    net.names["inside.example"] = [[HIDDEN]]
    net.names["localhost"] = net.names["2130706434"] = [[HIDDEN]]
    assert await get(net, f"http://{host}:{net.port}/") is None
    assert net.asked[HIDDEN] == []


async def test_a_redirect_to_a_hidden_machine_is_not_followed(net: Web) -> None:
    net.page("/secret", "secret")
    net.names["inside.example"] = [[HIDDEN]]
    for to in (f"http://{HIDDEN}:{net.port}/secret", f"http://inside.example:{net.port}/secret", "file:///etc/passwd"):
        net.redirect("/", to)
        assert await get(net, net.url("/")) is None
    assert net.asked[HIDDEN] == []


async def test_a_name_that_moves_to_a_hidden_machine_gains_nothing(net: Web) -> None:
    net.page("/", "hello")
    net.names["turns.example"] = [[OPEN], [HIDDEN]]
    url = net.url("/", "turns.example")
    assert await get(net, url) == b"hello", "the connection goes where the one look said"
    assert await get(net, url) is None, "the next one is looked at again"
    assert net.asked[HIDDEN] == []
    assert net.resolved == ["turns.example"] * 2


async def test_redirects_are_followed_so_far(net: Web) -> None:
    net.page("/there", "hello")
    net.redirect("/here", "/there")
    assert await get(net, net.url("/here")) == b"hello"
    net.redirect("/round", "/round")
    net.asked.clear()
    assert await get(net, net.url("/round")) is None
    assert len(net.asked[OPEN]) == 1 + MAX_REDIRECTS


async def test_other_ports_and_addresses_with_names_are_not_asked(net: Web) -> None:
    net.page("/", "hello")
    assert await get(net, net.url("/"), ports=frozenset({80, 443})) is None
    assert await get(net, net.url("/").replace("http://", "http://user:secret@")) is None
    assert await get(net, "ftp://news.example/") is None
    assert await get(net, "http://") is None
    assert net.asked[OPEN] == []


async def test_no_more_is_read_than_was_asked_for(net: Web) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse(headers={"Content-Type": "text/html"})
        await answer.prepare(request)
        while sent < 50_000_000:
            await answer.write(b"x" * 65536)
            sent += 65536
        return answer

    net.pages["/"] = endless
    assert await get(net, net.url("/"), max_bytes=1000) == b"x" * 1000
    assert sent < 50_000_000


async def test_what_takes_too_long_is_left(net: Web) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/html"})
        await answer.prepare(request)
        await asyncio.sleep(60)
        return answer

    net.pages["/"] = silent
    async with asyncio.timeout(60):
        assert await get(net, net.url("/"), timeout_s=0.3) is None


async def test_other_kinds_packed_answers_and_refusals_are_left(net: Web) -> None:
    net.page("/picture", "x", "image/png")
    net.page("/packed", gzip.compress(b"hello"), **{"Content-Encoding": "gzip"})
    for path in ("/picture", "/packed", "/missing"):
        assert await get(net, net.url(path)) is None
