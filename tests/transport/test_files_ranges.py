"""Parts of files and conditions, the same wherever the bytes lie; and who sends them."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestServer

from server.errors import Unavailable
from server.files.bucket import BucketStore
from server.files.disk import DiskStore
from server.storage.database import Database
from server.transport.peers import Peers
from server.transport.streamed import Streamed
from tests.files import pictures
from tests.files.shelf import BucketShelf, DiskShelf
from tests.people import Person, make_people
from tests.s3_under_test import S3Server
from tests.transport.files_door import Door, code_of, open_door

Shelf = DiskShelf | BucketShelf


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One kind of database will do: here it is about files."""
    return tmp_path / "madang.db"


@pytest.fixture
async def people(db: Database) -> dict[str, Person]:
    return await make_people(db, ["ana", "ben"])


@pytest.fixture
async def door(db: Database, shelf: Shelf) -> AsyncIterator[Door]:
    async with open_door(db, shelf.store) as door:
        yield door


async def test_conditions_are_answered(door: Door, people: dict[str, Person]) -> None:
    ana = people["ana"]
    url = (await door.upload(ana, b"0123456789"))["url"]
    whole = await door.get(url, ana)
    etag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    long_ago = "Sat, 01 Jan 2000 00:00:00 GMT"
    for headers, status in (
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": f'"other", W/{etag}'}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": long_ago}, 200),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": etag}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Unmodified-Since": long_ago}, 412),
        ({"If-Unmodified-Since": modified}, 200),
        ({"Range": "bytes=2-3", "If-Range": etag}, 206),
        ({"Range": "bytes=2-3", "If-Range": modified}, 206),
        ({"Range": "bytes=2-3", "If-Range": long_ago}, 200),
        ({"Range": "bytes=3-2"}, 416),
        ({"Range": "lines=1-2"}, 416),
        ({"Range": "bytes=0-1,3-4"}, 416),
    ):
        answer = await door.get(url, ana, **headers)
        assert answer.status == status, headers
        body = await answer.read()
        assert body == {200: b"0123456789", 206: b"23"}.get(status, b"")
        # Whatever the answer is, it is no page of ours.
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        head = await door.client.head(str(url), headers={**ana.headers, **headers})
        assert head.status == status
        for name in ("ETag", "Last-Modified", "Content-Range"):
            assert head.headers.get(name) == answer.headers.get(name), (headers, name)
        if status in (200, 206):
            assert head.headers["Content-Length"] == str(len(body))
        assert await head.read() == b""


async def test_nothing_has_no_parts(door: Door, people: dict[str, Person]) -> None:
    url = (await door.upload(people["ana"], b""))["url"]
    answer = await door.get(url, people["ana"])
    assert (answer.status, await answer.read(), answer.headers["Content-Length"]) == (200, b"", "0")
    assert (await door.get(url, people["ana"], Range="bytes=0-")).status == 416


async def test_a_store_that_fails_in_the_middle_breaks_the_answer_off(
    db: Database, people: dict[str, Person], s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(db, BucketShelf(s3, tmp_path).store) as door:
        await _break_off(door, people, monkeypatch)


async def _break_off(door: Door, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    url = (await door.upload(people["ana"], bytes(1_900_000)))["url"]
    fetch = BucketStore.fetch

    async def fail(self: BucketStore, name: str, start: int, stop: int) -> bytes:
        if start:
            raise Unavailable("gone")
        return await fetch(self, name, start, stop)

    with monkeypatch.context() as failing:
        failing.setattr(BucketStore, "fetch", fail)
        answer = await door.get(url, people["ana"])
        assert answer.status == 200
        with pytest.raises(ClientPayloadError):
            await answer.read()
        # At the very beginning there is still a sentence to be said.
        failing.setattr(BucketStore, "fetch", lambda *asked: fail(asked[0], asked[1], 1, 2))
        assert (await code_of(await door.get(url, people["ana"])))[:2] == (503, "unavailable")
    assert len(await (await door.get(url, people["ana"])).read()) == 1_900_000


async def test_who_takes_nothing_for_a_while_gets_no_more() -> None:
    ended = asyncio.Event()

    async def without_end(start: int, stop: int) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1_000_000)
        finally:
            ended.set()

    async def answer(request: web.Request) -> web.StreamResponse:
        return await Streamed(10**12, 0, "etag", without_end, idle_s=0.3).answer(request, {})

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server:
        assert server.port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=4096)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await reader.readline()
        async with asyncio.timeout(60):
            await ended.wait()
            while await reader.read(1_000_000):
                pass
        writer.close()


async def test_a_trusted_proxy_is_told_where_the_bytes_lie_and_sends_them(
    db: Database, people: dict[str, Person], tmp_path: Path
) -> None:
    ana, ben = people["ana"], people["ben"]
    store = DiskStore(tmp_path / "files", for_group=True)
    nginx = {"X-Forwarded-For": "203.0.113.9"}
    options = {"accel_prefix": "/internal-files/", "peers": Peers([ip_network("127.0.0.1")])}
    async with open_door(db, store, **options) as door:
        stored = await door.upload(ana, pictures.plain(), "../../etc/passwd.png")
        plain = await door.get(stored["url"], ana)
        for url, place in ((stored["url"], r""), (stored["thumbnail_url"], ".thumbnail")):
            answer = await door.get(url, ana, **nginx, Range="bytes=0-1")
            assert (answer.status, await answer.read()) == (200, b"")
            told = answer.headers["X-Accel-Redirect"]
            assert told.startswith("/internal-files/")
            assert told.endswith(place)
            assert (tmp_path / "files" / told.removeprefix("/internal-files/")).is_file()
            assert "passwd" not in told
        for name in ("Content-Type", "Content-Disposition", "Content-Security-Policy", "Cache-Control", "Vary"):
            told = await door.get(stored["url"], ana, **nginx)
            assert told.headers[name] == plain.headers[name]
        # Who does not come through the proxy gets the bytes, and who may not have them nothing.
        assert "X-Accel-Redirect" not in plain.headers
        assert await plain.read() == pictures.plain()
        refused = await door.get(stored["url"], ben, **nginx)
        assert (refused.status, "X-Accel-Redirect" in refused.headers) == (404, False)
    for unlike in ({**options, "peers": Peers([ip_network("10.0.0.0/8")])}, {"peers": options["peers"]}):
        async with open_door(db, store, **unlike) as door:
            assert "X-Accel-Redirect" not in (await door.get(stored["url"], ana, **nginx)).headers
