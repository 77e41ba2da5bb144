"""The published tus client against the whole server: a hundred megabytes over a link that is cut, in little memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.files.relay import Relay
from tests.people import Person, make_people_in
from tests.services_under_test import NODE, MadangProcess, node_environment

SCRIPT = Path(__file__).with_name("tus_upload.cjs")
SIZE = 99_999_000
CUTS = (20_000_000, 50_000_000, 80_000_000)
MAY_GROW_BYTES = 30_000_000
"""What a server may need for an upload, whatever its size."""


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    with MadangProcess(tmp_path_factory.mktemp("tus") / "data", file_quota_bytes=150_000_000) as server:
        yield server


@pytest.fixture
def ana(madang: MadangProcess, request: pytest.FixtureRequest) -> Person:
    name = f"ana{abs(hash(request.node.name)) % 10**8}"
    return make_people_in(madang.data_dir, name)[name]


class CutLink(Relay):
    """Breaks all its connections each time that so many bytes have passed."""

    def __init__(self, to_port: int, cuts: tuple[int, ...]) -> None:
        super().__init__(to_port)
        self._cuts = list(cuts)
        self._passed = 0
        self.times_cut = 0

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(65_536):
                writer.write(block)
                await writer.drain()
                self._passed += len(block)
                if self._cuts and self._passed >= self._cuts[0]:
                    self._cuts.pop(0)
                    self.times_cut += 1
                    for end in self._ends:
                        end.transport.abort()
            writer.write_eof()


async def upload(url: str, person: Person, size: int, **options: Any) -> dict[str, Any]:
    """What the client said in the end."""
    asked = json.dumps({"endpoint": f"{url}/api/v1/uploads", "token": person.token, "size": size, **options})
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(SCRIPT), asked, stdout=asyncio.subprocess.PIPE, env=node_environment()
    )
    async with asyncio.timeout(90):
        said, _ = await process.communicate()
    return dict(json.loads(said))


def content(size: int) -> bytes:
    """What the client sends."""
    made = bytearray(size)
    for at in range(0, size - 3, 4096):
        made[at : at + 4] = at.to_bytes(4, "big")
    return bytes(made)


def memory_bytes(madang: MadangProcess, what: str) -> int:
    status = Path(f"/proc/{madang.pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) * 1024


async def test_a_hundred_megabytes_over_a_link_that_is_cut_three_times(madang: MadangProcess, ana: Person) -> None:
    await upload(madang.url, ana, 10_000)  # what is loaded at the first use is loaded
    before = memory_bytes(madang, "VmRSS")
    async with CutLink(madang.port, CUTS) as link:
        said = await upload(f"http://127.0.0.1:{link.port}", ana, SIZE)
    assert "url" in said, said
    assert link.times_cut == 3
    # It asks again where what was under way has come in only after it had asked.
    assert (said["asked"].count("POST"), said["asked"].count("HEAD") >= 3) == (1, True), said["asked"]
    grown = memory_bytes(madang, "VmHWM") - before
    key = said["url"].rpartition("/")[2]
    async with aiohttp.ClientSession(madang.url, headers=ana.headers) as http:
        async with http.get(f"/api/v1/uploads/{key}") as answer:
            stored = await answer.json()
        assert stored["size_bytes"] == SIZE
        digest = hashlib.sha256()
        async with http.get(stored["url"]) as answer:
            async for block in answer.content.iter_chunked(1_000_000):
                digest.update(block)
    assert digest.digest() == hashlib.sha256(content(SIZE)).digest()
    print(f"memory grew by {grown:,} bytes")
    assert grown < MAY_GROW_BYTES


async def test_in_chunks_and_with_nothing_and_beyond_the_quota(madang: MadangProcess, ana: Person) -> None:
    said = await upload(madang.url, ana, 1_000_000, chunk=300_000, name="기와.bin")
    assert said["asked"] == ["POST", *["PATCH"] * 4]
    assert (await upload(madang.url, ana, 0))["asked"] == ["POST"]
    async with aiohttp.ClientSession(madang.url, headers=ana.headers) as http:
        async with http.get(f"/api/v1/uploads/{said['url'].rpartition('/')[2]}") as answer:
            stored = await answer.json()
        assert stored["name"] == "기와.bin"
        async with http.get(stored["url"]) as answer:
            assert await answer.read() == content(1_000_000)
        promised = {"Tus-Resumable": "1.0.0", "Upload-Length": "90000000"}
        async with http.post("/api/v1/uploads", headers=promised) as answer:
            assert answer.status == 201
    refused = await upload(madang.url, ana, 90_000_000)
    assert "413" in refused["error"]
    assert "150,000,000 bytes together" in refused["error"]
