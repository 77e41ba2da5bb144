"""Healthy databases of either kind, with a row of every sort."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.checking.copies import Copies, FileCopies, ServerCopies
from tests.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def file_copies(tmp_path_factory: pytest.TempPathFactory) -> FileCopies:
    """Made once. In a thread of its own, as the test may be on an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(FileCopies, tmp_path_factory.mktemp("street")).result()


@pytest.fixture(scope="session")
def server_copies(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> ServerCopies:
    """The same on PostgreSQL."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ServerCopies, postgres, tmp_path_factory.mktemp("street")).result()


@pytest.fixture(params=["sqlite", "postgres"], scope="session")
def copies(request: pytest.FixtureRequest) -> Copies:
    """Copies of the street of either kind."""
    name = "file_copies" if request.param == "sqlite" else "server_copies"
    found: Copies = request.getfixturevalue(name)
    return found
