"""Equal for hands, eyes and ears: axe finds nothing serious on any screen, in both themes and languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

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
    "notifications",
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
    for place in PLACES:
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
    await page.goto(f"{madang.url}/settings/profile")
    await page.get_by_role("button", name=re.compile("Set a status|상태 설정")).click()
    await expect(page.locator("dialog[open]")).to_be_visible()
    await troubles.look_at(page, "status")
    assert troubles.found == []
    assert [*stranger.troubles, *newcomer.troubles, *ana.troubles] == []
    for visitor in (stranger, newcomer, ana):
        await visitor.page.context.close()


async def furnish(madang: MadangProcess, three: dict[str, Person]) -> int:
    """A group with a mention, a reply, an edit, a reaction and a deleted message in it; and a direct conversation."""
    async with ChatClient(madang.url, three["ben"].token) as ben:
        ana = three["ana"]
        await ben.begins(ana.id, "The gate is open.")
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
