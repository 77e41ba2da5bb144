"""Madang's people: accounts with a signed-in device each, and their groups, in a data folder."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.clock import now
from server.records import Account
from server.storage import accounts, conversations, sessions
from server.storage.database import Database
from tests.services_under_test import ROOT

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in with ``token`` and speaks in a conversation."""

    token: str
    conversation_id: int


def new_disk_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder on the project's own disk: /tmp may lie in memory, where syncing costs nothing and proves nothing."""
    place = ROOT / "build" / "bench"
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=place)


def settle(folder: Path, people: int, group_size: int) -> tuple[Person, ...]:
    """Puts ``people`` into an empty data folder, ``group_size`` to a conversation."""
    template, crowd = _template(people, group_size)
    shutil.copytree(template.name, folder, dirs_exist_ok=True)
    return crowd


@functools.cache
def _template(people: int, group_size: int) -> tuple[tempfile.TemporaryDirectory[str], tuple[Person, ...]]:
    """Written once and copied for every round; gone with this process."""
    folder = new_disk_folder()
    return folder, asyncio.run(_write(Path(folder.name), people, group_size))


async def _write(folder: Path, people: int, group_size: int) -> tuple[Person, ...]:
    db = Database(folder / "madang.db")
    await db.open()
    try:
        return await db.write(write_people, people, group_size)
    finally:
        await db.close()


def write_people(people: int, group_size: int) -> tuple[Person, ...]:
    """Makes them in an open database: a piece for its writer."""
    crowd: list[Person] = []
    for start in range(0, people, group_size):
        ids = [_person(number).id for number in range(start, min(start + group_size, people))]
        group = conversations.create_group(
            ids[0], conversations.NewGroup(f"bench-group-{start}", f"Group {start}", ids[1:]), now()
        )
        crowd += [Person(_token(account_id), group.id) for account_id in ids]
        for account_id in ids:
            token_hash = hashlib.sha256(_token(account_id).encode()).digest()
            sessions.add(account_id, token_hash, "benchmark", now(), now() + _HOUR_MS)
    return tuple(crowd)


def _person(number: int) -> Account:
    name = f"person{number + 1}"
    return accounts.add(accounts.NewAccount(name, name.title(), "person", None, now()))


def _token(account_id: int) -> str:
    return f"benchmark-token-of-account-{account_id:08}"
