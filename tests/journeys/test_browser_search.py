"""Somebody looks for what was said long ago: by keyboard or by hand, finds it marked, and goes to its place."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

LOOKS = [
    pytest.param(DESKTOP, "light", "en-GB", id="desktop-light-en"),
    pytest.param(PHONE, "dark", "ko-KR", id="phone-dark-ko"),
]
OLD = "지붕의 검색기능을 다시 확인해 주세요, the roof tiles come on Monday"
PLACE = re.compile("^(In:|대화:)")
EVERYWHERE = re.compile("Search everywhere|전체에서 검색")


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
async def test_what_was_said_long_ago_is_found(
    browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str, locale: str
) -> None:
    look: dict[str, Any] = {"size": size, "color_scheme": scheme, "locale": locale}
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        people = make_people_in(tmp_path / "data", "ana", "ben", "cleo", "tilda")
        async with (
            ChatClient(madang.url, people["ben"].token) as ben,
            ChatClient(madang.url, people["ana"].token) as phone,
        ):
            await talk_of_the_pergola(ben, people)
            group = await talk(ben, people["ana"].id)
            async with asyncio.timeout(60):  # until what follows the log has seen the last of it
                while not (await phone.do("search_messages", query="dry", limit=1))["hits"]:
                    pass
            # She has read it all, and so begins at its end.
            await phone.do("mark_read", conversation_id=group, seq=1000)
            ana = await Visitor.signed_in(browser, madang.url, people["ana"], **look)
            await ana.page.goto(f"{madang.url}/c/{group}")
            await ana.sees("message 89")
            troubles = Troubles()
            await to_the_search(ana, phone=size == PHONE)
            await looks(ana, troubles, f"search-{scheme}-{size[0]}")
            await goes_there_and_back(ana, group)
            await finds_nothing(ana, troubles, f"search-none-{scheme}-{size[0]}")
            if size == DESKTOP:
                await narrows(ana, people["cleo"].id)
                await by_days(ana)
                await finds_a_person(ana)
        assert troubles.found == []
        assert ana.troubles == []


async def talk_of_the_pergola(ben: ChatClient, people: dict[str, Person]) -> None:
    """Another group: words by Ben, a link by Cleo, and a file whose name alone says it."""
    members = [people["ana"].id, people["cleo"].id]
    group = (await ben.do("create_group", client_id="the-garden", title="Garden", account_ids=members))["id"]
    form = aiohttp.FormData()
    form.add_field("file", b"%PDF-1.4", filename="pergola-plan.pdf", content_type="application/pdf")
    async with (
        aiohttp.ClientSession(headers=people["ben"].headers) as http,
        http.post(f"{ben.url}/api/v1/files", data=form) as answer,
    ):
        assert answer.status == 201, await answer.text()
        file_id = (await answer.json())["id"]
    await ben.do("send_message", conversation_id=group, client_id="the-words", text="the pergola is green")
    await ben.do("send_message", conversation_id=group, client_id="its-plan", text="as it was", file_ids=[file_id])
    async with ChatClient(ben.url, people["cleo"].token) as cleo:
        # A link to nowhere: nothing is fetched for a preview.
        link = "the pergola of http://127.0.0.1:9/old"
        await cleo.do("send_message", conversation_id=group, client_id="the-link", text=link)


async def talk(ben: ChatClient, ana_id: int) -> int:
    """A group with much in it, and a direct conversation; the group's id."""
    group = (await ben.do("create_group", client_id="design-room", title="Design room", account_ids=[ana_id]))["id"]
    direct = (await ben.do("open_direct", account_id=ana_id))["id"]
    said = [(group, OLD), *((group, f"message {number}") for number in range(90)), (direct, "is the roof dry?")]
    for number, (where, text) in enumerate(said):
        await ben.do("send_message", conversation_id=where, client_id=f"said-{number:04}", text=text)
    return int(group)


async def to_the_search(ana: Visitor, phone: bool) -> None:
    """By keys, or on a phone by the list's own button."""
    if phone:
        await ana.page.goto(f"{ana.url}/c")
        await ana.page.locator(".side-head button").first.click()
        await ana.page.get_by_role("combobox").fill("roof")
        await ana.page.get_by_role("option").last.click()
    else:
        await ana.page.keyboard.press("Control+Shift+F")
        await expect(ana.page.locator(".search-page input").first).to_be_focused()
        await ana.page.keyboard.type("roof")


async def looks(ana: Visitor, troubles: Troubles, picture: str) -> None:
    """Finds it in both conversations, marked; narrows it to one."""
    page = ana.page
    await expect(page.locator(".hit")).to_have_count(2)
    await expect(page.locator(".hit mark").first).to_have_text("roof")
    await expect(page).to_have_url(re.compile(r"/search\?q=roof$"))
    await troubles.look_at(page, "search")
    await ana.picture(picture)
    # The conversation is found by its name; the keys that move among the hits write here.
    await page.get_by_role("button", name=PLACE).click()
    finder = page.locator(".find-filter input")
    await expect(finder).to_be_focused()
    await page.keyboard.type("/x")
    await expect(page.locator(".find-filter [role=option]")).to_have_count(0)
    await finder.fill("desi")
    await expect(page.locator(".find-filter [role=option]")).to_have_count(1)
    await troubles.look_at(page, "finding a conversation")
    await ana.picture(f"{picture}-in")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=PLACE)).to_be_focused()
    await expect(page.get_by_role("button", name=PLACE)).to_contain_text("Design room")
    await expect(page.locator(".hit")).to_have_count(1)
    await page.locator(".search-page input").first.fill("색기")
    await expect(page.locator(".hit mark")).to_have_text(["색기"])


async def goes_there_and_back(ana: Visitor, group: int) -> None:
    """To the message in the middle of what was said then, and back to what was found."""
    page = ana.page
    await page.locator(".search-page input").first.press("ArrowDown")
    await expect(page.locator(".hit-link")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{ana.url}/c/{group}/m/*")
    await expect(page.locator("article").filter(has_text="검색기능을")).to_be_in_viewport()
    await expect(page.locator("article").filter(has_text="message 89")).to_have_count(0)
    await page.go_back()
    await expect(page.locator(".hit mark")).to_have_text(["색기"])


async def finds_nothing(ana: Visitor, troubles: Troubles, picture: str) -> None:
    """A word that nobody has said, in one conversation, then everywhere."""
    page = ana.page
    await page.locator(".search-page input").first.fill("rooof")
    await expect(page.locator(".empty")).to_contain_text("rooof")
    await troubles.look_at(page, "nothing found")
    await ana.picture(picture)
    await page.get_by_role("button", name=EVERYWHERE).click()
    await expect(page.get_by_role("button", name=EVERYWHERE)).to_have_count(0)
    await expect(page).to_have_url(re.compile(r"/search\?q=rooof$"))
    await page.keyboard.press("Escape")
    await expect(page.locator(".search-page")).to_have_count(0)


async def narrows(ana: Visitor, cleo_id: int) -> None:
    """What is called by its file's name stands by itself; who wrote it and what it has narrow it."""
    page = ana.page
    await page.goto(f"{ana.url}/search?q=pergola")
    await expect(page.locator(".hit")).to_have_count(3)
    files = page.get_by_role("region", name="Files")
    await expect(files.locator(".hit-file mark")).to_have_text(["pergola"])
    await expect(page.get_by_role("region", name="Messages").locator(".hit")).to_have_count(2)

    await choose(ana, "With:", "A file")
    await expect(page.locator(".hit")).to_have_count(1)
    await expect(files.locator(".hit-file")).to_contain_text("pergola-plan.pdf")
    await choose(ana, "With:", "A link")
    await expect(page.locator(".hit")).to_have_count(1)
    await expect(page.locator(".hit")).to_contain_text("127.0.0.1:9")
    await choose(ana, "With:", "Anything")
    await expect(page.locator(".hit")).to_have_count(3)

    await page.get_by_role("button", name="From:").click()
    await page.locator(".find-filter input").fill("cle")
    await ana.picture("search-from")
    await page.get_by_role("option", name="Cleo").click()
    await expect(page.get_by_role("button", name="From: Cleo")).to_be_focused()
    await expect(page.locator(".hit")).to_have_count(1)
    await expect(page.locator(".hit")).to_contain_text("Cleo")
    # The address keeps it: who comes back by it sees whose it is.
    await expect(page).to_have_url(re.compile(rf"\bfrom={cleo_id}\b"))
    await page.reload()
    await expect(page.get_by_role("button", name="From: Cleo")).to_be_visible()
    await expect(page.locator(".hit")).to_have_count(1)
    await page.get_by_role("button", name="From: Cleo").click()
    await page.get_by_role("option", name="Anyone").click()
    await expect(page.locator(".hit")).to_have_count(3)


async def by_days(ana: Visitor) -> None:
    """All of it was said today, where she is."""
    page = ana.page
    today = datetime.now(ZoneInfo("Asia/Seoul"))
    day = lambda far: (today + timedelta(days=far)).strftime("%Y-%m-%d")  # noqa: E731
    await choose(ana, "When:", "Past week")
    await expect(page.locator(".hit")).to_have_count(3)
    await choose(ana, "When:", "Chosen days")
    await page.get_by_label("To day").fill(day(-2))
    await expect(page.get_by_text('No message has "pergola"')).to_be_visible()
    await page.get_by_label("To day").fill(day(2))
    await expect(page.locator(".hit")).to_have_count(3)
    await page.get_by_label("From day").fill(day(1))
    await expect(page.get_by_text('No message has "pergola"')).to_be_visible()
    await page.get_by_label("From day").fill(day(-2))
    await expect(page.locator(".hit")).to_have_count(3)
    await ana.picture("search-days")


async def finds_a_person(ana: Visitor) -> None:
    """Somebody with whom nobody has spoken yet."""
    page = ana.page
    await page.goto(f"{ana.url}/search?q=tild")
    await page.get_by_role("region", name="People and conversations").get_by_role("button", name="Tilda").click()
    await ana.is_in("Tilda")


async def choose(ana: Visitor, filter: str, value: str) -> None:
    await ana.page.get_by_role("button", name=filter).click()
    await ana.page.get_by_role("menuitemradio", name=value, exact=True).click()
