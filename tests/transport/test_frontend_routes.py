"""The built app: its page at every place it knows, its files for ever, and JSON for programs that lost their way."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient
from yarl import URL

from server.transport.routes import frontend

Client = TestClient[web.Request, web.Application]

INDEX = "<!doctype html><title>Madang</title>" + "<!-- long enough to be compressed -->" * 40
SCRIPT = "console.log('마당');" * 100


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built app."""
    folder = tmp_path / "static"
    for name, text in {
        "index.html": INDEX,
        "favicon.svg": "<svg/>",
        "manifest.webmanifest": "{}",
        "assets/app-B1x9.js": SCRIPT,
        ".vite/manifest.json": "{}",
        ".built-from": "a hash",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not for you", encoding="utf-8")
    return folder


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, static: Path) -> Client:
    app = web.Application()
    app.router.add_get("/api/v1/known", known)
    app.router.add_routes(frontend.routes(static))
    return await aiohttp_client(app)


async def known(request: web.Request) -> web.Response:
    """A route of somebody else."""
    return web.json_response({})


@pytest.mark.parametrize("path", ["/", "/c", "/c/7", "/c/7/m/12", "/settings/devices", "/sign-in", "/join/CODE-1"])
async def test_every_place_of_the_app_gets_its_page(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, await answer.text()) == (200, INDEX)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_the_page_runs_nothing_but_our_own_files(client: Client) -> None:
    policy = (await client.get("/", headers={"Host": "talk.example.org"})).headers["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'self'"
    assert directives["connect-src"] == "'self' ws://talk.example.org wss://talk.example.org"
    assert directives["frame-ancestors"] == directives["object-src"] == directives["base-uri"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["a.example; script-src *", "a b", "*", ""])
def test_a_host_that_is_none_adds_nothing_to_the_policy(host: str) -> None:
    assert "connect-src 'self'; " in frontend.content_policy(host)


async def test_hashed_files_are_kept_for_ever_and_others_asked_for(client: Client) -> None:
    script = await client.get("/assets/app-B1x9.js")
    assert await script.text() == SCRIPT
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert script.headers["Content-Encoding"] == "gzip"
    icon = await client.get("/favicon.svg")
    assert (icon.content_type, icon.headers["Cache-Control"]) == ("image/svg+xml", "no-cache")
    assert (await client.get("/manifest.webmanifest")).content_type == "application/manifest+json"


async def test_a_browser_without_gzip_gets_the_plain_file(client: Client) -> None:
    script = await client.get("/assets/app-B1x9.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in script.headers
    assert await script.text() == SCRIPT


async def test_what_the_browser_has_is_not_sent_again(client: Client) -> None:
    tag = (await client.get("/c/7")).headers["ETag"]
    again = await client.get("/c/7", headers={"If-None-Match": tag})
    assert (again.status, await again.read()) == (304, b"")
    assert "Content-Security-Policy" in again.headers


@pytest.mark.parametrize("path", ["/nowhere", "/assets/gone.js", "/.built-from", "/.vite/manifest.json", "/index.html"])
async def test_other_places_are_not_there(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert answer.status == 404
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]
)
async def test_no_path_leads_out_of_the_folder(client: Client, path: str) -> None:
    answer = await client.get(URL(path, encoded=True))
    assert answer.status == 404
    assert "not for you" not in await answer.text()


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/nothing"), ("POST", "/api/v2/me"), ("DELETE", "/api/")])
async def test_an_unknown_api_is_answered_with_the_error_object(client: Client, method: str, path: str) -> None:
    answer = await client.request(method, path)
    assert (answer.status, answer.content_type) == (404, "application/json")
    error = (await answer.json())["error"]
    assert (error["code"], error["retryable"]) == ("not_found", False)
    assert path in error["message"]


async def test_a_known_api_under_another_method_says_which_it_knows(client: Client) -> None:
    answer = await client.post("/api/v1/known")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert (await answer.json())["error"]["code"] == "unsupported"


async def test_known_routes_go_before(client: Client) -> None:
    assert (await client.get("/api/v1/known")).status == 200


async def test_a_server_without_the_app_says_what_to_do(aiohttp_client: AiohttpClient, tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_routes(frontend.routes(tmp_path / "nothing"))
    answer = await (await aiohttp_client(app)).get("/c/7")
    assert answer.status == 503
    assert "make run" in await answer.text()
