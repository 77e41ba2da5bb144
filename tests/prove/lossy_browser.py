"""The same in Chromium: real IndexedDB, locks and channels, two tabs for each person, real reloads and closed tabs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from tests.journeys.browser import launched
from tests.people import Person
from tests.prove.lossy_link import LossyLink

TABS = 2
RELOADED = 0.05
CLOSED = 0.02
WAITING = 12
PATIENCE_S = 120.0
HEALED_S = 40.0
_HTML = Path(__file__).with_name("lossy_page.html")


@dataclass
class Writer:
    """A person with some tabs, who writes in one or another and reloads or closes them at random."""

    context: BrowserContext
    url: str
    person: Person
    conversations: list[int]
    chance: random.Random
    written: set[str] = field(default_factory=set)
    reloads: int = 0
    closed: int = 0
    _tabs: list[Page] = field(default_factory=list)

    @classmethod
    async def of(
        cls, browser: Browser, url: str, person: Person, conversations: list[int], chance: random.Random
    ) -> Writer:
        """A browser of their own, with its tabs open."""
        context = await browser.new_context()
        await context.add_cookies([{"name": "madang_session", "value": person.token, "url": url}])

        writer = cls(context, url, person, conversations, chance)
        for _ in range(TABS):
            await writer._open()
        return writer

    async def write(self, count: int) -> None:
        """So many messages; returns when nothing waits any more."""
        for number in range(1, count + 1):
            place = self.chance.randrange(len(self._tabs))
            message = [self.chance.choice(self.conversations), ""]
            message[1] = f"{self.person.id} {message[0]} {number}"
            self.written.add(str(message[1]))
            fate = self.chance.random()
            if fate < RELOADED + CLOSED:
                # Not a moment between Enter and the end of the page.
                await self._tabs[place].evaluate("(message) => say(...message)", message)
                await (self._reload(place) if fate < RELOADED else self._close(place))
            else:
                await self._tabs[place].evaluate("(message) => said(...message)", message)
            if number % 4 == 0:
                await self._waits_for(WAITING)
        await self._waits_for(0)

    async def look(self) -> None:
        """Goes to the end of every conversation in every tab."""
        for tab in self._tabs:
            await tab.evaluate("(ids) => lookAtLatest(ids)", self.conversations)

    async def screens(self) -> list[dict[str, Any]]:
        """What each tab shows of each conversation."""
        found = []
        for tab in self._tabs:
            shown = await tab.evaluate("(ids) => shown(ids)", self.conversations)
            for conversation, lines in zip(self.conversations, shown["lines"], strict=True):
                found.append({"person": self.person.id, "conversation": conversation, "lines": lines})
        return found

    async def _open(self) -> None:
        page = await self.context.new_page()
        await page.goto(f"{self.url}/lossy")
        await self._is_here(page)
        self._tabs.append(page)

    async def _is_here(self, page: Page) -> None:
        await page.wait_for_function("() => window.here")
        await page.evaluate("() => here")
        if self.chance.random() < 0.5:
            await page.evaluate("(ids) => void look(ids)", self.conversations)

    async def _reload(self, place: int) -> None:
        self.reloads += 1
        await self._tabs[place].reload()
        await self._is_here(self._tabs[place])

    async def _close(self, place: int) -> None:
        self.closed += 1
        await self._tabs.pop(place).close()
        await self._open()

    async def _waits_for(self, most: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (await self._tabs[0].evaluate("() => shown([])"))["waiting"] > most:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def lived(
    link: LossyLink, core: bytes, people: list[Person], places: dict[int, list[int]], sends: int, chance: random.Random
) -> tuple[list[Writer], list[dict[str, Any]], float]:
    """The writers when all is written and sent, what they see when all see the same, and the seconds they wrote."""
    link.pages = {
        "/lossy": ("text/html", _HTML.read_bytes()),
        "/lossy-core.mjs": ("text/javascript", core),
    }
    async with launched() as browser, contextlib.AsyncExitStack() as closing:
        writers = []
        for person in people:
            own = random.Random(chance.random())
            writers.append(await Writer.of(browser, link.url, person, places[person.id], own))
            closing.push_async_callback(writers[-1].context.close)
        began = time.monotonic()
        await asyncio.gather(*(writer.write(sends // len(writers)) for writer in writers))
        seconds = time.monotonic() - began
        await asyncio.gather(*(writer.look() for writer in writers))
        return writers, await _agreed(writers), seconds


async def _agreed(writers: list[Writer]) -> list[dict[str, Any]]:
    """What all show, as soon as they show the same."""
    until = time.monotonic() + HEALED_S
    while True:
        screens = list(itertools.chain(*await asyncio.gather(*(writer.screens() for writer in writers))))
        last = {one["conversation"]: max(two["lines"][-1][0] for two in _same(screens, one)) for one in screens}
        if all(one["lines"][-1][0] == last[one["conversation"]] for one in screens) or time.monotonic() > until:
            return screens
        await asyncio.sleep(0.2)


def _same(screens: list[dict[str, Any]], one: dict[str, Any]) -> list[dict[str, Any]]:
    return [two for two in screens if two["conversation"] == one["conversation"]]
