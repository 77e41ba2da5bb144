"""Pages of other sites: refused at every door of the sockets, their borrowed cookie too; listed pages are let in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

FRIEND = "https://app.example.net"
STRANGER = "https://evil.example"
# Without it a browser shows the page nothing, whatever else the answer allows.
CORS = "Access-Control-Allow-Origin"


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """A server that knows one other site."""
    folder: Path = tmp_path_factory.mktemp("origins")
    with MadangProcess(folder / "data", allowed_origins=FRIEND) as server:
        yield server


@pytest.fixture(scope="module")
def ana(madang: MadangProcess) -> Person:
    return make_people_in(madang.data_dir, "ana")["ana"]


@pytest.fixture
async def http(madang: MadangProcess) -> AsyncIterator[aiohttp.ClientSession]:
    # Cookies are sent by hand: a jar would hide when they count.
    async with aiohttp.ClientSession(madang.url, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def own_origins(madang: MadangProcess) -> list[str]:
    return [f"http://127.0.0.1:{madang.port}", f"http://localhost:{madang.port}"]


def sent(origin: str, person: Person | None = None) -> dict[str, str]:
    """What a browser sends with a page's request."""
    return {"Origin": origin} | ({"Cookie": f"madang_session={person.token}"} if person else {})


async def polled(http: aiohttp.ClientSession, headers: dict[str, str]) -> str:
    """What joining /chat by polling is answered with."""
    polling = "/socket.io/?EIO=4&transport=polling"
    async with http.get(polling, headers=headers) as opened:
        assert opened.status == 200, await opened.text()
        assert opened.headers[CORS] == headers["Origin"]
        sid = json.loads((await opened.text())[1:])["sid"]
    async with http.post(f"{polling}&sid={sid}", data="40/chat,{}", headers=headers) as joined:
        assert joined.status == 200
    async with http.get(f"{polling}&sid={sid}", headers=headers) as answer:
        return await answer.text()


async def by_websocket(http: aiohttp.ClientSession, headers: dict[str, str]) -> str:
    """What joining /chat by WebSocket is answered with."""
    async with http.ws_connect("/socket.io/?EIO=4&transport=websocket", headers=headers) as socket:
        assert (await socket.receive_str()).startswith("0")
        await socket.send_str("40/chat,{}")
        return await socket.receive_str()


async def test_a_strangers_page_is_refused_at_both_handshakes(http: aiohttp.ClientSession, ana: Person) -> None:
    for headers in (sent(STRANGER), sent(STRANGER, ana), sent("null", ana)):
        async with http.get("/socket.io/?EIO=4&transport=polling", headers=headers) as answer:
            assert answer.status == 403
            assert CORS not in answer.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await by_websocket(http, headers)
        assert refusal.value.status == 403
        assert CORS not in (refusal.value.headers or {})


async def test_listed_and_own_pages_come_in_with_the_cookie(
    madang: MadangProcess, http: aiohttp.ClientSession, ana: Person
) -> None:
    for origin in (FRIEND, *own_origins(madang)):
        for join in (polled, by_websocket):
            assert (await join(http, sent(origin, ana))).startswith('40/chat,{"sid"'), (origin, join)


async def test_without_the_cookie_nobody_is_known(http: aiohttp.ClientSession) -> None:
    assert '"unauthorized"' in await by_websocket(http, sent(FRIEND))


async def test_a_lookalike_is_a_stranger(madang: MadangProcess, http: aiohttp.ClientSession, ana: Person) -> None:
    lookalikes = [
        f"http://localhost:{madang.port}.evil.example",
        f"https://localhost:{madang.port}",
        f"http://localhost:{madang.port + 1}",
        "http://app.example.net",
        f"{FRIEND}.evil.example",
    ]
    for origin in lookalikes:
        # Nor does a proxy's word about the host make it ours.
        headers = sent(origin, ana) | {"X-Forwarded-Host": origin.split("//")[1], "X-Forwarded-Proto": "https"}
        async with http.get("/socket.io/?EIO=4&transport=polling", headers=headers) as answer:
            assert answer.status == 403, origin


async def test_the_cookie_changes_nothing_for_a_strangers_page(
    madang: MadangProcess, http: aiohttp.ClientSession, ana: Person
) -> None:
    for origin, status in {STRANGER: 401, "null": 401, FRIEND: 200, own_origins(madang)[0]: 200}.items():
        async with http.patch("/api/v1/me", json={"display_name": "Ana"}, headers=sent(origin, ana)) as answer:
            assert answer.status == status, origin
            assert (answer.headers.get(CORS) == origin) is (status == 200)
            assert "Origin" in answer.headers["Vary"]
        async with http.post("/api/v1/files", data=b"", headers=sent(origin, ana)) as answer:
            assert (answer.status == 401) is (status == 401), origin
    # Another site's page can make a browser send the cookie without an Origin too.
    cookie = {"Cookie": f"madang_session={ana.token}"}
    async with http.patch("/api/v1/me", json={"display_name": "Eve"}, headers=cookie) as answer:
        assert answer.status == 401


async def test_a_preflight_tells_listed_pages_alone_what_they_may(http: aiohttp.ClientSession) -> None:
    asks = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "content-type"}
    async with http.options("/api/v1/me", headers=sent(FRIEND) | asks) as answer:
        assert answer.status == 204
        assert answer.headers[CORS] == FRIEND
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    async with http.options("/api/v1/me", headers=sent(STRANGER) | asks) as answer:
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("Access-Control-Allow")]
