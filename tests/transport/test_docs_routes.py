"""The contract is served as a page that needs nothing from elsewhere, and as two documents."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from server.protocol.schema.asyncapi import asyncapi
from server.protocol.schema.openapi import openapi
from server.transport.routes import docs

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(aiohttp_client: AiohttpClient) -> Client:
    app = web.Application()
    app.router.add_routes(docs.routes())
    return await aiohttp_client(app)


async def test_the_page_is_served_under_a_policy_that_lets_only_its_own_style_in(client: Client) -> None:
    answer = await client.get("/docs")
    text = await answer.text()
    assert answer.status == 200
    assert answer.content_type == "text/html"
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_documents_are_served_as_they_are_generated(client: Client) -> None:
    for path, document in (("/docs/openapi.json", openapi()), ("/docs/asyncapi.json", asyncapi())):
        answer = await client.get(path)
        assert answer.content_type == "application/json"
        assert await answer.json() == document
