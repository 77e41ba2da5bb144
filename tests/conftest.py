"""What every test may ask for: a database of its own, a clock to step, people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.storage import accounts
from server.storage.database import Database
from tests.fakes import RecordingPublisher, SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that moves only when it is told to."""
    return SteppedClock()


@pytest.fixture
def published() -> RecordingPublisher:
    """What commits announced."""
    return RecordingPublisher()


@pytest.fixture
async def db(tmp_path: Path, published: RecordingPublisher) -> AsyncIterator[Database]:
    """An open database in a folder of its own."""
    database = Database(tmp_path / "madang.db")
    database.after_commit = published.publish
    await database.open()
    yield database
    await database.close()


class People:
    """Accounts made by name: ``people["ana"]`` is her id once she has been added."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids: dict[str, int] = {}

    async def add(self, *names: str) -> list[int]:
        """New accounts with these usernames; their ids in that order."""
        for name in names:
            new = accounts.NewAccount(name, name.capitalize(), "person", None, 1_700_000_000_000)
            self._ids[name] = (await self._db.write(accounts.add, new)).id
        return [self._ids[name] for name in names]

    def __getitem__(self, name: str) -> int:
        return self._ids[name]


@pytest.fixture
def people(db: Database) -> People:
    """Accounts made by name."""
    return People(db)
