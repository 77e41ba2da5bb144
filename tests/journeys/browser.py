"""A person in front of a real Chromium: what they see is found by its label, as a person finds it."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, WebSocketRoute, async_playwright, expect
from playwright.async_api import Error as PlaywrightError

from tests.people import Person
from tests.services_under_test import chromium

PATIENCE_MS = 30_000
PASSWORD = "a swept yard in autumn"
SCREENSHOTS = "SCREENSHOTS"
"""The variable that names a folder for pictures of every screen a journey comes by."""

DESKTOP = (1440, 900)
PHONE = (390, 844)

TEXTS_BY_SEQ = "all => all.map((it) => [Number(it.dataset.seq), it.querySelector('.text').innerText])"
"""What the rows that are drawn say."""

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def launched(*switches: str) -> AsyncIterator[Browser]:
    """The distribution's Chromium, which asks nothing of the internet, with more switches if they are needed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                "--headless=new",
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                *switches,
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()


class Network:
    """The way from a browser to the server's sockets. It can be cut and mended; pages and files still come."""

    def __init__(self) -> None:
        self._cut = False
        self._open: list[WebSocketRoute] = []

    async def stand_before(self, context: BrowserContext | Page) -> None:
        """Every socket of that browser, or of that page alone, goes through here from now on."""
        await context.route("**/socket.io/**", self._pass_request)
        await context.route_web_socket("**/socket.io/**", self._pass_socket)

    async def cut(self) -> None:
        """Ends the sockets there are, and lets no new one through."""
        self._cut = True
        sockets, self._open = self._open, []
        for socket in sockets:
            with suppress(PlaywrightError):  # it went with its page
                await socket.close()

    def mend(self) -> None:
        """Lets the next one through."""
        self._cut = False

    async def _pass_request(self, route: Route) -> None:
        if self._cut:
            await route.abort("internetdisconnected")
        else:
            await route.continue_()

    async def _pass_socket(self, socket: WebSocketRoute) -> None:
        if self._cut:
            await socket.close()
        else:
            server = socket.connect_to_server()
            server.on_message(lambda message: socket.send(message) if self.hears(message) else None)
            self._open.append(socket)

    def hears(self, message: str | bytes) -> bool:
        """Whether a message of the server reaches the browser."""
        return True


class Visitor:
    """One person with one page. ``troubles`` has everything the page complained of."""

    def __init__(self, name: str, page: Page, url: str) -> None:
        self.name = name
        self.page = page
        self.url = url
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(f"{name}: {error}"))
        page.on("console", self._note)

    @classmethod
    async def arrived(cls, browser: Browser, url: str, name: str, **options: Any) -> Self:
        """Somebody who has just opened the address in a browser of their own."""
        width, height = options.pop("size", DESKTOP)
        options = {"locale": "en-GB", "timezone_id": "Asia/Seoul", "color_scheme": "light", **options}
        cookies = options.pop("cookies", [])
        network = options.pop("network", None)
        made = await browser.new_context(viewport={"width": width, "height": height}, **options)
        await made.add_cookies(cookies)
        if network:
            await network.stand_before(made)
        page = await made.new_page()
        page.set_default_timeout(PATIENCE_MS)
        visitor = cls(name, page, url)
        await page.goto(url)
        return visitor

    @classmethod
    async def signed_in(cls, browser: Browser, url: str, person: Person, **options: Any) -> Self:
        """Somebody whose browser has the cookie already."""
        cookie = {"name": "madang_session", "value": person.token, "url": url}
        return await cls.arrived(browser, url, person.name, cookies=[cookie], **options)

    async def sign_up(self) -> None:
        """Creates an account by the form."""
        form = self.page.locator("form")
        await (
            self.page.get_by_role("tab", name="Create account")
            .or_(self.page.get_by_role("link", name="Create account"))
            .or_(self.page.get_by_role("button", name="Create account"))
            .first.click()
        )
        await form.get_by_label("Name", exact=True).fill(self.name.capitalize())
        await form.get_by_label("Username").fill(self.name)
        await form.get_by_label("Password", exact=True).fill(PASSWORD)
        await form.get_by_role("button", name="Create account").click()
        await expect(self.page.get_by_role("navigation", name="Conversations")).to_be_visible()

    @property
    def composer(self) -> Locator:
        """The box that one writes in."""
        return self.page.locator("textarea")

    async def find(self, *people: str, group: str = "") -> None:
        """Opens a conversation with people found by name; several make a group."""
        await self.page.get_by_role("button", name="New conversation").first.click()
        dialog = self.page.get_by_role("dialog")
        for person in people:
            await dialog.get_by_role("combobox").fill(person)
            await dialog.get_by_role("option", name=person.capitalize()).first.click()
        if group:
            await dialog.get_by_label("Group name").fill(group)
        await dialog.get_by_role("button", name="Create" if group else "Open", exact=True).click()
        await self.is_in(group or people[0].capitalize())

    async def another_tab(self) -> Visitor:
        """The same person in another tab of the same browser."""
        page = await self.page.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(self.name, page, self.url)
        await page.goto(self.url)
        return visitor

    async def writes(self, text: str) -> None:
        """Writes and presses Enter."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.composer).to_have_value("")

    async def say(self, text: str) -> None:
        """Writes and presses Enter; waits until the server has it."""
        await self.writes(text)
        await expect(self.message(text)).to_have_attribute("data-state", "sent")

    async def open(self, conversation: str) -> None:
        """Chooses a conversation in the list."""
        await self.row(conversation).click()
        await self.is_in(conversation)

    async def is_in(self, conversation: str) -> None:
        """Waits until a conversation is shown: the box of the one before stands there until then."""
        await expect(self.page.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(conversation)
        await expect(self.composer).to_be_visible()

    def row(self, conversation: str) -> Locator:
        """A conversation's row in the list."""
        rows = self.page.get_by_role("navigation", name="Conversations")
        return rows.get_by_role("link", name=re.compile(rf"^{conversation}\b")).first

    async def to_message(self, article: Locator) -> None:
        """Goes from the composer to a message by keyboard."""
        await self.composer.focus()
        on_a_message = self.page.locator("article:focus")
        while await on_a_message.count() == 0:
            await self.page.keyboard.press("Shift+Tab")
        await self.page.keyboard.press("End")
        while not await article.evaluate("it => it === document.activeElement"):
            await expect(on_a_message).not_to_have_attribute("aria-posinset", "1")
            await self.page.keyboard.press("ArrowUp")

    def message(self, text: str) -> Locator:
        """The message that says ``text``."""
        return self.page.locator("article").filter(has_text=text).locator(".message").first

    async def sees(self, text: str) -> None:
        """Waits until a message says ``text``."""
        await expect(self.page.locator("article").filter(has_text=text).first).to_be_visible()

    async def texts_from_top(self, first: str) -> list[str]:
        """Every message's text, read while scrolling up to the one that says ``first``; rows come and go."""
        seen: dict[int, str] = {}
        timeline = self.page.get_by_role("feed")
        while first not in seen.values():
            # All at once: between two looks the third row may have become the thirteenth.
            seen.update(await timeline.locator("article[data-seq]:has(.text)").evaluate_all(TEXTS_BY_SEQ))
            await self.page.locator(".timeline").evaluate("it => it.scrollBy(0, -400)")
            await self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        return [seen[seq] for seq in sorted(seen)]

    async def picture(self, screen: str) -> None:
        """Keeps a picture of the screen, if somebody asked for them."""
        if folder := os.environ.get(SCREENSHOTS):
            await self.page.screenshot(path=Path(folder) / f"{screen}.png", animations="disabled")

    def _note(self, message: Any) -> None:
        # Before signing in, the page asks who it is and is told 401: that is an answer.
        if message.type == "error" and "401" not in message.text:
            self.troubles.append(f"{self.name}: {message.text}")
