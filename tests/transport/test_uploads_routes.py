"""tus 1.0 at its door, as the protocol has it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from server.clock import now
from server.storage.database import Database
from tests.fakes import SteppedClock
from tests.files import pictures
from tests.files.shelf import BucketShelf, DiskShelf
from tests.people import Person, make_people
from tests.transport.files_door import MAX_FILE_BYTES, Door, code_of, open_door

Shelf = DiskShelf | BucketShelf
PATH = "/api/v1/uploads"
CONTENT = bytes(range(256)) * 4000
QUOTA = 3_000_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """One kind of database will do: here it is about uploads."""
    return tmp_path / "madang.db"


@pytest.fixture
async def people(db: Database) -> dict[str, Person]:
    return await make_people(db, ["ana", "ben"])


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(now())


@pytest.fixture
async def door(db: Database, shelf: Shelf, clock: SteppedClock) -> AsyncIterator[Tus]:
    async with open_door(db, shelf.store, quota_bytes=QUOTA, clock=clock) as door:
        yield Tus(door)


class Tus:
    """A client that says each word by itself."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def ask(
        self, method: str, path: str, person: Person | None, data: Any = None, **headers: str
    ) -> ClientResponse:
        given = {"Tus-Resumable": "1.0.0", **(person.headers if person else {})}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.door.client.request(method, path, data=data, headers=given)

    async def begin(self, person: Person, size: int, name: str = "a.txt", **headers: str) -> ClientResponse:
        said = base64.b64encode(name.encode()).decode()
        return await self.ask(
            "POST", PATH, person, **{"Upload_Length": str(size), "Upload_Metadata": f"filename {said},x", **headers}
        )

    async def begun(self, person: Person, size: int = len(CONTENT), name: str = "a.txt") -> str:
        answer = await self.begin(person, size, name)
        assert (answer.status, answer.headers["Upload-Offset"]) == (201, "0"), await answer.text()
        assert answer.headers["Upload-Expires"].endswith(" GMT")
        return answer.headers["Location"]

    async def send(self, person: Person, where: str, at: int, content: Any) -> ClientResponse:
        return await self.ask(
            "PATCH", where, person, content, Upload_Offset=str(at), Content_Type="application/offset+octet-stream"
        )

    async def offset(self, person: Person, where: str) -> int:
        answer = await self.ask("HEAD", where, person)
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])


async def test_a_file_comes_in_several_goes(door: Tus, people: dict[str, Person], shelf: Shelf) -> None:
    ana, ben = people["ana"], people["ben"]
    where = await door.begun(ana, name="회의.txt")
    head = await door.ask("HEAD", where, ana)
    assert (head.headers["Upload-Length"], head.headers["Tus-Resumable"]) == (str(len(CONTENT)), "1.0.0")
    assert head.headers["Upload-Metadata"].startswith("filename ")
    for start, stop in ((0, 1000), (1000, 900_000), (900_000, len(CONTENT))):
        assert (await code_of(await door.ask("GET", where, ana)))[:2] == (409, "invalid")
        answer = await door.send(ana, where, start, CONTENT[start:stop])
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(stop)), await answer.text()
        assert await door.offset(ana, where) == stop
    stored = await (await door.ask("GET", where, ana)).json()
    assert (stored["name"], stored["size_bytes"]) == ("회의.txt", len(CONTENT))
    assert await (await door.door.get(stored["url"], ana)).read() == CONTENT
    assert (await (await door.ask("GET", where, ana)).json())["id"] == stored["id"]
    # Asked again because the answer was lost: nothing is done twice.
    assert (await door.send(ana, where, len(CONTENT), b"")).status == 204
    assert (await door.send(ana, where, 0, CONTENT)).status == 409
    assert len(await shelf.names()) == 1
    for method in ("HEAD", "GET", "PATCH", "DELETE"):
        answer = await door.ask(method, where, ben, Upload_Offset="0", Content_Type="application/offset+octet-stream")
        assert answer.status == 404


async def test_a_picture_is_looked_into_when_it_is_whole(door: Tus, people: dict[str, Person]) -> None:
    content = pictures.from_a_camera("JPEG", pictures.halves(), 6)
    where = await door.begun(people["ana"], len(content), "p.jpg")
    await door.send(people["ana"], where, 0, content[:100])
    await door.send(people["ana"], where, 100, content[100:])
    stored = await (await door.ask("GET", where, people["ana"])).json()
    assert (stored["media_type"], stored["width"], stored["height"]) == ("image/jpeg", 40, 80)
    assert stored["blur"].startswith("data:image/webp;base64,")
    assert pictures.PLACE not in await (await door.door.get(stored["url"], people["ana"])).read()


async def test_it_can_begin_with_content_and_be_empty(door: Tus, people: dict[str, Person]) -> None:
    answer = await door.ask(
        "POST", PATH, people["ana"], b"hello", Upload_Length="8", Content_Type="application/offset+octet-stream"
    )
    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "5")
    assert (await door.send(people["ana"], answer.headers["Location"], 5, b"you")).status == 204
    stored = await (await door.ask("GET", answer.headers["Location"], people["ana"])).json()
    assert (stored["name"], stored["size_bytes"]) == ("file", 8)
    empty = await door.begun(people["ana"], 0)
    assert await door.offset(people["ana"], empty) == 0
    assert (await (await door.ask("GET", empty, people["ana"])).json())["size_bytes"] == 0


async def test_what_came_before_a_cut_stays(door: Tus, people: dict[str, Person], shelf: Shelf) -> None:
    ana = people["ana"]
    where = await door.begun(ana)
    url = door.door.client.make_url("/")
    _, writer = await asyncio.open_connection(url.host, url.port)
    head = (
        f"PATCH {where} HTTP/1.1\r\nHost: {url.host}\r\nAuthorization: Bearer {ana.token}\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    )
    writer.write(head.encode() + CONTENT[:500_000])
    await writer.drain()
    arrived = 256 * 1024 if isinstance(shelf, DiskShelf) and not isinstance(shelf, BucketShelf) else 0
    async with asyncio.timeout(60):
        # What the server had not looked at yet when the link was cut is lost with it, but no more.
        while await door.offset(ana, where) < arrived:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
    writer.close()
    async with asyncio.timeout(60):
        while (answer := await door.send(ana, where, at := await door.offset(ana, where), CONTENT[at:])).status != 204:
            assert answer.status == 409
    assert arrived <= at <= 500_000
    assert (await (await door.ask("GET", where, ana)).json())["size_bytes"] == len(CONTENT)


async def test_one_that_stands_still_does_not_stand_in_the_way(door: Tus, people: dict[str, Person]) -> None:
    ana = people["ana"]
    where = await door.begun(ana)
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield CONTENT[:1000]
        await never.wait()

    late = asyncio.create_task(door.send(ana, where, 0, stuck()))
    assert (await door.send(ana, where, 0, CONTENT)).status == 204
    never.set()
    assert (await late).status in (204, 409)
    stored = await (await door.ask("GET", where, ana)).json()
    assert await (await door.door.get(stored["url"], ana)).read() == CONTENT


async def test_limits_and_quota_are_looked_at_before_anything_comes(door: Tus, people: dict[str, Person]) -> None:
    ana = people["ana"]
    status, code, _ = await code_of(await door.begin(ana, MAX_FILE_BYTES + 1))
    assert (status, code) == (413, "too_large")
    await door.begun(ana, 1_900_000)
    refused = await door.begin(ana, 1_200_000)
    assert refused.headers["Tus-Resumable"] == "1.0.0"
    error = (await refused.json())["error"]
    assert (refused.status, error["code"], error["field"]) == (413, "too_large", "quota")
    assert "3,000,000" in error["message"]
    use = await (await door.ask("GET", "/api/v1/me/files", ana)).json()
    assert use == {"used_bytes": 1_900_000, "quota_bytes": QUOTA}
    await door.begun(people["ben"], 1_200_000)


async def test_more_than_announced_is_not_taken(door: Tus, people: dict[str, Person]) -> None:
    where = await door.begun(people["ana"], 10)
    assert (await code_of(await door.send(people["ana"], where, 0, b"twelve bytes")))[:2] == (413, "too_large")
    assert await door.offset(people["ana"], where) < 10


async def test_it_can_be_given_up_and_expires(
    door: Tus, people: dict[str, Person], shelf: Shelf, clock: SteppedClock
) -> None:
    ana = people["ana"]
    where = await door.begun(ana)
    await door.send(ana, where, 0, CONTENT[:1000])
    assert (await door.ask("DELETE", where, ana)).status == 204
    assert (await door.ask("HEAD", where, ana)).status == 404
    assert (await door.ask("DELETE", where, ana)).status == 404
    assert await shelf.names() == set()
    where = await door.begun(ana)
    clock.step(days=1)
    assert (await door.send(ana, where, 0, b"too late")).status == 404


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"Tus_Resumable": "0.2.2", "Upload_Length": "5"}, 412),
        ("POST", {}, 422),
        ("POST", {"Upload_Length": "-1"}, 422),
        ("POST", {"Upload_Length": "ten"}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "filename %%%"}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "filename /w=="}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "filename ñ"}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "a eA==,a eA=="}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "a " + "x" * 5000}, 422),
        ("PATCH", {"Content_Type": "application/offset+octet-stream"}, 422),
        ("PATCH", {"Content_Type": "text/plain", "Upload_Offset": "0"}, 415),
    ],
)
async def test_what_is_not_tus_is_refused(
    door: Tus, people: dict[str, Person], method: str, headers: dict[str, str], status: int
) -> None:
    path = PATH if method == "POST" else await door.begun(people["ana"])
    answer = await door.ask(method, path, people["ana"], b"x" if method == "PATCH" else None, **headers)
    assert answer.status == status, await answer.text()
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert json.loads(await answer.text())["error"]["message"]


async def test_what_the_server_has_of_it_is_told_to_anybody(door: Tus) -> None:
    answer = await door.ask("OPTIONS", PATH, None)
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == str(MAX_FILE_BYTES)
    assert (await door.begin(Person(0, "nobody", "no-token"), 5)).status == 401
