"""Alive, ready, and counters for those who may see them."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from server import __version__
from server.metrics import Metrics
from server.transport.routes import health

Client = TestClient[web.Request, web.Application]


class Worker:
    """What the routes are told about a worker."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.metrics = Metrics()

    async def ready(self) -> list[str]:
        """What is missing."""
        return self.complaints

    async def may_see(self, request: web.Request) -> bool:
        """Whoever says so, here."""
        return request.headers.get("X-Operator") == "yes"


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, worker: Worker) -> Client:
    app = web.Application()
    app.router.add_routes(health.routes(worker.ready, worker.may_see, worker.metrics))
    return await aiohttp_client(app)


async def test_a_living_process_says_so(client: Client, worker: Worker) -> None:
    worker.complaints = ["The database does not answer."]
    answer = await client.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"ok": True, "version": __version__})
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_worker_is_ready_when_nothing_is_missing(client: Client, worker: Worker) -> None:
    answer = await client.get("/readyz")
    assert (answer.status, await answer.json()) == (200, {"ready": True, "complaints": []})
    worker.complaints = ["The database does not answer."]
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert await answer.json() == {"ready": False, "complaints": ["The database does not answer."]}


async def test_counters_are_for_operators(client: Client, worker: Worker) -> None:
    worker.metrics.published(3)
    refused = await client.get("/metrics")
    assert refused.status == 403
    assert (await refused.json())["error"]["code"] == "forbidden"
    answer = await client.get("/metrics", headers={"X-Operator": "yes"})
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "madang_entries_published_total 3.0\n" in await answer.text()
