"""What stands before every route: refusals, headers, origins, bodies, addresses, rates."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, ServerDisconnectedError, web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from server import logs
from server.errors import Busy, RateLimited
from server.protocol.http import ChangeMe
from server.settings import Rate, Settings
from server.transport import guard
from server.transport.guard import MAX_BODY_BYTES, MessageRate, body_of, reply
from server.transport.origins import Origins
from server.transport.peers import Peers
from tests.fakes import SteppedClock
from tests.transport.doors import HOME, error_of

Client = TestClient[web.Request, web.Application]


async def echo(request: web.Request) -> web.Response:
    command: ChangeMe = await body_of(request, ChangeMe)
    return web.json_response({"name": command.display_name})


async def busy(request: web.Request) -> web.Response:
    raise Busy("Come back.", retry_after_ms=1500)


async def broken(request: web.Request) -> web.Response:
    raise KeyError("the secret of the house")


async def half(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"half of ")
    raise KeyError("the rest")


async def plain(request: web.Request) -> web.Response:
    return web.Response(text="page")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    app = web.Application()
    guard.install(app, Origins([HOME]))
    for path, handler in {"echo": echo, "busy": busy, "broken": broken, "half": half}.items():
        app.router.add_post(f"/api/v1/{path}", handler)
    app.router.add_get("/", plain)
    async with TestClient(TestServer(app)) as client:
        yield client


# Refusals


async def test_a_refusal_is_the_error_object_with_its_status(client: Client) -> None:
    answer = await client.post("/api/v1/busy")
    assert answer.status == 503
    assert answer.content_type == "application/json"
    assert await error_of(answer) == {
        "code": "busy",
        "message": "Come back.",
        "retryable": True,
        "retry_after_ms": 1500,
    }
    assert answer.headers["Retry-After"] == "2"


async def test_a_bug_is_logged_and_its_traceback_stays_here(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[BaseException] = []
    monkeypatch.setattr(guard, "log_bug", lambda logger, event, error, **facts: noted.append(error))
    answer = await client.post("/api/v1/broken")
    assert answer.status == 500
    assert (await error_of(answer))["code"] == "internal"
    assert "secret" not in await answer.text()
    assert [type(error) for error in noted] == [KeyError]


async def test_an_answer_that_broke_off_looks_broken(client: Client) -> None:
    with pytest.raises((ClientPayloadError, ServerDisconnectedError)):
        await (await client.post("/api/v1/half")).read()


async def test_unknown_paths_and_methods_are_refused_in_json_too(client: Client) -> None:
    answer = await client.get("/api/v1/nothing")
    assert (answer.status, (await error_of(answer))["code"]) == (404, "not_found")
    answer = await client.get("/api/v1/echo")
    assert (answer.status, (await error_of(answer))["code"]) == (405, "unsupported")
    assert answer.headers["Allow"] == "POST"
    answer = await client.get("/nothing")
    assert (answer.status, answer.content_type) == (404, "text/plain")


async def test_every_answer_has_its_headers(client: Client) -> None:
    for answer in (await client.post("/api/v1/busy"), await client.get("/"), await client.get("/nothing")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Server"] == "Madang"
    answer = await client.post("/api/v1/busy")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


# Origins


async def test_a_listed_origin_may_read_answers_and_refusals(client: Client) -> None:
    for path in ("echo", "busy", "nothing"):
        answer = await client.post(f"/api/v1/{path}", data=b"{}", headers={"Origin": HOME})
        assert answer.headers["Access-Control-Allow-Origin"] == HOME
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        assert answer.headers["Vary"] == "Origin"
        answer = await client.post(f"/api/v1/{path}", data=b"{}", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"


async def test_a_preflight_is_answered_for_listed_origins_only(client: Client) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = await client.options("/api/v1/me", headers={"Origin": HOME, **asked})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == HOME
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    answer = await client.options("/api/v1/me", headers={"Origin": "https://evil.example", **asked})
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


# Bodies


async def test_a_body_is_read_strictly(client: Client) -> None:
    async def refusal(data: bytes, **headers: str) -> tuple[int, str, str | None]:
        answer = await client.post("/api/v1/echo", data=data, headers=headers)
        error = await error_of(answer)
        return answer.status, error["code"], error.get("field")

    good = await client.post("/api/v1/echo", data='{"display_name": "아나"}'.encode())
    assert await good.json() == {"name": "아나"}
    for bad in (b"", b"{", b"[]", b"null", b'{"display_name": NaN}', b'{"display_name": "\\ud800"}', b"\xff\xfe{}"):
        assert (await refusal(bad))[:2] == (422, "invalid"), bad
    assert await refusal(b'{"name": "x"}') == (422, "invalid", "name")
    assert await refusal(b'{"display_name": "a\\u0000b"}') == (422, "invalid", "display_name")
    assert (await refusal(b'{"display_name":' + b"[" * 1000 + b"]" * 1000 + b"}"))[:2] == (422, "invalid")
    assert (await refusal(b" " * (MAX_BODY_BYTES + 1)))[:2] == (413, "too_large")


async def test_a_body_without_a_length_is_bounded_too(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    answer = await client.post("/api/v1/echo", data=endless())
    assert (answer.status, (await error_of(answer))["code"]) == (413, "too_large")


async def test_a_compressed_body_counts_by_what_comes_out(client: Client) -> None:
    async def post(data: bytes) -> int:
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        async with ClientSession() as session:
            async with session.post(
                client.make_url("/api/v1/echo"), data=gzip.compress(data), headers=headers
            ) as answer:
                return answer.status

    assert await post(json.dumps({"display_name": "Ana"}).encode()) == 200
    assert await post(b" " * 50_000_000) in (413, 422)


async def test_a_body_that_does_not_come_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.05)
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    answer = await client.post("/api/v1/echo", data=stuck())
    assert answer.status == 422
    never.set()


def test_nothing_is_said_with_204() -> None:
    assert (reply(None).status, reply(None).body) == (204, None)


# Addresses


def peer(peers: Peers, remote: str | None, **headers: str) -> str:
    forwarded = headers.get("forwarded")
    return peers.resolve(remote, forwarded)


def test_only_trusted_proxies_are_believed() -> None:
    nobody = Peers()
    assert peer(nobody, "10.0.0.1", forwarded="1.2.3.4") == "10.0.0.1"
    peers = Peers(Settings.from_environment({"MADANG_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8,::1"}).trusted_proxies)
    assert peer(peers, "127.0.0.1", forwarded="1.2.3.4") == "1.2.3.4"
    assert peer(peers, "::ffff:127.0.0.1", forwarded="1.2.3.4:5555") == "1.2.3.4"
    assert peer(peers, "::1", forwarded='"[2001:db8::7]:443"') == "2001:db8::7"
    assert peer(peers, "127.0.0.1", forwarded="9.9.9.9, 1.2.3.4, 10.1.1.1") == "1.2.3.4"
    assert peer(peers, "8.8.8.8", forwarded="1.2.3.4") == "8.8.8.8"
    assert peer(peers, "127.0.0.1", forwarded="nonsense") == "127.0.0.1"
    assert peer(peers, "127.0.0.1", forwarded="1.2.3.4, nonsense, 10.1.1.1") == "10.1.1.1"
    assert peer(peers, "127.0.0.1") == "127.0.0.1"
    assert peer(peers, "127.0.0.1", forwarded="10.2.2.2, 10.1.1.1") == "10.2.2.2"
    assert peer(peers, None) == "unknown"


def test_who_comes_by_a_unix_socket_is_this_machines_proxy() -> None:
    peers = Peers()
    assert peer(peers, "") == "127.0.0.1"
    assert peer(peers, "", forwarded="1.2.3.4") == "1.2.3.4"
    assert peer(peers, "", forwarded="9.9.9.9, 1.2.3.4") == "1.2.3.4"


@pytest.mark.parametrize(
    ("remote", "headers", "here"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("", {}, True),
        ("", {"X-Forwarded-For": "1.2.3.4"}, False),
        ("10.0.0.1", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "1.2.3.4"}, False),
        ("127.0.0.1", {"Forwarded": "for=1.2.3.4"}, False),
        ("127.0.0.1", {"X-Real-IP": "1.2.3.4"}, False),
    ],
)
def test_whoever_comes_through_a_proxy_is_not_from_here(remote: str, headers: dict[str, str], here: bool) -> None:
    request = make_mocked_request("GET", "/metrics", headers=headers).clone(remote=remote)
    assert Peers().is_here(request) is here


# Rates


def taken(rate: MessageRate, account_id: int, tries: int) -> int:
    done = 0
    for _ in range(tries):
        try:
            rate.check(account_id)
        except RateLimited:
            break
        done += 1
    return done


def test_an_account_sends_so_many_at_once_and_then_so_many_a_second(clock: SteppedClock) -> None:
    rate = MessageRate(Rate(60, 2), clock)
    assert taken(rate, 1, 100) == 60
    with pytest.raises(RateLimited) as caught:
        rate.check(1)
    assert caught.value.retry_after_ms == 500
    assert taken(rate, 2, 100) == 60
    clock.step(ms=499)
    assert taken(rate, 1, 1) == 0
    clock.step(ms=1)
    assert taken(rate, 1, 100) == 1
    clock.step(seconds=10)
    assert taken(rate, 1, 100) == 20
    clock.step(days=1)
    assert taken(rate, 1, 100) == 60


def test_a_clock_that_is_put_back_takes_nothing_away(clock: SteppedClock) -> None:
    rate = MessageRate(Rate(3, 1), clock)
    assert taken(rate, 1, 1) == 1
    clock.step(days=-1)
    assert taken(rate, 1, 10) == 2


def test_without_a_rate_there_is_no_limit(clock: SteppedClock) -> None:
    assert taken(MessageRate(None, clock), 1, 1000) == 1000


def test_what_was_sent_at_other_workers_is_taken_off(clock: SteppedClock) -> None:
    here, there = MessageRate(Rate(10, 1), clock), MessageRate(Rate(10, 1), clock)
    here.on_taken = lambda account_id: there.take_off(account_id, 1)
    assert taken(here, 1, 4) == 4
    assert taken(there, 1, 100) == 6
    # What is owed has to be waited for, and no more than once over.
    here.take_off(1, 1000)
    clock.step(seconds=10)
    assert taken(here, 1, 1) == 0
    clock.step(seconds=1)
    assert taken(here, 1, 10) == 1
    unlimited = MessageRate(None, clock)
    unlimited.take_off(1, 1000)
    assert taken(unlimited, 1, 10) == 10


def test_buckets_that_are_full_again_are_forgotten(clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.transport.rates._MANY", 10)
    rate = MessageRate(Rate(2, 1), clock)
    for account_id in range(10):
        rate.check(account_id)
    clock.step(seconds=5)
    rate.check(99)
    assert set(rate._buckets) == {99}


def test_the_log_of_a_bug_has_no_secrets() -> None:
    facts: dict[str, Any] = {"event": "x", "path": "/api/v1/me?token=abcdef123456"}
    assert "abcdef" not in str(logs.mask_secrets(None, "", facts))
