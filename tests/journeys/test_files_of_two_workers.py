"""A file that comes in at one worker and goes out at another, on another machine: only the bucket is shared."""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp
import pytest

from tests.chat_client import ChatClient
from tests.files import pictures
from tests.people import Person, make_people_in
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.s3_under_test import S3Server
from tests.services_under_test import MadangProcess

PREFIX = "two-workers"


@pytest.fixture(scope="module")
def database_url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture(scope="module")
def workers(
    s3: S3Server, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[MadangProcess, MadangProcess]]:
    folder = tmp_path_factory.mktemp("two-workers")
    with RedisProcess(folder / "redis") as redis:
        settings = {"database_url": database_url, "redis_url": redis.url, "files_url": s3.files_url(PREFIX)}
        here, there = (MadangProcess(folder / worker, worker=worker, **settings) for worker in ("w1", "w2"))
        for worker in (here, there):
            worker.environment |= s3.environment
        with here, there:
            yield here, there


@pytest.fixture(scope="module")
def people(workers: object, database_url: str) -> dict[str, Person]:
    return make_people_in(database_url, "ana", "ben", "cho")


async def test_what_comes_in_here_goes_out_there_to_those_who_may_have_it(
    workers: tuple[MadangProcess, MadangProcess], people: dict[str, Person], s3: S3Server
) -> None:
    here, there = (worker.url for worker in workers)
    ana, ben, cho = (people[name] for name in ("ana", "ben", "cho"))
    async with (
        aiohttp.ClientSession() as http,
        ChatClient(here, ana.token) as ana_here,
        ChatClient(there, ben.token) as ben_there,
    ):
        form = aiohttp.FormData()
        form.add_field("file", pictures.plain("PNG", (900, 600)), filename="roof.png", content_type="image/png")
        async with http.post(f"{here}/api/v1/files", data=form, headers=ana.headers) as answer:
            assert answer.status == 201, await answer.text()
            stored = await answer.json()
        direct = (await ana_here.do("open_direct", account_id=ben.id))["id"]
        sent = await ana_here.do(
            "send_message", conversation_id=direct, client_id="the-roof", text="The roof", file_ids=[stored["id"]]
        )
        await ben_there.hears("The roof")

        async def status(path: str, person: Person) -> int:
            async with http.get(there + path, headers=person.headers) as answer:
                await answer.read()
                return answer.status

        async with http.get(there + stored["url"], headers=ben.headers) as answer:
            assert pictures.decoded(await answer.read()).size == (900, 600)
        assert await status(stored["thumbnail_url"], ben) == 200
        assert await status(stored["url"], cho) == 404
        assert len(await s3.everything(PREFIX)) == 2
        await ana_here.do("delete_message", conversation_id=direct, seq=sent["seq"])
        assert await status(stored["url"], ben) == await status(stored["thumbnail_url"], ben) == 404
        assert await s3.everything(PREFIX) == set()


async def test_what_begins_here_goes_on_there(
    workers: tuple[MadangProcess, MadangProcess], people: dict[str, Person], s3: S3Server
) -> None:
    here, there = (worker.url for worker in workers)
    content = pictures.encoded(pictures.noise((1500, 1000)), "PNG")
    third = len(content) // 3
    goes = ((there, 0, third), (here, third, 2 * third), (there, 2 * third, len(content)))
    async with aiohttp.ClientSession(headers=people["ana"].headers | {"Tus-Resumable": "1.0.0"}) as http:
        async with http.post(f"{here}/api/v1/uploads", headers={"Upload-Length": str(len(content))}) as answer:
            where = answer.headers["Location"]
        for worker, start, stop in goes:
            body = {"Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
            async with http.patch(worker + where, headers=body, data=content[start:stop]) as answer:
                assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(stop))
        async with http.get(here + where) as answer:
            stored = await answer.json()
        assert (stored["width"], stored["height"]) == (1500, 1000)
        async with http.get(here + stored["url"]) as answer:
            assert pictures.decoded(await answer.read()).size == (1500, 1000)
    assert len(await s3.everything(PREFIX)) == 2
