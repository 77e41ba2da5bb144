"""A running server, and people on it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.journeys.browser import launched
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """A server of this module's own, with an empty database."""
    folder: Path = tmp_path_factory.mktemp("madang")
    with MadangProcess(folder / "data", message_rate="off", metrics_access="admin") as server:
        yield server


@pytest.fixture
def people(madang: MadangProcess) -> Callable[..., dict[str, Person]]:
    """Makes people with names nobody has yet; asked by the plain ones: ``people("ana")["ana"]``."""

    def make(*names: str) -> dict[str, Person]:
        number = next(_numbers)
        made = make_people_in(madang.data_dir, *(f"{name}{number}" for name in names))
        return {name: made[f"{name}{number}"] for name in names}

    return make


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    async with launched() as chromium:
        yield chromium
