"""Hostile files and names, the whole server, a real browser: nothing runs, lies elsewhere, or breaks."""

from __future__ import annotations

import asyncio
import base64
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, Route
from playwright.async_api import Error as BrowserError

from server.files.store import key_of
from tests.files.abuse import EXECUTED, NAMES, corpus
from tests.journeys.browser import Visitor
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

INLINE = re.compile(r"image/(png|jpeg|gif|webp|avif)|audio/(mpeg|wav)|video/(mp4|webm)|application/pdf")
EVERY_WAY = """async ([addresses, control]) => {
    const ended = []
    const add = (tag, fields) => {
        const element = Object.assign(document.createElement(tag), fields)
        ended.push(new Promise((resolve) => (element.onload = element.onerror = resolve)))
        document.body.append(element)
    }
    for (const address of addresses) {
        for (const type of ['', 'module']) add('script', { src: address, type })
        for (const tag of ['iframe', 'embed', 'img']) add(tag, { src: address })
        add('object', { data: address })
        add('object', { data: address, type: 'image/svg+xml' })
        add('link', { rel: 'stylesheet', href: address })
        add('iframe', { srcdoc: `<script src="${address}"></script>` })
        import(address).catch(() => 0)
        for (const type of ['classic', 'module']) try { new Worker(address, { type }) } catch {}
        navigator.serviceWorker.register(address).catch(() => 0)
    }
    // What is downloaded instead tells nobody that it has ended.
    await Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 1500))])
    await new Promise((resolve, reject) => {
        const last = { src: control, onload: resolve, onerror: reject }
        document.body.append(Object.assign(document.createElement('script'), last))
    })
}"""
"""All that a page of this very origin can do with an address; and one script of which it is known that it runs."""


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MadangProcess, Person, Path]]:
    folder = tmp_path_factory.mktemp("abuse")
    with MadangProcess(folder / "data") as madang:
        yield madang, make_people_in(madang.data_dir, "ana")["ana"], folder


@pytest.fixture
async def http(yard: tuple[MadangProcess, Person, Path]) -> Any:
    madang, ana, _ = yard
    async with aiohttp.ClientSession(madang.url, headers=ana.headers) as session:
        yield session


async def upload(http: aiohttp.ClientSession, name: str, content: bytes, said: str = "text/html") -> dict[str, Any]:
    """A form as a browser writes it, whatever stands in the name; nothing for a name that is refused."""
    quoted = name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\nContent-Type: {said}\r\n\r\n'
    form = head.encode() + content + b"\r\n--edge--\r\n"
    edge = {"Content-Type": "multipart/form-data; boundary=edge"}
    async with http.post("/api/v1/files", data=form, headers=edge) as answer:
        assert answer.status == 201 or (answer.status == 422 and name in NAMES), (name, await answer.text())
        return dict(await answer.json()) if answer.status == 201 else {}


async def resumable(http: aiohttp.ClientSession, name: str, content: bytes) -> dict[str, Any]:
    metadata = f"filename {base64.b64encode(name.encode()).decode()},filetype {base64.b64encode(b'text/html').decode()}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    if content:
        headers["Content-Type"] = "application/offset+octet-stream"
    async with http.post("/api/v1/uploads", data=content or None, headers=headers) as answer:
        assert answer.status == 201 or (answer.status == 422 and name in NAMES), (name, await answer.text())
        if answer.status != 201:
            return {}
        where = answer.headers["Location"]
    async with http.get(where) as answer:
        assert answer.status == 200, (name, await answer.text())
        return dict(await answer.json())


async def test_no_name_and_no_content_breaks_anything_or_leads_elsewhere(
    yard: tuple[MadangProcess, Person, Path], http: aiohttp.ClientSession
) -> None:
    madang, _, folder = yard
    before = {path for path in folder.rglob("*") if not path.is_relative_to(madang.data_dir / "files")}
    for name in NAMES:
        for stored in (await upload(http, name, b"content"), await resumable(http, name, b"content")):
            if not stored:
                continue
            assert not {"/", "\\", "\0", "\r", "\n", "\u202e"} & set(stored["name"])
            assert stored["name"] not in ("", ".", "..", "CON", "nul.txt")
            async with http.get(stored["url"]) as answer:
                assert (answer.status, await answer.read()) == (200, b"content"), name
                assert "Set-Cookie" not in answer.headers
                assert answer.headers["Content-Disposition"].startswith("attachment; ")
    for name, content in corpus().items():
        stored = await upload(http, name, content, "image/svg+xml")
        async with http.get(stored["url"]) as answer:
            await answer.read()
            check_headers(name, answer.headers)
        async with http.get(f"/api/v1/files/{stored['id']}/thumbnail") as answer:
            assert answer.status == (200 if "thumbnail_url" in stored else 404), name
    for path in ("/api/v1/files/../../../etc/passwd", "/api/v1/files/1/..%2f..%2fx", "/api/v1/uploads/..%2f..%2fx"):
        async with http.get(path) as answer:
            assert answer.status in (200, 400, 404), path
            assert b"root:" not in await answer.read()
    after = {path for path in folder.rglob("*") if not path.is_relative_to(madang.data_dir / "files")}
    assert after == before
    kept = madang.data_dir / "files"
    assert all(key_of(str(path.relative_to(kept))) for path in kept.rglob("*") if path.is_file())
    assert '"status": 5' not in madang.output
    assert "Traceback" not in madang.output


def check_headers(name: str, headers: Any) -> None:
    """What makes a file harmless, whatever it is."""
    assert headers["X-Content-Type-Options"] == "nosniff", name
    policy, kind = headers["Content-Security-Policy"], headers["Content-Type"]
    assert "default-src 'none'" in policy, name
    assert "script-src" not in policy, name
    if headers["Content-Disposition"].startswith("inline"):
        assert INLINE.fullmatch(kind), (name, kind)
        assert policy.startswith("sandbox") or kind == "application/pdf", name
    else:
        assert kind == "application/octet-stream", (name, kind)
        assert policy.startswith("sandbox"), name


async def test_nothing_runs_in_a_browser(
    browser: Browser, yard: tuple[MadangProcess, Person, Path], http: aiohttp.ClientSession
) -> None:
    madang, ana, _ = yard
    # By the other door, and several at a time as browsers do it.
    names = iter(corpus().items())
    stored: list[dict[str, Any]] = []
    while some := list(itertools.islice(names, 4)):
        stored += await asyncio.gather(*(resumable(http, name, content) for name, content in some))
    visitor = await Visitor.signed_in(browser, madang.url, ana)
    context = visitor.page.context
    page = await context.new_page()
    executed: list[str] = []
    context.on("request", lambda request: executed.append(request.url) if EXECUTED in request.url else None)
    context.on("dialog", lambda dialog: executed.append(f"dialog {dialog.page}"))

    async def harness(route: Route) -> None:
        # A page of this origin that forbids nothing: the files have to be harmless by themselves.
        await route.fulfill(body="<!doctype html><title>harness</title><body>", content_type="text/html")

    control = f"fetch('{EXECUTED}?control')"
    await context.route("**/harness", harness)
    await context.route("**/control.js", lambda route: route.fulfill(body=control, content_type="text/javascript"))
    await context.route(f"**{EXECUTED}?*", lambda route: route.fulfill(status=204))
    addresses = iter([file["url"] for file in stored])
    while some := list(itertools.islice(addresses, 5)):
        await page.goto(f"{madang.url}/harness")
        async with page.expect_request(f"**{EXECUTED}?control"):
            await page.evaluate(EVERY_WAY, [some, "/control.js"])
    pages = -(-len(stored) // 5)
    assert executed == [f"{madang.url}{EXECUTED}?control"] * pages, "only the script that may"
    executed.clear()
    for file in stored:
        await open_by_itself(page, madang.url + file["url"])
        assert await page.title() != "taken", file["name"]
    assert executed == []
    await context.close()


async def open_by_itself(page: Page, address: str) -> None:
    """As somebody does who follows a link; most are downloaded instead."""
    try:
        await page.goto(address, wait_until="load", timeout=20_000)
    except BrowserError as error:
        assert "Download is starting" in error.message or "ERR_ABORTED" in error.message, error.message  # noqa: PT017
