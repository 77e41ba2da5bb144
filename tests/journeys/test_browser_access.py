"""Equal for hands, eyes and ears: axe finds nothing serious on any screen, in both themes and languages."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
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
    tour = Tour(Troubles(), f"{scheme}-{size[0]}")
    stranger = await Visitor.arrived(browser, madang.url, "stranger", **look)
    await expect(stranger.page.locator("form")).to_be_visible()
    await tour.look_at(stranger, "sign in")
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
    await tour.conversation(ana, yard)
    await ana.page.goto(f"{madang.url}/join/{yard.code}")
    await expect(ana.page.get_by_role("main").get_by_text("Tile makers")).to_be_visible()
    await tour.look_at(ana, "join")
    assert tour.troubles.found == []
    assert [*stranger.troubles, *newcomer.troubles, *ana.troubles] == []
    for visitor in (stranger, newcomer, ana):
        await visitor.page.context.close()


@dataclass(frozen=True)
class Yard:
    """What there is to see: a group, and the code of a link into another one."""

    group: int
    code: str


@dataclass(frozen=True)
class Tour:
    """One person's way by every screen, in one look."""

    troubles: Troubles
    look: str

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
        for place in PLACES:
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

    async def conversation(self, ana: Visitor, yard: Yard) -> None:
        """The messages, what may be done with one, and what is beside them."""
        page = ana.page
        await page.goto(f"{ana.url}/c/{yard.group}")
        await ana.sees("Paper, ink")
        await self.look_at(ana, "conversation")
        await page.locator("article").filter(has_text="Paper, ink").first.focus()
        await page.keyboard.press("Shift+F10")
        await expect(page.get_by_role("menu")).to_be_visible()
        await self.look_at(ana, "message menu")
        await self.dialog(ana, "forward", page.get_by_role("menuitem", name=words("forward.action")))
        await page.goto(f"{ana.url}/c/{yard.group}/details")
        await expect(page.locator(".details .pinned-line")).to_be_visible()
        await self.look_at(ana, "details")
        for screen, key in (("links", "details.links"), ("rules", "details.rules")):
            await page.goto(f"{ana.url}/c/{yard.group}/details")
            await self.dialog(ana, screen, page.locator(".details").get_by_role("button", name=words(key)))


async def furnish(madang: MadangProcess, known: dict[str, Person]) -> Yard:
    """A group with a mention, a reply, an edit, a reaction, a pin and a deleted message in it, which Ana looks after;
    groups to be joined; and people who are all that one can be to another."""
    async with ChatClient(madang.url, known["ben"].token) as ben, ChatClient(madang.url, known["ana"].token) as ana:
        ids = {name: person.id for name, person in known.items()}
        await ben.begins(ids["ana"], "The gate is open.")
        group = await made(ben, "Design room", ids["ana"], ids["cleo"])
        await ben.do("set_role", conversation_id=group, account_id=ids["ana"], role="admin")

        async def say(name: str, text: str, **more: Any) -> int:
            sent = await ben.do("send_message", conversation_id=group, client_id=name, text=text, **more)
            return int(sent["seq"])

        first = await say(
            "first-words", f"Paper, ink, and one `persimmon` for @{known['ana'].name}: https://example.org"
        )
        second = await say("second-words", "마당에서 봐요", reply_to_seq=first)
        third = await say("third-words", "a slip")
        await ben.do("edit_message", conversation_id=group, seq=second, text="내일 마당에서 봐요")
        await ben.do("add_reaction", conversation_id=group, seq=second, emoji="👍")
        await ben.do("pin_message", conversation_id=group, seq=second)
        await ben.do("delete_message", conversation_id=group, seq=third)
        await made(ben, "Town square", open=True)
        link = await ben.do("create_invite", conversation_id=await made(ben, "Tile makers", ids["cleo"]))
        await ben.do("create_invite", conversation_id=group)
        await know(madang, known, ana)
        async with asyncio.timeout(30):  # until what follows the log has seen it
            while not (await ana.do("search_messages", query="paper", limit=1))["hits"]:
                pass
        return Yard(group, link["code"])


async def made(who: ChatClient, title: str, *members: int, **more: Any) -> int:
    """A new group."""
    label = title.lower().replace(" ", "-")
    answer = await who.do("create_group", client_id=label, title=title, account_ids=list(members), **more)
    return int(answer["id"])


async def know(madang: MadangProcess, known: dict[str, Person], ana: ChatClient) -> None:
    """Ben is a contact of Ana's, Dana asks her, she has asked Eun, and blocked Min."""
    for name, note in (("ben", ""), ("dana", "the workshop, on the second floor")):
        async with ChatClient(madang.url, known[name].token) as client:
            await client.do("request_contact", account_id=known["ana"].id, **({"note": note} if note else {}))
    await ana.do("answer_contact", account_id=known["ben"].id, accept=True)
    await ana.do("request_contact", account_id=known["eun"].id)
    await ana.do("block", account_id=known["min"].id)
