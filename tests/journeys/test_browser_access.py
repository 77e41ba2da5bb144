"""Equal for hands, eyes and ears: axe finds nothing serious on any screen, and no mouse is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PASSWORD, PHONE, Visitor
from tests.people import Person
from tests.services_under_test import ROOT, MadangProcess

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

FIND_TROUBLE = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations
        .filter((one) => one.impact === 'serious' || one.impact === 'critical')
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`))
}"""

RING = """() => {
    const at = document.activeElement
    const rings = [at, at?.parentElement, at?.closest('.composer, .input, .field'), at?.querySelector('.bubble')]
    const outlined = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
    const shows = (style) => outlined(style) || style.boxShadow !== 'none'
    return rings.some((one) => one && shows(getComputedStyle(one)))
}"""
"""Whether what has the focus, or the frame around it, shows a ring."""

SETTINGS = ["profile", "devices", "notifications", "appearance", "language", "about"]

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
        await page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
        self.found += [f"{screen}: {trouble}" for trouble in await page.evaluate(FIND_TROUBLE)]


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
async def test_axe_finds_nothing_serious(
    browser: Browser,
    madang: MadangProcess,
    people: Callable[..., dict[str, Person]],
    size: tuple[int, int],
    scheme: str,
    locale: str,
) -> None:
    three = people("ana", "ben", "cleo")
    look: dict[str, Any] = {"size": size, "color_scheme": scheme, "locale": locale}
    troubles = Troubles()
    stranger = await Visitor.arrived(browser, madang.url, "stranger", **look)
    await expect(stranger.page.locator("form")).to_be_visible()
    await troubles.look_at(stranger.page, "sign in")
    newcomer = await Visitor.signed_in(browser, madang.url, three["cleo"], **look)
    await expect(newcomer.page.locator("h1").first).to_be_visible()
    await troubles.look_at(newcomer.page, "first run")

    group = await furnish(madang, three)
    ana = await Visitor.signed_in(browser, madang.url, three["ana"], **look)
    page = ana.page
    await expect(page.locator("a.row").first).to_be_visible()
    await troubles.look_at(page, "list")
    await page.goto(f"{madang.url}/c/{group}")
    await ana.sees("Paper, ink")
    await troubles.look_at(page, "conversation")
    await page.goto(f"{madang.url}/c/{group}/details")
    await expect(page.get_by_role("complementary").or_(page.locator(".details")).first).to_be_visible()
    await troubles.look_at(page, "details")
    for place in ("notifications", *(f"settings/{name}" for name in SETTINGS)):
        await page.goto(f"{madang.url}/{place}")
        await expect(page.locator("main h1:visible, main h2:visible").first).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        await troubles.look_at(page, place)
    for name, label in (
        ("new conversation", "New conversation|새 대화"),
        ("switcher", "Search or jump|검색 또는 이동"),
    ):
        await page.goto(f"{madang.url}/c")
        await page.get_by_role("button", name=re.compile(label)).first.click()
        await expect(page.locator("dialog[open]")).to_be_visible()
        await troubles.look_at(page, name)
    assert troubles.found == []
    assert [*stranger.troubles, *newcomer.troubles, *ana.troubles] == []
    for visitor in (stranger, newcomer, ana):
        await visitor.page.context.close()


async def furnish(madang: MadangProcess, three: dict[str, Person]) -> int:
    """A group with a mention, a reply, an edit, a reaction and a deleted message in it; and a direct conversation."""
    async with ChatClient(madang.url, three["ben"].token) as ben:
        ana = three["ana"]
        direct = (await ben.do("open_direct", account_id=ana.id))["id"]
        await ben.do("send_message", conversation_id=direct, client_id="said-directly", text="The gate is open.")
        group = int(
            (
                await ben.do(
                    "create_group",
                    client_id="the-design-room",
                    title="Design room",
                    account_ids=[ana.id, three["cleo"].id],
                )
            )["id"]
        )

        async def say(name: str, text: str, **more: Any) -> int:
            sent = await ben.do("send_message", conversation_id=group, client_id=name, text=text, **more)
            return int(sent["seq"])

        first = await say("first-words", f"Paper, ink, and one `persimmon` for @{ana.name}: https://example.org")
        second = await say("second-words", "마당에서 봐요", reply_to_seq=first)
        third = await say("third-words", "a slip")
        await ben.do("edit_message", conversation_id=group, seq=second, text="내일 마당에서 봐요")
        await ben.do("add_reaction", conversation_id=group, seq=second, emoji="👍")
        await ben.do("delete_message", conversation_id=group, seq=third)
        return group


async def test_a_day_without_a_mouse(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data") as madang:
        ben = await Visitor.arrived(browser, madang.url, "ben")
        await ben.sign_up()
        ana = await Visitor.arrived(browser, madang.url, "ana")
        page, keys = ana.page, ana.page.keyboard

        # Create an account.
        form = page.locator("form")
        await tab_to(page, page.get_by_role("group").get_by_role("button", name="Create account"))
        await keys.press("Enter")
        for label, text in (("Name", "Ana"), ("Username", "ana"), ("Password", PASSWORD)):
            await tab_to(page, form.get_by_label(label, exact=True))
            await keys.type(text)
        await keys.press("Enter")
        await expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()

        # Find a person, and write.
        await tab_to(page, page.get_by_role("button", name="New conversation").first)
        await keys.press("Enter")
        dialog = page.get_by_role("dialog")
        await tab_to(page, dialog.get_by_role("combobox"))
        await keys.type("ben")
        await expect(dialog.get_by_role("option", name="Ben").first).to_be_visible()
        await keys.press("Enter")
        await tab_to(page, dialog.get_by_role("button", name="Open", exact=True))
        await keys.press("Enter")
        await expect(ana.composer).to_be_focused()
        assert await page.evaluate(RING)
        await keys.type("Good Munday")
        await keys.press("Enter")
        await expect(ana.message("Good Munday")).to_have_attribute("data-state", "sent")

        # Edit, react, answer.
        await keys.press("ArrowUp")
        await expect(ana.composer).to_have_value("Good Munday")
        for _ in range(len("unday")):
            await keys.press("Backspace")
        await keys.type("onday")
        await keys.press("Enter")
        await ben.open("Ana")
        await ben.sees("Good Monday")
        await ben.say("To you too")
        answer = page.locator("article").filter(has_text="To you too").first
        await expect(answer).to_be_visible()
        await ana.to_message(answer)
        assert await page.evaluate(RING)
        await keys.press("+")
        await expect(page.get_by_label("Search emoji")).to_be_focused()
        await keys.type("thumbs up")
        await keys.press("Enter")
        await expect(ben.page.get_by_role("button", name=re.compile("👍, 1"))).to_be_visible()
        await ana.to_message(answer)
        await keys.press("r")
        await expect(ana.composer).to_be_focused()
        await keys.type("Thank you")
        await keys.press("Enter")
        await ben.sees("Thank you")

        # To the list, into the settings, and out.
        await keys.press("F6")
        await expect(ana.row("Ben")).to_be_focused()
        assert await page.evaluate(RING)
        await tab_to(page, page.get_by_role("link", name=re.compile("Profile")))
        await keys.press("Enter")
        await tab_to(page, page.get_by_role("button", name="Sign out"))
        await keys.press("Enter")
        await expect(page.get_by_role("group").get_by_role("button", name="Sign in")).to_be_visible()
        assert [*ana.troubles, *ben.troubles] == []


async def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until ``wanted`` has the focus. Every stop on the way shows where one is."""
    for _ in range(40):
        if await wanted.first.evaluate("it => it === document.activeElement"):
            return
        await page.keyboard.press("Tab")
        focused = await page.evaluate("() => document.activeElement?.outerHTML.slice(0, 160)")
        assert await page.evaluate(RING) or focused.startswith("<body"), f"no ring on {focused}"
    await expect(wanted.first).to_be_focused()
