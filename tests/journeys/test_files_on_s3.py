"""Large files through a whole server into a bucket and back; and what it says when the bucket is away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import obstore
import pytest

from tests.people import Person, make_people_in
from tests.s3_under_test import S3Server
from tests.services_under_test import MadangProcess, wait_until

BLOCK = bytes(range(256)) * 1024
BLOCKS = 380
SIZE = len(BLOCK) * BLOCKS
"""A little less than the largest file there may be."""
MAY_GROW_BYTES = 40_000_000
"""What a server may need for one upload and one download, whatever the size of the file."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A server of this module's own: it is killed in the end."""
    with S3Server(tmp_path_factory.mktemp("own-s3") / "s3") as s3:
        yield s3


@pytest.fixture(scope="module")
def madang(store: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    server = MadangProcess(tmp_path_factory.mktemp("files-on-s3") / "data", files_url=store.files_url("journey"))
    server.environment |= store.environment
    with server:
        yield server


@pytest.fixture(scope="module")
def ana(madang: MadangProcess) -> Person:
    return make_people_in(madang.data_dir, "ana")["ana"]


@pytest.fixture
async def http(madang: MadangProcess, ana: Person) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(madang.url, headers=ana.headers) as session:
        yield session


def memory_bytes(madang: MadangProcess, what: str) -> int:
    """``VmRSS``: what the server has; ``VmHWM``: the most it ever had."""
    status = Path(f"/proc/{madang.pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) * 1024


def ready(madang: MadangProcess) -> tuple[int, dict[str, Any]]:
    with urllib.request.urlopen(f"{madang.url}/readyz", timeout=30) as answer:
        return answer.status, json.load(answer)


async def upload(
    http: aiohttp.ClientSession, name: str, content: AsyncIterator[bytes] | bytes
) -> aiohttp.ClientResponse:
    form = aiohttp.FormData()
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return await http.post("/api/v1/files", data=form)


async def much() -> AsyncIterator[bytes]:
    for _ in range(BLOCKS):
        yield BLOCK


async def test_a_hundred_megabytes_pass_through_little_memory(
    madang: MadangProcess, store: S3Server, http: aiohttp.ClientSession
) -> None:
    # Once with little: what is loaded at the first use is loaded then.
    async with await upload(http, "little.bin", b"x") as answer:
        assert answer.status == 201, await answer.text()
    before = memory_bytes(madang, "VmRSS")
    async with await upload(http, "much.bin", much()) as answer:
        stored = await answer.json()
        assert (answer.status, stored["size_bytes"]) == (201, SIZE)
    after_upload = memory_bytes(madang, "VmHWM")
    digest = hashlib.sha256()
    async with http.get(stored["url"]) as answer:
        async for block in answer.content.iter_chunked(1_000_000):
            digest.update(block)
    expected = hashlib.sha256()
    for _ in range(BLOCKS):
        expected.update(BLOCK)
    assert digest.digest() == expected.digest()
    after_download = memory_bytes(madang, "VmHWM")
    print(f"memory: {before:,} before, {after_upload:,} at most up, {after_download:,} at most up and down")
    assert after_download - before < MAY_GROW_BYTES
    async with http.get(stored["url"], headers={"Range": f"bytes={SIZE - 5}-"}) as answer:
        assert (answer.status, await answer.read()) == (206, BLOCK[-5:])
    objects = [one["path"] async for page in obstore.list(store.connected(store.bucket("journey"))) for one in page]
    assert len(objects) == 2
    assert not [path for path in (madang.data_dir / "files").rglob("*") if path.is_file()]


async def test_a_client_that_goes_away_leaves_nothing_in_the_bucket(
    madang: MadangProcess, store: S3Server, http: aiohttp.ClientSession
) -> None:
    before = await store.everything("journey")
    half_there, never = asyncio.Event(), asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        for _ in range(BLOCKS // 2):
            yield BLOCK
        half_there.set()
        await never.wait()

    sending = asyncio.create_task(upload(http, "half.bin", half()))
    await half_there.wait()
    async with asyncio.timeout(60):
        while await store.everything("journey") == before:  # noqa: ASYNC110 - until its parts are there
            await asyncio.sleep(0.05)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        while await store.everything("journey") != before:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)


async def test_a_store_that_goes_away_is_said_so_and_chat_goes_on(
    madang: MadangProcess, store: S3Server, http: aiohttp.ClientSession
) -> None:
    assert ready(madang) == (200, {"ready": True, "complaints": []})
    async with await upload(http, "much.bin", much()) as answer:
        url = (await answer.json())["url"]
    async with http.get(url) as answer:
        await answer.content.readexactly(1_000_000)
        store.kill()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    for refused in (await http.get(url), await upload(http, "much.bin", much())):
        async with refused:
            error = (await refused.json())["error"]
            assert (refused.status, error["code"], error["retryable"]) == (503, "unavailable", True)
    sentence = "The store of files does not answer as it should. Try again later."
    wait_until(lambda: ready(madang) == (200, {"ready": True, "complaints": [sentence]}), 20, lambda: madang.output)
    for secret in (store.credentials.secret, store.credentials.key_id):
        assert secret not in madang.output
    assert "Traceback" not in madang.output, madang.output
