"""One line and one count for each request, without secrets and without labels that a peer chooses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from server import logs
from server.metrics import Metrics
from server.transport.access import access
from tests.test_logs import lines_of, logging_to

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def out() -> Iterator[StringIO]:
    with logging_to() as stream:
        yield stream


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, metrics: Metrics, out: StringIO) -> Client:
    app = web.Application(middlewares=[access(metrics)])
    app.router.add_get("/files/{id}", answer)
    app.router.add_get("/join/{code}", answer)
    app.router.add_get("/healthz", answer)
    app.router.add_get("/broken", broken)
    return await aiohttp_client(app)


async def answer(request: web.Request) -> web.Response:
    return web.Response(text="here")


async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("a bug")


def requests(metrics: Metrics, route: str, method: str, status: str) -> float | None:
    """How often it was counted."""
    labels = {"route": route, "method": method, "status": status}
    return metrics.registry.get_sample_value("madang_http_requests_total", labels)


async def test_a_request_leaves_a_line_without_its_query(client: Client, metrics: Metrics, out: StringIO) -> None:
    await client.get("/files/7?link=secret-link")
    (line,) = lines_of(out, "request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/files/7", 200)
    assert line["ms"] >= 0
    assert "secret-link" not in json.dumps(line)
    assert requests(metrics, "/files/{id}", "GET", "200") == 1


async def test_the_code_of_an_invitation_is_not_written_down(client: Client, out: StringIO) -> None:
    await client.get("/join/WELCOME-1")
    (line,) = lines_of(out, "request")
    assert line["path"] == "/join/[masked]"


async def test_paths_that_do_not_exist_and_methods_of_fancy_share_a_label(client: Client, metrics: Metrics) -> None:
    for path in ("/a", "/b"):
        await client.get(path)
    await client.request("PROPFIND", "/files/7")
    assert requests(metrics, "none", "GET", "404") == 2
    assert requests(metrics, "none", "other", "405") == 1


async def test_a_bug_counts_as_500(client: Client, metrics: Metrics, out: StringIO) -> None:
    assert (await client.get("/broken")).status == 500
    assert requests(metrics, "/broken", "GET", "500") == 1
    (line,) = lines_of(out, "request")
    assert line["status"] == 500


async def test_what_machines_ask_all_the_time_is_not_in_the_way(client: Client, out: StringIO) -> None:
    await client.get("/healthz")
    assert lines_of(out, "request") == []
    logs.set_up("debug", "json", out)
    await client.get("/healthz")
    assert [line["level"] for line in lines_of(out, "request")] == ["debug"]


async def test_what_is_no_http_leaves_one_quiet_line(client: Client, out: StringIO) -> None:
    await (await client.get("/healthz")).read()
    answer = await client.request("BREW", "/files/7?link=secret-link")
    assert answer.status == 400
    (line,) = lines_of(out)
    assert (line["event"], line["level"]) == ("a malformed HTTP request was refused", "info")
    assert "secret-link" not in out.getvalue()
