"""What every test may ask for: a database of its own, a clock to step, people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.storage import accounts
from server.storage.database import Database
from tests.fakes import RecordingPublisher, SteppedClock
from tests.files.shelf import BucketShelf, DiskShelf
from tests.postgres_server import PostgresServer
from tests.s3_under_test import S3Server


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Reports travel between the processes of a run as UTF-8, and what a test has logged may hold half a character."""
    report.sections = [(title, text.encode(errors="replace").decode()) for title, text in report.sections]


@pytest.fixture
def clock() -> SteppedClock:
    """A clock that moves only when it is told to."""
    return SteppedClock()


@pytest.fixture
def published() -> RecordingPublisher:
    """What commits announced."""
    return RecordingPublisher()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests. It does not wait for the disk; whoever stops it starts one of their own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """A new database on PostgreSQL, with the tables in it."""
    address = postgres.new_database()
    yield address
    postgres.drop(address)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new database of a test is: the test is run on both kinds."""
    if request.param == "sqlite":
        return tmp_path / "madang.db"
    address: str = request.getfixturevalue("postgres_address")
    return address


@pytest.fixture
async def db(place: Path | str, published: RecordingPublisher) -> AsyncIterator[Database]:
    """An open database of the test's own, of either kind."""
    database = Database(place)
    database.after_commit = published.publish
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server for all tests; whoever stops it starts one of their own."""
    with S3Server(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture(params=["disk", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> DiskShelf | BucketShelf:
    """Where a new store of a test is: the test is run on both kinds."""
    if request.param == "disk":
        return DiskShelf(tmp_path)
    return BucketShelf(request.getfixturevalue("s3"), tmp_path)


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
