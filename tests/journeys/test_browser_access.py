"""Equal for hands, eyes and ears: axe finds nothing serious on any screen, in both themes and languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.furnished import Yard, furnish
from tests.people import Person
from tests.services_under_test import ROOT, MadangProcess

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

FIND_TROUBLE = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations
        .filter((one) => one.impact === 'serious' || one.impact === 'critical')
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`))
}"""

AT_REST = """async () => {
    const frame = () => new Promise(requestAnimationFrame)
    const ends = (one) => Number.isFinite(one.effect.getComputedTiming().endTime)
    const moving = () => document.getAnimations().filter((one) => one.playState === 'running' && ends(one))
    do {
        // A new theme is painted one frame after it is chosen, and what moves then begins with that.
        await frame()
        await frame()
        await Promise.all(moving().map((one) => one.finished.catch(() => 0)))
    } while (moving().length > 0)
}"""

IS_FILLED = """(at, colour) => {
    const sample = document.body.appendChild(document.createElement('i'))
    sample.style.cssText = `forced-color-adjust: none; background: ${colour}`
    const { backgroundColor } = getComputedStyle(sample)
    sample.remove()
    return getComputedStyle(at).backgroundColor === backgroundColor
}"""
"""Whether something stands on one of the system's own colours."""

PLACES = (
    "contacts",
    "notifications",
    "search?q=paper",
    "settings/profile",
    "settings/devices",
    "settings/notifications",
    "settings/privacy",
    "settings/appearance",
    "settings/language",
    "settings/about",
)
"""Every page that has an address; a new one is added here. Conversations and dialogs are opened by hand below."""

# Every two of size, theme and language meet.
LOOKS = [
    pytest.param(DESKTOP, "light", "en-GB", id="desktop-light-en"),
    pytest.param(DESKTOP, "dark", "ko-KR", id="desktop-dark-ko"),
    pytest.param(PHONE, "light", "ko-KR", id="phone-light-ko"),
    pytest.param(PHONE, "dark", "en-GB", id="phone-dark-en"),
]


class Troubles:
    """What axe finds, screen by screen."""

    def __init__(self) -> None:
        self.found: list[str] = []

    async def look_at(self, page: Page, screen: str) -> None:
        """Looks at the screen as it is when everything on it has come to rest."""
        if not await page.evaluate("() => 'axe' in window"):
            await page.evaluate(AXE.read_text())
        await page.evaluate(AT_REST)
        self.found += [f"{screen}: {trouble}" for trouble in await page.evaluate(FIND_TROUBLE)]


LANGUAGES: list[dict[str, Any]] = [
    {
        key: words
        for file in files
        for key, words in json.loads((ROOT / "web" / "app" / "src" / "i18n" / file).read_text()).items()
    }
    for files in (["en.json", "en.later.json"], ["ko.json"])
]


def words(key: str) -> re.Pattern[str]:
    """What a button says, in either language; there may be a number behind."""
    return re.compile("|".join(rf"^{re.escape(language[key])}(?![^\d\W])" for language in LANGUAGES))


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """The screens are the same on either kind of database."""
    with MadangProcess(tmp_path_factory.mktemp("access") / "data", message_rate="off") as server:
        yield server


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
async def test_axe_finds_nothing_serious(
    browser: Browser,
    madang: MadangProcess,
    people: Callable[..., dict[str, Person]],
    size: tuple[int, int],
    scheme: str,
    locale: str,
) -> None:
    known = people("ana", "ben", "cleo", "dana", "eun", "min")
    look: dict[str, Any] = {"size": size, "color_scheme": scheme, "locale": locale}
    tour = Tour(Troubles(), f"{scheme}-{size[0]}", is_phone=size == PHONE)
    stranger = await Visitor.arrived(browser, madang.url, "stranger", **look)
    await expect(stranger.page.locator("form")).to_be_visible()
    await tour.look_at(stranger, "sign in")
    await stranger.page.goto(f"{madang.url}/create-account")
    await expect(stranger.page.locator(".password-meter")).to_be_visible()
    await tour.look_at(stranger, "create account")
    newcomer = await Visitor.signed_in(browser, madang.url, known["cleo"], **look)
    await expect(newcomer.page.locator("h1").first).to_be_visible()
    await tour.look_at(newcomer, "first run")

    yard = await furnish(madang, known)
    ana = await Visitor.signed_in(browser, madang.url, known["ana"], **look)
    await expect(ana.page.locator("a.row").first).to_be_visible()
    await tour.look_at(ana, "list")
    await tour.pages(ana)
    await tour.contacts(ana)
    await tour.windows(ana)
    await ana.page.goto(f"{madang.url}/join/{yard.code}")
    await expect(ana.page.get_by_role("main").get_by_text("Tile makers")).to_be_visible()
    await tour.look_at(ana, "join")
    assert [*stranger.troubles, *newcomer.troubles, *ana.troubles] == []
    assert tour.troubles.found == []
    for visitor in (stranger, newcomer, ana):
        await visitor.page.context.close()


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
async def test_axe_finds_nothing_serious_where_people_talk(
    browser: Browser,
    madang: MadangProcess,
    people: Callable[..., dict[str, Person]],
    size: tuple[int, int],
    scheme: str,
    locale: str,
) -> None:
    known = people("ana", "ben", "cleo", "dana", "eun", "min")
    yard = await furnish(madang, known)
    tour = Tour(Troubles(), f"{scheme}-{size[0]}", is_phone=size == PHONE)
    ana = await Visitor.signed_in(browser, madang.url, known["ana"], size=size, color_scheme=scheme, locale=locale)
    await tour.conversation(ana, yard)
    await tour.writing(ana, yard)
    await tour.questions(ana, yard)
    assert ana.troubles == []
    await tour.end(ana, known["ana"])
    assert tour.troubles.found == []


async def test_forced_colours_leave_edges_focus_and_what_is_chosen(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    known = people("ana", "ben", "cleo", "dana", "eun", "min")
    yard = await furnish(madang, known)
    ana = await Visitor.signed_in(browser, madang.url, known["ana"], forced_colors="active")
    page = ana.page
    await expect(page.locator("a.row").first).to_be_visible()
    await ana.picture("forced-list")
    await page.goto(f"{madang.url}/c/{yard.group}")
    await expect(page.locator(".picture[data-state=loaded]")).to_have_count(2)
    await expect(ana.composer).to_be_focused()
    await ana.picture("forced-conversation")
    for edged in (".bubble", ".reaction", ".quote", ".composer", ".send", ".side .chip", ".side .key"):
        await expect(page.locator(edged).first).to_have_css("border-top-style", "solid")
    await expect(page.locator(".side")).to_have_css("border-right-style", "solid")
    for chosen in (".row[aria-current]", ".side .chip[aria-pressed=true]"):
        assert await page.locator(chosen).evaluate(IS_FILLED, "Highlight"), chosen
    await expect(page.locator(".composer")).to_have_css("outline-style", "solid")
    await ana.to_message(page.locator("article").filter(has_text="Paper, ink").first)
    await expect(page.locator("article:focus .bubble")).to_have_css("outline-style", "solid")
    # Whoever is here has a filled dot, whoever is not a ring.
    for state, shape in (("online", "0px"), ("offline", "2px")):
        dot = page.locator(f".presence[data-state={state}]").first
        assert await dot.evaluate("it => getComputedStyle(it, '::before').borderTopWidth") == shape

    for place, chosen, colour in (
        ("search?q=paper", ".hit mark", "Mark"),
        ("contacts", "main .chip[aria-pressed=true]", "Highlight"),
        ("notifications", "main .chip[aria-pressed=true]", "Highlight"),
    ):
        await page.goto(f"{madang.url}/{place}")
        await expect(page.locator(chosen).first).to_be_visible()
        await ana.picture(f"forced-{place.partition('?')[0]}")
        assert await page.locator(chosen).first.evaluate(IS_FILLED, colour), place
    await page.goto(f"{madang.url}/c")
    await page.get_by_role("button", name=words("sidebar.jump")).first.click()
    option = page.locator("[role=option][aria-selected=true]")
    await expect(option).to_be_visible()
    await ana.picture("forced-switcher")
    assert await option.evaluate(IS_FILLED, "Highlight")
    await expect(page.locator(".switcher-field")).to_have_css("outline-style", "solid")
    assert ana.troubles == []


@dataclass(frozen=True)
class Tour:
    """One person's way by every screen, in one look."""

    troubles: Troubles
    look: str
    is_phone: bool

    async def look_at(self, visitor: Visitor, screen: str) -> None:
        """Axe, and a picture if somebody asked for them."""
        await self.troubles.look_at(visitor.page, screen)
        await visitor.picture(f"access-{screen.replace('/', '-')}-{self.look}")

    async def dialog(self, visitor: Visitor, screen: str, opener: Locator) -> None:
        """A dialog."""
        await opener.click()
        await expect(visitor.page.locator("dialog[open]")).to_be_visible()
        await expect(visitor.page.locator("dialog[open] [aria-busy=true]")).to_have_count(0)
        await self.look_at(visitor, screen)

    async def pages(self, ana: Visitor) -> None:
        """Each page with an address."""
        page = ana.page
        for place in (*PLACES, "settings") if self.is_phone else PLACES:
            await page.goto(f"{ana.url}/{place}")
            await expect(page.locator("main h1:visible, main h2:visible").first).to_be_visible()
            await expect(page.locator("[aria-busy=true]")).to_have_count(0)
            await expect(page.get_by_text(words("settings.telling.failed"))).to_have_count(0)
            if place.startswith("search"):
                await expect(page.locator(".hit").first).to_be_visible()
            await self.look_at(ana, place.partition("?")[0])

    async def contacts(self, ana: Visitor) -> None:
        """Who asks, whom she has blocked, and what may be done with somebody."""
        page = ana.page
        await page.goto(f"{ana.url}/contacts")
        await page.get_by_role("button", name=words("contacts.requests")).click()
        await expect(page.get_by_text("the workshop")).to_be_visible()
        await self.look_at(ana, "requests")
        await page.get_by_role("button", name=words("contacts.blocked")).click()
        await expect(page.get_by_text("@min")).to_be_visible()
        await self.look_at(ana, "blocked")

    async def windows(self, ana: Visitor) -> None:
        """What opens over a page."""
        page = ana.page
        for screen, key in (("new conversation", "people.new"), ("switcher", "sidebar.jump")):
            await page.goto(f"{ana.url}/c")
            await self.dialog(ana, screen, page.get_by_role("button", name=words(key)).first)
        await page.goto(f"{ana.url}/c")
        await page.get_by_role("button", name=words("people.new")).first.click()
        await page.get_by_role("button", name=words("open.find")).click()
        await expect(page.get_by_role("dialog").get_by_text("Town square").first).to_be_visible()
        await self.look_at(ana, "open conversations")
        await page.goto(f"{ana.url}/settings/profile")
        await self.dialog(ana, "status", page.get_by_role("button", name=words("status.set")))
        await page.goto(f"{ana.url}/settings/about")
        await self.dialog(ana, "shortcuts", page.get_by_role("button", name=words("settings.about.shortcuts_show")))
        if not self.is_phone:
            await page.goto(f"{ana.url}/c")
            await page.locator(".me-link").click()
            await expect(page.get_by_role("menu")).to_be_visible()
            await self.look_at(ana, "me menu")

    async def conversation(self, ana: Visitor, yard: Yard) -> None:
        """The messages, what may be done with one, and what is beside them."""
        page = ana.page
        await page.goto(f"{ana.url}/c/{yard.group}")
        await expect(page.locator(".picture[data-state=loaded]")).to_have_count(2)
        await self.look_at(ana, "conversation")
        await self.menu(ana)
        await self.look_at(ana, "message menu")
        await self.dialog(ana, "forward", page.get_by_role("menuitem", name=words("forward.action")))
        await page.goto(f"{ana.url}/c/{yard.group}/details")
        await expect(page.locator(".details .pinned-line")).to_be_visible()
        await self.look_at(ana, "details")
        for screen, key in (("links", "details.links"), ("rules", "details.rules")):
            await page.goto(f"{ana.url}/c/{yard.group}/details")
            await self.dialog(ana, screen, page.locator(".details").get_by_role("button", name=words(key)))

    async def menu(self, ana: Visitor) -> None:
        """What may be done with the first message."""
        await ana.sees("Paper, ink")
        await expect(ana.composer).to_be_focused()
        await ana.page.locator("article").filter(has_text="Paper, ink").first.focus()
        await ana.page.keyboard.press("Shift+F10")
        await expect(ana.page.get_by_role("menu")).to_be_visible()

    async def writing(self, ana: Visitor, yard: Yard) -> None:
        """A picture large, who may be called, the emoji, and where nobody can write."""
        page = ana.page
        await page.goto(f"{ana.url}/c/{yard.group}")
        await self.dialog(ana, "lightbox", page.locator(".picture[data-state=loaded]").first)
        await page.goto(f"{ana.url}/c/{yard.group}")
        await ana.composer.press_sequentially("@")
        await expect(page.get_by_role("option").first).to_be_visible()
        await self.look_at(ana, "suggestions")
        await ana.composer.fill("")
        await page.locator(".composer").get_by_role("button", name=words("composer.emoji")).click()
        emoji = page.locator(".emoji-row button")
        await expect(emoji.first).to_be_visible()
        await ana.picture(f"access-emoji-all-{self.look}")
        await page.locator(".emoji-picker input").fill("heart")  # some of them: there are nearly two thousand
        await expect(page.get_by_role("rowgroup")).to_have_count(1)
        await self.look_at(ana, "emoji")
        await page.goto(f"{ana.url}/c/{yard.closed}")
        await expect(page.locator(".direct-closed")).to_be_visible()
        await self.look_at(ana, "closed conversation")

    async def questions(self, ana: Visitor, yard: Yard) -> None:
        """What is asked before something that cannot be taken back, and a direct conversation's details."""
        page = ana.page
        await page.goto(f"{ana.url}/c/{yard.group}")
        await self.menu(ana)
        await self.dialog(ana, "delete", page.get_by_role("menuitem", name=words("message.delete")))
        await page.goto(f"{ana.url}/c/{yard.own_group}/details")
        await page.locator(".details .person button").click()
        await self.dialog(ana, "hand over", page.get_by_role("menuitem", name=words("details.hand_over")))
        await page.goto(f"{ana.url}/c/{yard.direct}/details")
        block = page.locator(".details").get_by_role("button", name=words("contacts.block"))
        await expect(block).to_be_visible()
        await self.look_at(ana, "direct details")
        await self.dialog(ana, "block", block)

    async def end(self, ana: Visitor, person: Person) -> None:
        """Her session ends elsewhere, while she is here."""
        async with aiohttp.ClientSession(headers=person.headers) as http:
            async with http.delete(f"{ana.url}/api/v1/sessions/current") as answer:
                assert answer.status == 204
        await expect(ana.page.locator("dialog[open] input[type=password]")).to_be_visible()
        await self.look_at(ana, "signed out")
