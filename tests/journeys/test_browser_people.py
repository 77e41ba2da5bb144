"""What people show of themselves, and hide: a status, a new name, read receipts, and whether they are there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.journeys.browser import PHONE, Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]

LAST_SEEN = re.compile("^Last seen ")

# Some of it lasts four seconds, and a machine with much to do may look too late.
WATCH_ABOUT = """() => {
    window.said = []
    const note = () => said.push(document.querySelector('main .conversation-head .meta')?.textContent)
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """Who goes is soon called gone; the screens are the same on either kind of database."""
    command = (sys.executable, "-m", "tests.journeys.quick_presence")
    with MadangProcess(tmp_path_factory.mktemp("people") / "data", command=command, message_rate="off") as server:
        yield server


async def together(browser: Browser, madang: MadangProcess, pair: dict[str, Person]) -> tuple[Visitor, Visitor]:
    """Ana and Ben, each with their conversation open."""
    ana, ben = [await Visitor.signed_in(browser, madang.url, person) for person in pair.values()]
    await ana.find(pair["ben"].name)
    await ana.say("Paper and ink")
    await ben.open(pair["ana"].name.capitalize())
    await ben.sees("Paper and ink")
    return ana, ben


def about(visitor: Visitor) -> Locator:
    """What stands under the name of the person one talks with."""
    return visitor.page.get_by_role("main").locator(".conversation-head .meta")


async def test_a_status_is_seen_beside_the_name_until_it_is_cleared_or_over(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    pair = people("ana", "ben")
    ana, ben = await together(browser, madang, pair)
    page = ana.page
    await page.get_by_role("button", name="Status and profile").click()
    set_status = page.get_by_role("menuitem", name="Set a status")
    await expect(set_status).to_be_visible()
    await ana.picture("me-menu")
    await set_status.click()
    dialog = page.get_by_role("dialog", name="Status")
    await expect(dialog).to_be_visible()
    await ana.picture("status-dialog")
    await dialog.get_by_role("button", name="Having lunch").click()
    await dialog.get_by_role("button", name="Busy").click()
    await expect(dialog.get_by_role("button", name="1 hour")).to_have_attribute("aria-pressed", "true")
    await ana.picture("status-chosen")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()

    # In her own foot, and at Ben's: in the list, in the head, and in words.
    me = page.get_by_role("button", name="Status and profile")
    await expect(me).to_have_accessible_name(re.compile("Busy · 🍚 Having lunch"))
    head = ben.page.get_by_role("main").locator(".conversation-head")
    await expect(head).to_contain_text("Busy · 🍚 Having lunch")
    row = ben.row(pair["ana"].name.capitalize())
    await expect(row).to_have_accessible_name(re.compile("Busy, 🍚 Having lunch"))
    await expect(row.locator(".status-mark")).to_have_text("🍚")
    await expect(row.locator(".presence")).to_have_attribute("data-state", "busy")
    await ben.picture("status-seen")

    # Away by choice, by the menu alone; then nothing any more.
    await me.click()
    await page.get_by_role("menuitemradio", name="Away").click()
    await expect(head).to_contain_text("Away · 🍚 Having lunch")
    await me.click()
    await page.get_by_role("menuitem", name="Clear status").click()
    await expect(head).to_contain_text("Online")
    await expect(row.locator(".status-mark")).to_have_count(0)

    # By a clock that is late by almost half an hour, half an hour is over in a moment; and so is the status.
    await page.clock.install(time=datetime.now(UTC) - timedelta(minutes=30) + timedelta(seconds=4))
    await page.reload()
    await me.click()
    await set_status.click()
    await dialog.get_by_role("button", name="On the way").click()
    await expect(dialog.get_by_role("button", name="30 minutes")).to_have_attribute("aria-pressed", "true")
    await ben.page.evaluate(WATCH_ABOUT)
    await dialog.get_by_role("button", name="Save").click()
    await ben.page.wait_for_function("() => said.includes('Away · 🚌 On the way')")
    await expect(about(ben)).to_have_text("Online")
    await expect(row.locator(".status-mark")).to_have_count(0)
    await expect(me).to_have_accessible_name(re.compile("Online"))
    assert [*ana.troubles, *ben.troubles] == []


async def test_on_a_phone_a_status_is_set_in_the_settings(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    ana = await Visitor.signed_in(
        browser, madang.url, people("ana")["ana"], size=PHONE, locale="ko-KR", color_scheme="dark"
    )
    page = ana.page
    await page.goto(f"{madang.url}/settings/privacy")
    await expect(page.get_by_role("switch", name="읽음 표시")).to_be_checked()
    await ana.picture("privacy-phone")
    await page.goto(f"{madang.url}/settings/profile")
    await page.get_by_role("button", name="상태 설정").click()
    dialog = page.get_by_role("dialog", name="상태")
    await ana.picture("status-phone")
    await dialog.get_by_label("상태 메시지").fill("작업실에 있어요")
    await dialog.get_by_role("button", name="오늘").click()
    await dialog.get_by_role("button", name="저장").click()
    await expect(page.get_by_text("작업실에 있어요")).to_be_visible()
    assert ana.troubles == []


async def test_receipts_are_hidden_both_ways_and_a_new_name_is_seen_at_once(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    ana, ben = await together(browser, madang, people("ana", "ben"))
    seen = ana.page.locator("article").filter(has_text="Paper and ink").get_by_text("Seen")
    await expect(seen).to_be_visible()

    settings = await ben.another_tab()
    await settings.page.goto(f"{madang.url}/settings/privacy")
    switch = settings.page.get_by_role("switch", name="Read receipts")
    await switch.click()
    await expect(switch).not_to_be_checked()
    # What she had been told of him is gone; and he is not told of her.
    await expect(seen).to_have_count(0)
    await ben.say("Where are you?")
    await ana.sees("Where are you?")
    await ana.say("In the yard")
    await ben.sees("In the yard")
    await expect(ben.page.get_by_text("Seen", exact=True)).to_have_count(0)
    await expect(ana.page.get_by_text("Seen", exact=True)).to_have_count(0)
    await switch.click()
    await expect(ana.page.get_by_text("Seen", exact=True)).to_be_visible()
    await expect(ben.page.get_by_text("Seen", exact=True)).to_be_visible()

    await settings.page.goto(f"{madang.url}/settings/profile")
    await settings.page.get_by_label("Name", exact=True).fill("Benjamin")
    await settings.page.get_by_role("button", name="Save").click()
    await ana.is_in("Benjamin")
    await expect(ana.row("Benjamin")).to_be_visible()
    assert [*ana.troubles, *ben.troubles, *settings.troubles] == []


async def test_last_seen_is_told_until_it_is_hidden_and_then_both_ways(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    pair = people("ana", "ben")
    names = {key: person.name.capitalize() for key, person in pair.items()}
    ana, ben = await together(browser, madang, pair)
    await expect(about(ana)).to_have_text("Online")
    await ben.page.context.close()
    await expect(about(ana)).to_have_text(LAST_SEEN)
    await ana.picture("last-seen-shown")

    # Ben comes back and keeps it to himself. Then Ana goes: he does not see hers either, but while he shows his.
    ben = await Visitor.signed_in(browser, madang.url, pair["ben"])
    await ben.open(names["ana"])
    await expect(about(ana)).to_have_text("Online")
    settings = await ben.another_tab()
    await settings.page.goto(f"{madang.url}/settings/privacy")
    switch = settings.page.get_by_role("switch", name="Last seen")
    await switch.click()
    await expect(switch).not_to_be_checked()
    await settings.picture("last-seen-hidden-settings")
    await ana.page.context.close()
    await expect(about(ben)).to_have_text("Offline")
    await ben.picture("last-seen-of-nobody")
    await switch.click()
    await expect(about(ben)).to_have_text(LAST_SEEN)
    await switch.click()
    await expect(about(ben)).to_have_text("Offline")

    # And she does not see his: neither when he goes before her eyes, nor when she looks later.
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await ana.open(names["ben"])
    await expect(about(ana)).to_have_text("Online")
    await ben.page.context.close()
    await expect(about(ana)).to_have_text("Offline")
    await ana.page.reload()
    await expect(about(ana)).to_have_text("Offline")
    await ana.picture("last-seen-hidden")
    assert [*ana.troubles, *ben.troubles, *settings.troubles] == []


async def test_who_touches_nothing_is_away_until_they_do(browser: Browser, madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    ana, ben = await together(browser, madang, pair)
    dot = ben.row(pair["ana"].name.capitalize()).locator(".presence")
    await expect(about(ben)).to_have_text("Online")
    await expect(dot).to_have_attribute("data-state", "online")

    await ana.page.clock.install()
    await ana.page.reload()
    await ana.sees("Paper and ink")
    await expect(about(ben)).to_have_text("Online")
    await ana.page.clock.fast_forward("02:00")
    await expect(about(ben)).to_have_text("Away")
    await expect(dot).to_have_attribute("data-state", "away")
    await ben.picture("away-seen")
    await ana.page.mouse.move(700, 400)
    await expect(about(ben)).to_have_text("Online")
    await expect(dot).to_have_attribute("data-state", "online")
    assert [*ana.troubles, *ben.troubles] == []
