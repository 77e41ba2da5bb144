"""Reading a long conversation: it opens where one stopped, and what is under the eye stays there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

MESSAGES = 400
READ = 300
SENTENCE = "The roof is swept, the paper doors are new, and the persimmons are nearly ripe. " * 3

PLAIN, HOLLOW, DOT = "/favicon.svg", "/favicon-hollow.svg", "/favicon-dot.svg"
"""The tab's icon: nothing is unread; something is; something calls for this person."""

BADGE = """
    navigator.setAppBadge = async (count) => { window.badge = count }
    navigator.clearAppBadge = async () => { window.badge = 0 }
"""
"""What an installed app's icon shows."""

SCROLL = """async (pixels) => {
    // What was painted: a frame, and then the task after it.
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    const timeline = document.querySelector('.timeline')
    timeline.scrollBy(0, pixels)
    await painted()
    const box = timeline.getBoundingClientRect()
    const rows = [...timeline.querySelectorAll('article')]
    const eye = rows.find((row) => row.getBoundingClientRect().bottom > box.top + box.height / 2) ?? rows.at(-1)
    const before = eye.getBoundingClientRect().top
    let moved = 0
    for (let frame = 0; frame < 12; frame++) {
        await painted()
        if (!eye.isConnected) return [eye.dataset.seq, 10000]
        moved = Math.max(moved, Math.abs(eye.getBoundingClientRect().top - before))
    }
    return [eye.dataset.seq, moved]
}"""
"""Scrolls; the message that is in the middle of the view then, and how far it moved by itself within twelve frames."""


@dataclass
class LongTalk:
    """A direct conversation of 400 messages by Ben, as it stands for Ana."""

    ana: Person
    name: str
    ben: ChatClient
    id: int

    async def say(self, first: int, last: int) -> None:
        for n in range(first, last + 1):
            text = f"number {n:03} {SENTENCE[: n * 37 % 240]}".strip()
            await self.ben.do("send_message", conversation_id=self.id, client_id=f"message-{n:04}", text=text)


@asynccontextmanager
async def long_talk(madang: MadangProcess, pair: dict[str, Person], read: int) -> AsyncIterator[LongTalk]:
    """The conversation, of which Ana has read the first ``read`` messages."""
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        talk = LongTalk(pair["ana"], pair["ben"].name.capitalize(), ben, direct)
        await talk.say(1, MESSAGES)
        async with ChatClient(madang.url, pair["ana"].token) as script:
            await script.do("mark_read", conversation_id=direct, seq=read)
        yield talk


async def test_it_opens_where_reading_stopped_and_counts_agree_everywhere(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with long_talk(madang, people("ana", "ben"), READ) as talk:
        ana = await Visitor.signed_in(browser, madang.url, talk.ana)
        other_tab = Visitor("other tab", await ana.page.context.new_page(), madang.url)
        await other_tab.page.goto(madang.url)
        for tab in (ana, other_tab):
            await expect(tab.row(talk.name)).to_contain_text("99+")
            await expect(tab.row(talk.name)).to_have_accessible_name(re.compile("100 unread"))
            await expect(tab.page).to_have_title("(100) Madang")
            await wears(tab, DOT)

        await ana.page.bring_to_front()
        await ana.open(talk.name)
        divider = ana.page.get_by_role("separator", name="New messages")
        await expect(divider).to_be_visible()
        await expect(ana.page.locator("article").filter(has=divider)).to_contain_text("number 301")
        timeline, line = await ana.page.locator(".timeline").bounding_box(), await divider.bounding_box()
        assert timeline
        assert line
        await ana.picture("reading-divider")
        assert 0.28 < (line["y"] - timeline["y"]) / timeline["height"] < 0.4

        # Reading to the end clears the count here and in the other tab, and the divider stays.
        await ana.page.get_by_role("button", name=re.compile("new")).click()
        await ana.sees("number 400")
        for tab in (ana, other_tab):
            await expect(tab.row(talk.name)).to_have_accessible_name(re.compile(rf"^{talk.name}(?!.*unread)"))
            await expect(tab.page).to_have_title(re.compile(r"^(?!\()"))
            await wears(tab, PLAIN)
        for _ in range(READ // 10):
            if await divider.count():
                break
            await scroll(ana.page, -900)
        await expect(ana.page.locator("article").filter(has=divider)).to_contain_text("number 301")

        # What is said to many calls nobody, and says so at the tab; what is said to her does; and it goes with her.
        group = await talk.ben.do("create_group", client_id="the-garden", title="Garden", account_ids=[talk.ana.id])
        await talk.ben.do("send_message", conversation_id=group["id"], client_id="the-roses", text="the roses are out")
        await wears(ana, HOLLOW)
        await ana.page.add_init_script(BADGE)
        await ana.page.goto(f"{madang.url}/settings/profile")
        await talk.say(401, 401)
        for tab in (ana, other_tab):
            await expect(tab.page).to_have_title(re.compile(r"^\(1\)"))
            await wears(tab, DOT)
        await ana.page.wait_for_function("() => window.badge === 1")
        await ana.page.get_by_role("button", name="Sign out").first.click()
        await expect(ana.page).to_have_title("Sign in · Madang")
        await wears(ana, PLAIN)
        await ana.page.wait_for_function("() => window.badge === 0")
        assert [*ana.troubles, *other_tab.troubles] == []


async def test_paging_back_to_the_first_message_moves_nothing(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with long_talk(madang, people("ana", "ben"), MESSAGES) as talk:
        ana = await Visitor.signed_in(browser, madang.url, talk.ana)
        await ana.open(talk.name)
        await ana.sees("number 400")
        moved: list[float] = []
        for _ in range(MESSAGES // 5):
            if await ana.page.get_by_text("number 001").count():
                break
            moved.append((await scroll(ana.page, -900))[1])
        assert max(moved) <= 1, moved
        assert len(moved) > 10
        await ana.page.locator(".timeline").evaluate("it => it.scrollTop = 0")
        await expect(ana.page.get_by_text(f"Beginning of {talk.name}")).to_be_visible()
        await ana.picture("reading-beginning")
        assert ana.troubles == []


async def test_what_arrives_below_is_counted_and_moves_nothing(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with long_talk(madang, people("ana", "ben"), MESSAGES) as talk:
        ana = await Visitor.signed_in(browser, madang.url, talk.ana)
        await ana.open(talk.name)
        await ana.sees("number 400")
        seq, _ = await scroll(ana.page, -3000)
        eye = ana.page.locator(f"article[data-seq='{seq}']")
        # What is above it comes on its own account.
        await expect(ana.page.get_by_role("feed")).not_to_have_attribute("aria-busy", "true")
        before = await eye.bounding_box()
        await talk.say(401, 450)
        await expect(ana.page.locator(".jump")).to_contain_text("50 new")
        await ana.picture("reading-below")
        assert await eye.bounding_box() == before
        await expect(ana.row(talk.name)).to_have_accessible_name(re.compile("50 unread"))

        await ana.page.locator(".jump").click()
        await ana.sees("number 450")
        await expect(ana.page.locator(".jump")).to_be_hidden()
        await expect(ana.row(talk.name)).to_have_accessible_name(re.compile(rf"^{talk.name}(?!.*unread)"))
        assert ana.troubles == []


async def wears(tab: Visitor, icon: str) -> None:
    """Waits until the browser's tab shows this icon."""
    await expect(tab.page.locator("link[rel=icon]")).to_have_attribute("href", icon)


async def scroll(page: Page, pixels: int) -> tuple[int, float]:
    """The message under the eye after scrolling, and how many pixels it then moved by itself."""
    seq, moved = await page.evaluate(SCROLL, pixels)
    return int(seq), float(moved)
