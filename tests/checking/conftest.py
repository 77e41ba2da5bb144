"""Healthy databases of either kind, with a row of every sort."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.checking.copies import Copies, FileCopies, ServerCopies


@pytest.fixture(scope="session")
def file_copies(tmp_path_factory: pytest.TempPathFactory) -> FileCopies:
    """Made once. In a thread of its own, as the test may be on an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(FileCopies, tmp_path_factory.mktemp("street")).result()


@pytest.fixture(params=["sqlite", "postgres"], scope="session")
def copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copies:
    """Copies of the street of either kind."""
    if request.param == "sqlite":
        found: FileCopies = request.getfixturevalue("file_copies")
        return found
    server, folder = request.getfixturevalue("postgres"), tmp_path_factory.mktemp("street")
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ServerCopies, server, Path(folder)).result()
