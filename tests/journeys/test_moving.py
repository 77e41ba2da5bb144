"""A house moves from its embedded database to PostgreSQL: people find everything as they left it, and go on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp

from tests.chat_client import ChatClient
from tests.people import Person, make_people_in
from tests.services_under_test import ROOT, MadangProcess, plain_environment


async def test_people_find_everything_as_it_was_and_go_on(tmp_path: Path, postgres_address: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    people = make_people_in(data, "ana", "ben")
    with MadangProcess(data) as madang:
        direct = await _talk(madang.url, people)
        before = await _seen(madang.url, people, direct)
        refused = _move(data, postgres_address)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "madang.db is open in another program. Stop the server" in refused.stderr
        assert madang.stop() == 0
    moved = _move(data, postgres_address)
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert (
        f"Uploaded files are not moved: 1 (14 bytes) stay where they are, on this machine in {data}/files"
        in moved.stdout
    )
    with MadangProcess(data, database_url=postgres_address) as madang:
        assert await _seen(madang.url, people, direct) == before
        await _go_on(madang.url, people, direct, before)
    again = _move(data, postgres_address)
    assert (again.returncode, "already; nothing was done" in again.stderr) == (1, True)


async def _talk(url: str, people: dict[str, Person]) -> int:
    """What happens before the move; the id of the conversation of the two."""
    async with ChatClient(url, people["ana"].token) as ana, ChatClient(url, people["ben"].token) as ben:
        direct: int = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        for number in range(20):
            await ana.do(
                "send_message", conversation_id=direct, client_id=f"before-{number:03}", text=f"안녕 {number} 🍊"
            )
        await ben.do("add_reaction", conversation_id=direct, seq=3, emoji="👍")
        await ana.do("edit_message", conversation_id=direct, seq=4, text="Better so.")
        await ana.do("delete_message", conversation_id=direct, seq=5)
        await ben.do("mark_read", conversation_id=direct, seq=7)
        form = aiohttp.FormData()
        form.add_field("file", b"just some text", filename="note.txt", content_type="text/plain")
        async with aiohttp.ClientSession(url, headers=people["ana"].headers) as http:
            async with http.post("/api/v1/files", data=form) as answer:
                file = await answer.json()
        await ana.do("send_message", conversation_id=direct, client_id="before-file", text="", file_ids=[file["id"]])
        # The inbox follows the log, and is there a little later.
        async with asyncio.timeout(60):
            while not await _is_told_of_the_file(ben):  # noqa: ASYNC110 - it says so by an event or by another
                await asyncio.sleep(0.05)
        return direct


async def _is_told_of_the_file(ben: ChatClient) -> bool:
    inbox = await ben.do("list_notifications", "/notifications")
    return any(one["body"] == "note.txt" for one in inbox["notifications"])


async def _seen(url: str, people: dict[str, Person], direct: int) -> dict[str, Any]:
    """All that the two can see of their conversation and of the server."""
    seen: dict[str, Any] = {}
    for name, person in people.items():
        async with ChatClient(url, person.token) as client:
            ready = await client.event("ready")
            seen[name] = {
                "epoch": ready["server"]["epoch"],
                "account": ready["account"] | {"last_seen_at": None},
                "conversations": ready["conversations"],
                "messages": await client.do("fetch_messages", conversation_id=direct, limit=100),
                "log": await client.do("fetch_entries", conversation_id=direct, after_seq=0),
                "notifications": await client.do("list_notifications", "/notifications"),
            }
    return seen


async def _go_on(url: str, people: dict[str, Person], direct: int, before: dict[str, Any]) -> None:
    """A repeat is known, what is new comes behind what was, and the file is there."""
    head = before["ana"]["log"]["entries"][-1]["seq"]
    [file] = before["ana"]["messages"]["messages"][-1]["attachments"]
    async with ChatClient(url, people["ana"].token) as ana, ChatClient(url, people["ben"].token) as ben:
        repeat = await ana.do("send_message", conversation_id=direct, client_id="before-019", text="안녕 19 🍊")
        assert repeat["duplicate"]
        new = await ana.do("send_message", conversation_id=direct, client_id="behind-000", text="Here we are.")
        assert (new["seq"], new["duplicate"]) == (head + 1, False)
        await ben.hears("Here we are.")
        group = await ben.do("create_group", client_id="behind-group", title="New", account_ids=[people["ana"].id])
        assert group["id"] > direct
    async with aiohttp.ClientSession(url, headers=people["ben"].headers) as http, http.get(file["url"]) as answer:
        assert await answer.read() == b"just some text"


def _move(data: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", "move", "--from", f"sqlite:{data}"],
        cwd=ROOT,
        env=plain_environment() | {"MADANG_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
