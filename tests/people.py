"""People with accounts and signed-in devices, made without the price of a password each."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from server.clock import now
from server.storage import accounts, contacts, sessions
from server.storage.database import Database

T = TypeVar("T")
YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in on one device."""

    id: int
    name: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """For HTTP requests of theirs."""
        return {"Authorization": f"Bearer {self.token}"}


async def make_people(db: Database, names: Iterable[str]) -> dict[str, Person]:
    """New accounts with a session each, in an open database. The first account of a database is its owner."""
    return await db.write(_make, list(names))


def make_people_in(place: Path | str, *names: str) -> dict[str, Person]:
    """The same in a data folder, a database file or a PostgreSQL, which a server may have open or not."""
    return _in_another_thread(place, lambda db: make_people(db, names))


def disable_in(place: Path | str, person: Person) -> None:
    """What an operator does to somebody on the command line, in such a place."""
    write_beside(place, contacts.disable, person.id, now())


def write_beside(place: Path | str, query: Callable[..., Any], *arguments: Any) -> None:
    """What another process writes in such a place, and tells no server of."""
    _in_another_thread(place, lambda db: db.write(query, *arguments))


def _in_another_thread(place: Path | str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def do() -> T:
        db = Database(place / "madang.db" if isinstance(place, Path) and not place.suffix else place)
        await db.open()
        try:
            return await work(db)
        finally:
            await db.close()

    # The caller may be on an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, do()).result()


def _make(names: list[str]) -> dict[str, Person]:
    made = {}
    for name in names:
        role = "person" if accounts.any_exists() else "owner"
        account = accounts.add(accounts.NewAccount(name, name.capitalize(), role, None, now()))
        token = secrets.token_urlsafe(32)
        sessions.add(account.id, hashlib.sha256(token.encode()).digest(), "Test", now(), now() + YEAR_MS)
        made[name] = Person(account.id, name, token)
    return made
