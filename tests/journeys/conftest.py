"""A running server, and people on it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.browser import launched
from tests.journeys.stored import database_of
from tests.people import Person, make_people_in
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def on_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a server with an empty database, of either kind: whatever needs it is run on both."""
    return _settings(request)


@pytest.fixture(params=["sqlite", "postgres"])
def own_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The same for a server that one test alone has."""
    return _settings(request)


def _settings(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == "sqlite":
        return {}
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return {"database_url": postgres.new_database()}


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[MadangProcess]:
    """A server of this module's own."""
    folder: Path = tmp_path_factory.mktemp("madang")
    with MadangProcess(folder / "data", message_rate="off", metrics_access="admin", **on_database) as server:
        yield server


@pytest.fixture
def people(madang: MadangProcess) -> Callable[..., dict[str, Person]]:
    """Makes people with names nobody has yet; asked by the plain ones: ``people("ana")["ana"]``."""

    def make(*names: str) -> dict[str, Person]:
        number = next(_numbers)
        made = make_people_in(database_of(madang), *(f"{name}{number}" for name in names))
        return {name: made[f"{name}{number}"] for name in names}

    return make


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    async with launched() as chromium:
        yield chromium
