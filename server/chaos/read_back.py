"""Everything read back at the end: from the database itself, and from each worker as a client gets it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from server import records
from server.chaos import history
from server.chaos.cast import Cast
from server.chaos.client import Account
from server.chaos.history import Checked, Entry, Final, Text
from server.chaos.wire import Wire
from server.chaos.workers import Worker
from server.storage import log
from server.storage.checking.checking import check
from server.storage.database import Database
from server.storage.unit import fetch_all

ALL = 1_000_000
Page = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Unreadable(Exception):
    """A worker that ought to serve refuses or does not answer."""


async def from_database(database: Database) -> list[Final]:
    """Each conversation as it is stored."""
    return await database.read(_stored)


def fits_together(database: Path | str) -> Checked:
    """What the check of everything that is stored finds. It blocks: call it in a thread of its own."""
    found = check(database)
    return Checked(sum(found.looked_at.values()), [one for named in found.named.values() for one in named])


async def heads(database: Database) -> dict[int, tuple[int, set[int]]]:
    """How far each conversation has come, and who belongs to it."""
    return await database.read(_heads)


def _stored() -> list[Final]:
    ids = [row[0] for row in fetch_all("select id from conversation order by id")]
    return [_stored_conversation(conversation_id) for conversation_id in ids]


def _stored_conversation(conversation_id: int) -> Final:
    messages = fetch_all("select seq, text, deleted_at from message where conversation_id = ?", (conversation_id,))
    members = fetch_all(
        "select account_id, read_seq, received_seq from membership where conversation_id = ?", (conversation_id,)
    )
    return Final(
        source=history.DATABASE,
        conversation_id=conversation_id,
        entries=[_entry(entry) for entry in log.read(conversation_id, 0, 0, ALL)],
        messages={seq: Text(text, deleted is not None) for seq, text, deleted in messages},
        members=sorted(account_id for account_id, *_ in members),
        read={account_id: read_seq for account_id, read_seq, _ in members},
        received={account_id: received_seq for account_id, _, received_seq in members},
    )


def _entry(entry: records.Entry) -> Entry:
    wire = {
        "conversation_id": entry.conversation_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "actor_id": entry.actor_id,
        "data": msgspec.json.decode(entry.data),
    }
    return Entry.of(wire)


def _heads() -> dict[int, tuple[int, set[int]]]:
    members: dict[int, set[int]] = {}
    for conversation_id, account_id in fetch_all("select conversation_id, account_id from membership"):
        members.setdefault(conversation_id, set()).add(account_id)
    found = fetch_all("select id, head_seq from conversation")
    return {conversation_id: (head, members.get(conversation_id, set())) for conversation_id, head in found}


async def from_worker(
    http: aiohttp.ClientSession, worker: Worker, cast: Cast, belongs: dict[int, set[int]]
) -> AsyncIterator[Final]:
    """Each conversation as this worker serves it: to the host of all groups, and to whoever is in a direct one."""
    readers = {cast.host.id: cast.host, **cast.people}
    by_reader: dict[int, list[int]] = {}
    for conversation_id, members in belongs.items():
        reader = cast.host.id if cast.host.id in members else min(members & readers.keys())
        by_reader.setdefault(reader, []).append(conversation_id)
    for reader, conversation_ids in by_reader.items():
        async for final in _read_as(http, worker, readers[reader], conversation_ids):
            yield final


async def _read_as(
    http: aiohttp.ClientSession, worker: Worker, account: Account, conversation_ids: list[int]
) -> AsyncIterator[Final]:
    wire = Wire(lambda name, arguments: None, lambda reason: None)
    await wire.open(http, worker.address, {"token": account.token, "protocol": 1})
    try:

        async def page(command: str, payload: dict[str, Any]) -> dict[str, Any]:
            reply = await wire.ask(command, payload, 10)
            if not reply["ok"]:
                raise Unreadable(f"{worker.name} refuses {command} {payload}: {reply['error']}")
            data: dict[str, Any] = reply["data"]
            return data

        for conversation_id in conversation_ids:
            yield Final(
                source=worker.name,
                conversation_id=conversation_id,
                entries=await _entries(page, conversation_id),
                messages=await _messages(page, conversation_id),
            )
    finally:
        await wire.close()


async def _entries(page: Page, conversation_id: int) -> list[Entry]:
    found: list[Entry] = []
    while True:
        after = found[-1].seq if found else 0
        got = await page("fetch_entries", {"conversation_id": conversation_id, "after_seq": after, "limit": 200})
        found += [Entry.of(entry) for entry in got["entries"]]
        if not got["more"]:
            return found


async def _messages(page: Page, conversation_id: int) -> dict[int, Text]:
    found: dict[int, Text] = {}
    while True:
        after = max(found, default=0)
        got = await page("fetch_messages", {"conversation_id": conversation_id, "after_seq": after, "limit": 100})
        found |= {one["seq"]: Text(one["text"], one.get("deleted_at") is not None) for one in got["messages"]}
        if not got["more_after"]:
            return found
