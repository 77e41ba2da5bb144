"""What Chromium asks for before a first screen can be used, against what its budget counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor
from tests.journeys.stored import database_of
from tests.people import make_people_in
from tests.services_under_test import MadangProcess
from tests.test_first_load import fetched_for

PATIENCE_MS = 10_000
"""When the page fetches the rest although its first screen does not stand yet: soon.tsx."""
STANDS = "() => performance.getEntriesByName('first-screen')[0]?.startTime"
ASKED_FOR = r"""
before => performance.getEntriesByType('resource')
  .filter(({ name, startTime }) => /\.(js|css)$/.test(name) && startTime < before)
  .map(({ name }) => new URL(name).pathname.slice(1))
"""


@pytest.fixture
def madang(tmp_path: Path) -> Iterator[MadangProcess]:
    with MadangProcess(tmp_path / "data") as server:
        yield server


async def test_no_first_screen_asks_for_more_than_its_budget_counts(browser: Browser, madang: MadangProcess) -> None:
    people = make_people_in(database_of(madang), "ana", "ben")
    async with ChatClient(madang.url, people["ben"].token) as ben:
        direct = await ben.begins(people["ana"].id, "Good morning.")
    ana = await Visitor.signed_in(browser, madang.url, people["ana"])
    for screen, path in (("a conversation", f"/c/{direct}"), ("no conversation", "/c"), ("signing in", "/sign-in")):
        if screen == "signing in":
            await ana.page.context.clear_cookies()
        asked = await asked_for(ana.page, madang.url + path)
        assert asked <= fetched_for(screen), screen
        assert any(name.endswith(".js") for name in asked), screen


async def asked_for(page: Page, address: str) -> set[str]:
    """The scripts and stylesheets asked for before the first screen stood; a visit that took too long is made again."""
    while True:
        await page.goto(address)
        stood = await (await page.wait_for_function(STANDS)).json_value()
        if stood < PATIENCE_MS:
            return set(await page.evaluate(ASKED_FOR, stood))
