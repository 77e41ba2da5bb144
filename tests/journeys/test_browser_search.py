"""Somebody looks for what was said long ago: by keyboard or by hand, finds it marked, and goes to its place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import make_people_in
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
        people = make_people_in(tmp_path / "data", "ana", "ben")
        async with (
            ChatClient(madang.url, people["ben"].token) as ben,
            ChatClient(madang.url, people["ana"].token) as phone,
        ):
            group = await talk(ben, people["ana"].id)
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
        assert troubles.found == []
        assert ana.troubles == []


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
    assert re.search(r"/search\?q=roof$", page.url)
    await troubles.look_at(page, "search")
    await ana.picture(picture)
    await page.get_by_role("button", name=PLACE).click()
    await page.get_by_role("menuitemradio", name="Design room").click()
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
    assert re.search(r"/search\?q=rooof$", page.url)
    await page.keyboard.press("Escape")
    await expect(page.locator(".search-page")).to_have_count(0)
