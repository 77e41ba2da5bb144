"""What people show of themselves, and hide: a status, a new name and read receipts, seen by the other one at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.browser import PHONE, Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]


async def together(browser: Browser, madang: MadangProcess, pair: dict[str, Person]) -> tuple[Visitor, Visitor]:
    """Ana and Ben, each with their conversation open."""
    ana, ben = [await Visitor.signed_in(browser, madang.url, person) for person in pair.values()]
    await ana.find(pair["ben"].name)
    await ana.say("Paper and ink")
    await ben.open(pair["ana"].name.capitalize())
    await ben.sees("Paper and ink")
    return ana, ben


@pytest.mark.parametrize("on_database", ["sqlite"], indirect=True)
async def test_a_status_is_seen_beside_the_name_until_it_is_cleared(
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
    assert [*ana.troubles, *ben.troubles] == []


@pytest.mark.parametrize("on_database", ["sqlite"], indirect=True)
async def test_on_a_phone_a_status_is_set_in_the_settings(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    ana = await Visitor.signed_in(
        browser, madang.url, people("ana")["ana"], size=PHONE, locale="ko-KR", color_scheme="dark"
    )
    page = ana.page
    await page.goto(f"{madang.url}/settings/profile")
    await page.get_by_role("button", name="상태 설정").click()
    dialog = page.get_by_role("dialog", name="상태")
    await ana.picture("status-phone")
    await dialog.get_by_label("상태 메시지").fill("작업실에 있어요")
    await dialog.get_by_role("button", name="오늘").click()
    await dialog.get_by_role("button", name="저장").click()
    await expect(page.get_by_text("작업실에 있어요")).to_be_visible()
    await page.goto(f"{madang.url}/settings/privacy")
    await expect(page.get_by_role("switch", name="읽음 표시")).to_be_checked()
    await ana.picture("privacy-phone")
    assert ana.troubles == []


@pytest.mark.parametrize("on_database", ["sqlite"], indirect=True)
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
