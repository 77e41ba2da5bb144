"""What people do with a message besides reading it: pin, forward, link to it, report it, look at what it links to."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.chat_client import ChatClient
from tests.files import pictures
from tests.followers.web import Web
from tests.journeys.browser import PASSWORD, PATIENCE_MS, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

OWN_WEB = (sys.executable, "-m", "tests.journeys.own_web")
PIN, UNPIN = re.compile("^(Pin|고정)$"), re.compile("Unpin|고정 해제")
FORWARD, REPORT = re.compile("Forward…|전달…"), re.compile("Report…|신고…")
COPY_LINK, REMOVE_PREVIEW = re.compile("Copy link|링크 복사"), re.compile("Remove preview|미리보기 지우기")
MORE = re.compile("^(More|더 보기)$")
DETAILS = re.compile("^(Details|대화 정보)$")

# It lasts a second, and a machine with much to do may look too late.
WATCH_FLASHES = """() => {
    window.flashed = []
    const note = () => document.querySelectorAll('[data-state="flash"]').forEach((it) => flashed.push(it.textContent))
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true })
}"""

SAID = 30
"""So many messages that the first one is far away."""


async def choose(visitor: Visitor, text: str, item: re.Pattern[str]) -> None:
    """An item of a message's menu."""
    more = bubble(visitor, text).get_by_role("button", name=MORE)
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not await more.is_visible():  # a timeline that still settles moves it from under the pointer
            await visitor.page.mouse.move(0, 0)
            await bubble(visitor, text).hover()
    await more.click()
    await visitor.page.get_by_role("menuitem", name=item).click()


def bubble(visitor: Visitor, text: str) -> Locator:
    """The message that says ``text``, as a jump shows it."""
    return visitor.page.locator("article").filter(has_text=text).locator(".message").first


@dataclass
class Stage:
    """A server on a small internet of its own; Ben and Ana are there, and Dana looks after the server."""

    madang: MadangProcess
    net: Web
    people: dict[str, Person]
    ben: ChatClient
    group: int
    troubles: Troubles = field(default_factory=Troubles)

    async def look_at(self, visitor: Visitor, screen: str) -> None:
        """Axe and a picture, in both themes."""
        width = (visitor.page.viewport_size or {"width": 0})["width"]
        for scheme in ("dark", "light"):
            await visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await self.troubles.look_at(visitor.page, f"{screen}, {scheme}")
            await visitor.picture(f"messages-{screen}-{scheme}-{width}")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Web() as net:
        settings = {"message_rate": "off", "link_previews": "on"}
        with MadangProcess(tmp_path / "data", command=OWN_WEB, **settings) as madang:
            # The first account is the server's owner.
            people = make_people_in(tmp_path / "data", "dana", "ana", "ben", "cleo")
            async with ChatClient(madang.url, people["ben"].token) as ben:
                stage = Stage(madang, net, people, ben, await furnish(ben, people))
                async with ChatClient(madang.url, people["ana"].token) as phone:
                    await phone.do("mark_read", conversation_id=stage.group, seq=SAID + 3)
                yield stage
                assert stage.troubles.found == []


async def test_what_is_pinned_is_found_again_and_forwarded(browser: Browser, stage: Stage) -> None:
    ana = await at_the_group(browser, stage, size=PHONE, locale="ko-KR")
    await she_pins_and_finds_it_again(ana, stage)
    await she_forwards_it(ana, stage)
    assert ana.troubles == []


async def test_links_lead_back_show_what_they_are_and_what_is_wrong_is_reported(browser: Browser, stage: Stage) -> None:
    ana = await at_the_group(browser, stage, locale="en-GB")
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = await she_links_to_it(ana, stage)
    await a_page_shows_what_it_is(ana, stage)
    await she_reports_one(ana, stage)
    await an_admin_hears_of_it(browser, stage)
    await somebody_signed_out_comes_back_to_it(browser, stage, link)
    assert ana.troubles == []


async def at_the_group(browser: Browser, stage: Stage, **look: Any) -> Visitor:
    ana = await Visitor.signed_in(browser, stage.madang.url, stage.people["ana"], **look)
    await ana.page.goto(f"{stage.madang.url}/c/{stage.group}")
    await ana.sees(f"number {SAID}")
    return ana


async def furnish(ben: ChatClient, people: dict[str, Person]) -> int:
    """A group with so much in it that its first message is far away, and a direct conversation of Ana's."""
    ids = [people[name].id for name in ("ana", "cleo")]
    group = int((await ben.do("create_group", client_id="roof-repair", title="Roof repair", account_ids=ids))["id"])
    for number in range(1, SAID + 1):
        await ben.do("send_message", conversation_id=group, client_id=f"number-{number:04}", text=f"number {number}")
    return group


async def she_pins_and_finds_it_again(ana: Visitor, stage: Stage) -> None:
    ben, place = stage.ben, {"conversation_id": stage.group}
    code = "The code of the gate is under the third stone from the left, behind the persimmon tree."
    await ben.do("send_message", **place, client_id="the-gate-code", text=code)
    await ana.sees("code of the gate")
    await choose(ana, "code of the gate", PIN)
    await expect(bubble(ana, "code of the gate").locator(".stamp .pinned")).to_be_visible()
    await expect(ana.page.locator(".system").last).to_contain_text(re.compile("You pinned|고정했어요"))
    await stage.look_at(ana, "pinned")
    for number in range(SAID):
        await ben.do("send_message", **place, client_id=f"later-{number:04}", text=f"later {number}")
    await ana.sees(f"later {SAID - 1}")
    await ana.page.get_by_role("button", name=DETAILS).first.click()
    line = ana.page.locator(".pinned-line").filter(has_text="code of the gate")
    await expect(line).to_be_visible()
    await stage.look_at(ana, "pins")
    await line.click()
    await expect(bubble(ana, "code of the gate")).to_be_in_viewport()
    # Another person takes it down.
    pins = await ben.do("list_pins", **place)
    await ben.do("unpin_message", **place, seq=pins["messages"][0]["seq"])
    await expect(ana.page.locator(".stamp .pinned")).to_have_count(0)


async def she_forwards_it(ana: Visitor, stage: Stage) -> None:
    await choose(ana, "code of the gate", FORWARD)
    dialog = ana.page.get_by_role("dialog")
    await dialog.get_by_role("combobox").fill("cleo")
    await expect(dialog.get_by_role("option", name="Cleo")).to_be_visible()
    await stage.look_at(ana, "forward")
    await dialog.get_by_role("combobox").press("Enter")
    await expect(dialog).to_have_count(0)
    await ana.page.locator(".toast").get_by_role("button", name=re.compile("Open|열기")).click()
    await expect(ana.page.locator(".message .origin")).to_contain_text("Ben")
    await ana.sees("code of the gate")
    await stage.look_at(ana, "forwarded")


async def she_links_to_it(ana: Visitor, stage: Stage) -> str:
    """What is not there is said."""
    url, group = stage.madang.url, stage.group
    await ana.page.goto(f"{url}/c/{group}/m/5")
    await expect(bubble(ana, "number 2")).to_be_in_viewport()
    await choose(ana, "number 2", COPY_LINK)
    await expect(ana.page.locator(".toast")).to_contain_text("Link copied")
    link = str(await ana.page.evaluate("() => navigator.clipboard.readText()"))
    assert link == f"{url}/c/{group}/m/5"
    await ana.writes(f"see {link} again")
    inside = ana.page.locator("article .text a.link").last
    await expect(inside).to_contain_text("Roof repair")
    await ana.page.evaluate(WATCH_FLASHES)
    await inside.click()
    await expect(ana.page).to_have_url(link)
    await ana.page.wait_for_function("() => flashed.some((text) => text.includes('number 2'))")
    await expect(bubble(ana, "number 2")).to_be_in_viewport()
    await ana.page.goto(f"{url}/c/{group}/m/99999")
    await expect(ana.page.locator(".toast")).to_contain_text("not here")
    await ana.page.goto(f"{url}/c/99999/m/1")
    await expect(ana.page.locator(".conversation-gone")).to_be_visible()
    await ana.page.goto(f"{url}/c/{group}")
    return link


async def a_page_shows_what_it_is(ana: Visitor, stage: Stage) -> None:
    head = '<title>x</title><meta property="og:title" content="Gates of the old town">'
    head += '<meta name="description" content="How they were built, and who opened them in the morning.">'
    stage.net.page("/news", head + '<meta property="og:image" content="/gate.png">')
    stage.net.page("/gate.png", pictures.encoded(pictures.noise(), "PNG"), "image/png")
    await ana.writes(f"read {stage.net.url('/news')}")
    card = ana.page.locator(".link-card")
    await expect(card).to_contain_text("Gates of the old town")
    await expect(card).to_be_in_viewport()
    picture = card.locator("img")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("it => it.naturalWidth") > 0
    assert (await picture.get_attribute("src") or "").startswith("/api/v1/files/"), "never a stranger's address"
    await stage.look_at(ana, "preview")
    await choose(ana, "/news", REMOVE_PREVIEW)
    await expect(card).to_have_count(0)


async def she_reports_one(ana: Visitor, stage: Stage) -> None:
    await choose(ana, f"number {SAID}", REPORT)
    dialog = ana.page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="Report", exact=True)
    await send.click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_role("textbox").fill("He counts and counts")
    await stage.look_at(ana, "report")
    await send.click()
    await expect(dialog).to_have_count(0)
    await expect(ana.page.locator(".toast").last).to_contain_text("Reported")


async def an_admin_hears_of_it(browser: Browser, stage: Stage) -> None:
    """She does not belong to the group, and sees what was reported all the same."""
    dana = await Visitor.signed_in(browser, stage.madang.url, stage.people["dana"])
    await dana.page.goto(f"{stage.madang.url}/notifications")
    note = dana.page.locator(".note")
    await expect(note).to_contain_text("He counts and counts")
    await expect(note).to_contain_text(f"number {SAID}")
    await dana.picture("messages-reported")


async def somebody_signed_out_comes_back_to_it(browser: Browser, stage: Stage, link: str) -> None:
    """The link is opened before signing in, and again afterwards."""
    eun = await Visitor.arrived(browser, link, "eun")
    form = eun.page.locator("form")
    await expect(form).to_be_visible()
    account = {"username": "eun", "password": PASSWORD}
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{stage.madang.url}/api/v1/accounts", json=account) as answer:
            made = (await answer.json())["account"]
    await stage.ben.do("add_members", conversation_id=stage.group, account_ids=[made["id"]])
    await form.get_by_label("Username").fill("eun")
    await form.get_by_label("Password", exact=True).fill(PASSWORD)
    await form.get_by_label("Password", exact=True).press("Enter")
    await expect(bubble(eun, "number 2")).to_be_in_viewport()
    await expect(eun.page).to_have_url(link)
    assert eun.troubles == []
