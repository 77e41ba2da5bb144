"""Devices, password, theme, language and the inbox: what a person changes, and where it shows at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import PASSWORD, Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

NEXT_PASSWORD = "a persimmon for every magpie"


async def sign_in(visitor: Visitor, name: str, password: str) -> None:
    """Fills the form that asks who one is."""
    form = visitor.page.locator("form")
    await form.get_by_label("Username").fill(name)
    await form.get_by_label("Password", exact=True).fill(password)
    await form.get_by_role("button", name="Sign in").click()


async def test_an_ended_device_is_signed_out_at_once_and_keeps_what_was_typed(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data") as madang:
        ana = await Visitor.arrived(browser, madang.url, "ana")
        await ana.sign_up()
        ben = await Visitor.arrived(browser, madang.url, "ben")
        await ben.sign_up()
        other = await Visitor.arrived(browser, madang.url, "ana")
        await sign_in(other, "ana", PASSWORD)
        await other.find("ben")
        await other.composer.press_sequentially("Not lost, I hope")

        await ana.page.goto(f"{madang.url}/settings/devices")
        await expect(ana.page.get_by_text("This device")).to_be_visible()
        await ana.picture("settings-devices")
        await ana.page.get_by_role("button", name="End this session").click()
        await ana.page.get_by_role("dialog").get_by_role("button", name="End this session").click()

        signed_out = other.page.get_by_role("dialog", name="Please sign in again")
        await expect(signed_out).to_be_visible()
        await other.picture("settings-signed-out")
        await expect(ana.page.get_by_role("button", name="End this session")).to_have_count(0)
        await signed_out.get_by_label("Password", exact=True).fill(PASSWORD)
        await signed_out.get_by_role("button", name="Sign in").click()
        await expect(signed_out).to_be_hidden()
        await expect(other.composer).to_have_value("Not lost, I hope")
        await other.composer.press("Enter")
        await expect(other.message("Not lost, I hope")).to_have_attribute("data-state", "sent")

        # A new password ends the other device too, and is the one that counts from now on.
        await ana.page.goto(f"{madang.url}/settings/profile")
        await ana.page.get_by_label("Current password", exact=True).fill("this is not it")
        await ana.page.get_by_label("New password", exact=True).fill(NEXT_PASSWORD)
        await ana.page.get_by_role("button", name="Change password").click()
        await expect(ana.page.get_by_text("This is not your current password.")).to_be_visible()
        await ana.picture("settings-password")
        await ana.page.get_by_label("Current password", exact=True).fill(PASSWORD)
        await ana.page.get_by_role("button", name="Change password").click()
        await expect(ana.page.get_by_text("Password changed").first).to_be_visible()
        await expect(signed_out).to_be_visible()
        await signed_out.get_by_label("Password", exact=True).fill(PASSWORD)
        await signed_out.get_by_role("button", name="Sign in").click()
        await expect(signed_out.get_by_text("Wrong name or password")).to_be_visible()
        await signed_out.get_by_label("Password", exact=True).fill(NEXT_PASSWORD)
        await signed_out.get_by_role("button", name="Sign in").click()
        await expect(signed_out).to_be_hidden()


async def test_theme_and_language_change_in_place(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    ana = await Visitor.signed_in(browser, madang.url, people("ana")["ana"])
    page = ana.page
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()
    await page.get_by_role("button", name="Settings").click()
    await page.evaluate("() => window.sameDocument = true")
    await page.get_by_role("link", name="Appearance").click()
    paper = await page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    await page.get_by_role("radio", name="Dark").click()
    await expect(page.locator("body")).not_to_have_css("background-color", paper)
    await ana.picture("settings-appearance")

    await page.get_by_role("link", name="Language").click()
    await page.get_by_role("radio", name="한국어").click()
    await expect(page.get_by_role("heading", name="언어")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "ko")
    await expect(page.get_by_role("navigation", name="대화")).to_be_visible()
    assert await page.evaluate("() => window.sameDocument")
    await ana.picture("settings-language")

    await page.reload()
    await expect(page.get_by_role("heading", name="언어")).to_be_visible()
    await expect(page.locator("html[data-theme=dark], html[data-theme=dark] *").first).to_be_attached()
    assert ana.troubles == []


async def test_a_mention_calls_on_every_device_until_it_is_read_on_one(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        group = (
            await ben.do("create_group", client_id="the-roof-group", title="Roof repair", account_ids=[pair["ana"].id])
        )["id"]
        desk = await Visitor.signed_in(browser, madang.url, pair["ana"])
        phone = await Visitor.signed_in(browser, madang.url, pair["ana"])
        bells = [one.page.get_by_role("button", name=re.compile("^Notifications")) for one in (desk, phone)]
        for bell in bells:
            await expect(bell).to_have_accessible_name("Notifications, 1 unread")
        await ben.do(
            "send_message",
            conversation_id=group,
            client_id="look-at-the-roof",
            text=f"@{pair['ana'].name} look at the roof",
        )
        for bell in bells:
            await expect(bell).to_have_accessible_name("Notifications, 2 unread")
        await bells[0].click()
        note = desk.page.get_by_role("link", name=re.compile("mentioned you"))
        await expect(note).to_contain_text("look at the roof")
        await desk.picture("settings-notifications")
        await note.click()
        await desk.sees("look at the roof")
        for bell in bells:
            await expect(bell).not_to_have_accessible_name("Notifications, 2 unread")
        assert [*desk.troubles, *phone.troubles] == []
