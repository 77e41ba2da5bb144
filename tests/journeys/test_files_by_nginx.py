"""Downloads that nginx sends itself, told by a worker which file it may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.files import pictures
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess, free_port, nginx_in_front_of

CONTENT = bytes(range(256)) * 20_000
HARMLESS = (
    "Content-Disposition",
    "Content-Security-Policy",
    "Content-Type",
    "Cross-Origin-Resource-Policy",
    "X-Content-Type-Options",
    "Cache-Control",
    "Vary",
)


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    folder: Path = tmp_path_factory.mktemp("files-by-nginx")
    port = free_port()
    with (
        nginx_in_front_of(port, folder / "nginx", data_dir=folder / "data") as address,
        MadangProcess(
            folder / "data",
            port=port,
            public_url=address,
            trusted_proxies="127.0.0.1",
            accel_prefix="/internal-files/",
            allowed_origins="https://app.example.org",
        ) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def address(madang: MadangProcess) -> str:
    return madang.environment["MADANG_PUBLIC_URL"]


@pytest.fixture(scope="module")
def people(madang: MadangProcess) -> dict[str, Person]:
    return make_people_in(madang.data_dir, "ana", "ben")


async def upload(http: aiohttp.ClientSession, content: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("file", content, filename="plan.html", content_type="text/html")
    async with http.post("/api/v1/files", data=form) as stored:
        assert stored.status == 201, await stored.text()
        return str((await stored.json())["url"])


async def test_nginx_sends_the_bytes_under_the_workers_headers(
    madang: MadangProcess, address: str, people: dict[str, Person]
) -> None:
    async with aiohttp.ClientSession(headers=people["ana"].headers) as http:
        async with aiohttp.ClientSession(address, headers=people["ana"].headers) as through:
            urls = [await upload(through, CONTENT), await upload(through, pictures.plain())]
        for url in urls:
            page = {"Origin": "https://app.example.org"}
            async with http.get(address + url, headers=page) as sent, http.get(madang.url + url, headers=page) as own:
                assert await sent.read() == await own.read()
                assert sent.headers["Server"].startswith("nginx")
                for name in (*HARMLESS, "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"):
                    assert sent.headers[name] == own.headers[name], name
                assert "X-Accel-Redirect" not in sent.headers


async def test_parts_and_conditions_are_nginxs_work(address: str, people: dict[str, Person]) -> None:
    async with aiohttp.ClientSession(address, headers=people["ana"].headers) as http:
        url = await upload(http, CONTENT)
        async with http.get(url, headers={"Range": "bytes=100-199"}) as answer:
            assert (answer.status, await answer.read()) == (206, CONTENT[100:200])
            assert answer.headers["Content-Range"] == f"bytes 100-199/{len(CONTENT)}"
            etag = answer.headers["ETag"]
        async with http.get(url, headers={"Range": f"bytes={len(CONTENT)}-"}) as answer:
            assert answer.status == 416
            assert answer.headers["Content-Security-Policy"].startswith("sandbox")
        async with http.get(url, headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with http.get(url, headers={"Range": "bytes=0-9", "If-Range": '"another"'}) as answer:
            assert (answer.status, len(await answer.read())) == (200, len(CONTENT))
        async with http.head(url) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(CONTENT)))


async def test_nobody_gets_a_file_past_the_worker(
    madang: MadangProcess, address: str, people: dict[str, Person]
) -> None:
    async with aiohttp.ClientSession(address) as http:
        url = await upload_as(people["ana"], address)
        [place] = [
            path.relative_to(madang.data_dir / "files")
            for path in (madang.data_dir / "files").rglob("*")
            if path.is_file() and path.read_bytes() == b"only Ana's"
        ]
        async with http.get(f"/internal-files/{place}", headers=people["ana"].headers) as answer:
            assert answer.status == 404
        async with http.get(url, headers=people["ben"].headers) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")
        async with http.get(url, headers=people["ana"].headers) as answer:
            assert await answer.read() == b"only Ana's"


async def test_an_upload_in_several_goes_passes_it_both_ways(address: str, people: dict[str, Person]) -> None:
    tus = {"Tus-Resumable": "1.0.0"}
    async with aiohttp.ClientSession(address, headers=people["ana"].headers | tus) as http:
        async with http.post("/api/v1/uploads", headers={"Upload-Length": str(len(CONTENT))}) as answer:
            where = answer.headers["Location"]
        for start in range(0, len(CONTENT), 2_000_000):
            here = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
            async with http.patch(where, headers=here, data=CONTENT[start : start + 2_000_000]) as answer:
                assert answer.status == 204, await answer.text()
        async with http.head(where) as answer:
            assert (answer.headers["Upload-Offset"], answer.headers["Tus-Resumable"]) == (str(len(CONTENT)), "1.0.0")
        async with http.get(where) as answer:
            stored = await answer.json()
        async with http.get(stored["url"]) as answer:
            assert (answer.headers["Server"].partition("/")[0], await answer.read()) == ("nginx", CONTENT)


async def upload_as(person: Person, address: str) -> str:
    async with aiohttp.ClientSession(address, headers=person.headers) as http:
        return await upload(http, b"only Ana's")
