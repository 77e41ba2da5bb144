"""A whole day without a mouse: everything is reached by keyboard, and where one is can be seen at every stop."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from tests.journeys.browser import PASSWORD, Visitor
from tests.journeys.input_method import InputMethod
from tests.people import make_people_in
from tests.services_under_test import MadangProcess

STOP = """() => {
    const at = document.activeElement
    if (at === document.body) return 'nowhere'
    const shown = at.querySelector('.bubble, .system, .alone > :first-child, .big-emoji')
    const frame = at.closest('.composer, .input, .switcher-field, .note')
    const rings = [at, frame, shown].filter(Boolean).map((one) => getComputedStyle(one))
    const outlined = rings.some((one) => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 1)
    return outlined ? 'shown' : `no ring on ${at.outerHTML.slice(0, 160)}`
}"""
"""Where one is: whether what has the focus, or the frame around it, has an outline, as nothing else has."""


async def test_a_day_without_a_mouse(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("seeds and tools")
    with MadangProcess(tmp_path / "data") as madang:
        ben = await Visitor.arrived(browser, madang.url, "ben")
        await ben.sign_up()
        make_people_in(madang.data_dir, "cleo")
        ana = await Visitor.arrived(browser, madang.url, "ana")
        await create_account(ana)
        await ask(ana, "ben")
        await accept(ben, "Ana")
        await expect(ana.page.get_by_role("region", name="People (1)")).to_contain_text("Ben")
        await begin(ana, "ben")
        await talk(ana, ben, tmp_path / "plan.txt")
        await search(ana)
        await begin(ana, "ben", "cleo", group="Roof repair")
        await use_a_group(ana)
        await show_a_status(ana)
        await sign_out(ana)
        assert [*ana.troubles, *ben.troubles] == []


async def create_account(ana: Visitor) -> None:
    page, keys, form = ana.page, ana.page.keyboard, ana.page.locator("form")
    await tab_to(page, page.get_by_role("group").get_by_role("button", name="Create account"), arrived=True)
    await keys.press("Enter")
    for label, text in (("Name", "Ana"), ("Username", "ana"), ("Password", PASSWORD)):
        await tab_to(page, form.get_by_label(label, exact=True))
        await keys.type(text)
    await keys.press("Enter")
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()


async def ask(ana: Visitor, person: str) -> None:
    """Finds somebody by the first steps, and asks them to become a contact."""
    page, keys = ana.page, ana.page.keyboard
    await tab_to(page, page.get_by_role("link", name="Find a person"), arrived=True)
    await keys.press("Enter")
    await tab_to(page, page.get_by_label("Find by name or @username"))
    await keys.type(person)
    found = page.get_by_role("listitem").filter(has_text=f"@{person}")
    await tab_to(page, found.get_by_role("button", name="Add", exact=True))
    await keys.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Contact request to {person.capitalize()}")
    await expect(dialog).to_be_visible()
    await tab_to(page, dialog.get_by_role("button", name="Send request"))
    await keys.press("Enter")
    await expect(dialog).to_be_hidden()
    await tab_to(page, page.get_by_label("Find by name or @username"))
    await keys.press("Control+a")
    await keys.press("Delete")
    await expect(page.get_by_role("region", name="Sent by you")).to_be_visible()


async def accept(ben: Visitor, name: str) -> None:
    """On the page of contacts."""
    page, keys = ben.page, ben.page.keyboard
    await tab_to(page, page.get_by_role("button", name="Contacts", exact=True), arrived=True)
    await keys.press("Enter")
    asked = page.get_by_role("region", name="Requests to you").get_by_role("listitem").filter(has_text=name)
    await tab_to(page, asked.get_by_role("button", name="Accept"))
    await keys.press("Enter")
    await expect(page.get_by_role("region", name="People (1)")).to_contain_text(name)


async def begin(ana: Visitor, *people: str, group: str = "") -> None:
    """Finds people, and opens a conversation with them."""
    page, keys, dialog = ana.page, ana.page.keyboard, ana.page.get_by_role("dialog")
    await tab_to(page, page.get_by_role("button", name="New conversation").first)
    await keys.press("Enter")
    await tab_to(page, dialog.get_by_role("combobox"))
    for person in people:
        await keys.type(person)
        await expect(dialog.get_by_role("option", name=person.capitalize()).first).to_be_visible()
        await keys.press("Enter")
    if group:
        await tab_to(page, dialog.get_by_label("Group name"))
        await keys.type(group)
    await tab_to(page, dialog.get_by_role("button", name="Create" if group else "Open", exact=True))
    await keys.press("Enter")
    await ana.is_in(group or people[0].capitalize())
    await expect(ana.composer).to_be_focused()
    await shows_where(page)


async def talk(ana: Visitor, ben: Visitor, plan: Path) -> None:
    """In Korean; edited, reacted to, answered, with a file."""
    page, keys, hand = ana.page, ana.page.keyboard, await InputMethod.of(ana.page)
    await keys.type("마당에서 봐")
    await hand.play((("compose", "ㅇ", "요"), ("taken",), ("commit", "요"), ("enter",), ("up",)))
    await expect(ana.message("마당에서 봐요")).to_have_attribute("data-state", "sent")
    await keys.press("ArrowUp")
    await expect(ana.composer).to_have_value("마당에서 봐요")
    await keys.press("Backspace")
    await hand.play((("compose", "ㅈ", "자"), ("taken",), ("commit", "자"), ("enter",), ("up",)))
    await ben.open("Ana")
    await ben.sees("마당에서 봐자")

    await ben.say("To you too")
    answer = page.locator("article").filter(has_text="To you too").first
    await expect(answer).to_be_visible()
    await ana.to_message(answer)
    await shows_where(page)
    await keys.press("+")
    await expect(page.get_by_label("Search emoji")).to_be_focused()
    await shows_where(page)
    await keys.type("thumbs up")
    await keys.press("Enter")
    await expect(ben.page.get_by_role("button", name=re.compile("👍, 1"))).to_be_visible()
    await ana.to_message(answer)
    await keys.press("r")
    await expect(ana.composer).to_be_focused()
    await keys.type("Thank you")
    await keys.press("Enter")
    await ben.sees("Thank you")

    # Before the way there: the browser takes a moment until it hands dialogs over.
    async with page.expect_file_chooser() as chooser:
        await tab_to(page, page.get_by_role("button", name="Attach file"))
        await keys.press("Enter")
    await (await chooser.value).set_files(plan)
    await expect(page.get_by_text("plan.txt").first).to_be_visible()
    await tab_to(page, ana.composer)
    await keys.type("What we need")
    await keys.press("Enter")
    await expect(ben.page.locator("article").filter(has_text="plan.txt").first).to_be_visible()


async def search(ana: Visitor) -> None:
    """For a part of a Korean word, and to its place."""
    page, keys, field = ana.page, ana.page.keyboard, ana.page.locator(".search-page input").first
    await keys.press("Control+Shift+f")
    await expect(field).to_be_focused()
    await shows_where(page)
    await keys.type("당에")
    hit = page.locator(".hit-link").first
    await expect(hit).to_be_visible()
    await keys.press("ArrowDown")
    await expect(hit).to_be_focused()
    await shows_where(page)
    await keys.press("Enter")
    await ana.is_in("Ben")
    await ana.sees("마당에서 봐자")


async def use_a_group(ana: Visitor) -> None:
    """Away and back by jumping, muted, and left."""
    page, keys = ana.page, ana.page.keyboard
    for place in ("Ben", "Roof repair"):
        await keys.press("Control+k")
        jump = page.get_by_role("dialog").get_by_role("combobox")
        await expect(jump).to_be_focused()
        await shows_where(page)
        await keys.type(place)
        await expect(page.get_by_role("option", name=place).first).to_be_visible()
        await keys.press("Enter")
        await ana.is_in(place)
    details = page.get_by_role("button", name="Details", exact=True)
    if await details.get_attribute("aria-pressed") != "true":
        await tab_to(page, details)
        await keys.press("Enter")
    await tab_to(page, page.get_by_role("button", name=re.compile("^Mute")))
    await keys.press("Enter")
    await expect(page.get_by_role("menuitem", name="1 hour")).to_be_focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(ana.row("Roof repair")).to_have_accessible_name(re.compile("muted"))
    await tab_to(page, page.get_by_role("button", name="Leave group"))
    await keys.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await tab_to(page, dialog.get_by_role("button", name="Leave group"))
    await keys.press("Enter")
    await expect(ana.row("Roof repair")).to_have_count(0)


async def show_a_status(ana: Visitor) -> None:
    page, keys = ana.page, ana.page.keyboard
    await tab_to(page, page.get_by_role("button", name="Status and profile"), arrived=True)
    await keys.press("Enter")
    await expect(page.get_by_role("menuitemradio", name="Automatic")).to_be_focused()
    await shows_where(page)
    await keys.press("Home")
    await keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Status")
    await expect(dialog.get_by_label("Status", exact=True)).to_be_focused()
    await keys.type("in the yard")
    await tab_to(page, dialog.get_by_role("button", name="Busy"))
    await keys.press("Space")
    await tab_to(page, dialog.get_by_role("button", name="Save"))
    await keys.press("Enter")
    await expect(page.get_by_role("button", name="Busy · in the yard")).to_be_visible()


async def sign_out(ana: Visitor) -> None:
    """By the pane of conversations, the profile and its last button."""
    page, keys = ana.page, ana.page.keyboard
    await keys.press("F6")
    await tab_to(page, page.get_by_role("button", name="Status and profile"))
    await keys.press("Enter")
    await expect(page.get_by_role("menuitemradio", name="Busy")).to_be_focused()
    await keys.press("End")
    await keys.press("Enter")
    await tab_to(page, page.get_by_role("button", name="Sign out"))
    await keys.press("Enter")
    await expect(page.get_by_role("group").get_by_role("button", name="Sign in")).to_be_visible()


async def shows_where(page: Page) -> None:
    """Something has the focus, and shows it."""
    assert await page.evaluate(STOP) == "shown"


async def tab_to(page: Page, wanted: Locator, *, arrived: bool = False) -> None:
    """Presses Tab until ``wanted`` has the focus. Every stop on the way shows where one is.

    Nothing has the focus only where somebody has just ``arrived``, and between the last stop and the first.
    """
    await expect(wanted.first).to_be_visible()
    if not arrived:
        await expect(page.locator(":focus")).to_have_count(1)
    stops: list[str] = []
    while not await wanted.first.evaluate("it => it === document.activeElement"):
        await page.keyboard.press("Tab")
        stops.append(await page.evaluate(STOP))
        assert stops[-1] in ("shown", "nowhere")
        assert stops.count("nowhere") <= 1, "the focus is lost again and again"
        assert len(stops) < 60
