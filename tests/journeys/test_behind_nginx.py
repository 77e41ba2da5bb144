"""Two people and a file, all of it through nginx.conf as an operator would run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.chat_client import ChatClient
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess, free_port, nginx_in_front_of


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """A server that knows the address people type, and the proxy they come through."""
    folder: Path = tmp_path_factory.mktemp("behind-nginx")
    port = free_port()
    with (
        nginx_in_front_of(port, folder / "nginx") as address,
        MadangProcess(folder / "data", port=port, public_url=address, trusted_proxies="127.0.0.1") as server,
    ):
        yield server


@pytest.fixture(scope="module")
def address(madang: MadangProcess) -> str:
    return madang.environment["MADANG_PUBLIC_URL"]


@pytest.fixture(scope="module")
def people(madang: MadangProcess) -> dict[str, Person]:
    return make_people_in(madang.data_dir, "ana", "ben")


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_two_people_talk(address: str, people: dict[str, Person], transport: str) -> None:
    async with (
        ChatClient(address, people["ana"].token, [transport]) as ana,
        ChatClient(address, people["ben"].token, [transport]) as ben,
    ):
        assert ana.socket.transport() == transport
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        text = f"through nginx by {transport}"
        await ana.do("send_message", conversation_id=direct, client_id=f"nginx-{transport}", text=text)
        assert (await ben.hears(text))["conversation_id"] == direct


async def test_a_file_passes_whole(address: str, people: dict[str, Person]) -> None:
    # Larger than what nginx takes by itself, 1 MB.
    content = bytes(range(256)) * 20_000
    form = aiohttp.FormData()
    form.add_field("file", content, filename="plan.bin", content_type="application/octet-stream")
    async with aiohttp.ClientSession(address, headers=people["ana"].headers) as session:
        async with session.post("/api/v1/files", data=form) as stored:
            assert stored.status == 201, await stored.text()
            url = (await stored.json())["url"]
        async with session.get(url) as loaded:
            assert await loaded.read() == content


async def test_a_page_of_the_public_address_may_connect_and_another_may_not(address: str) -> None:
    async with aiohttp.ClientSession() as session:
        for origin, status in {address: 200, "https://evil.example": 403}.items():
            polling = f"{address}/socket.io/?EIO=4&transport=polling"
            async with session.get(polling, headers={"Origin": origin}) as answer:
                assert answer.status == status, origin
