"""A group's whole life: made, described, ruled, joined by a link, handed over, dissolved; and an open one, found."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image
from playwright.async_api import Browser, Locator, expect

from tests.chat_client import ChatClient
from tests.files import pictures
from tests.journeys.browser import DESKTOP, PHONE, SCREENSHOTS, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

LOOKS = [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)]


class Members(Visitor):
    """Somebody with a group's details beside it."""

    troubles_seen = Troubles()

    @property
    def details(self) -> Locator:
        return self.page.locator(".details")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    async def show_details(self) -> None:
        """Opens the details where they are closed."""
        button = self.page.get_by_role("main").get_by_role("button", name="Details")
        if await button.get_attribute("aria-pressed") != "true":
            await button.click()
        await expect(self.details.get_by_role("heading", name="Details")).to_be_visible()

    async def line(self, text: str) -> None:
        """Waits until a line of the timeline says so."""
        await expect(self.page.locator("article .system").filter(has_text=text).first).to_be_visible()

    async def about(self, person: str, does: str) -> None:
        """Chooses something from the menu of somebody's line."""
        line = self.details.locator("li.person").filter(has_text=person)
        await line.hover()
        await line.get_by_role("button", name=f"More about {person}").click()
        await self.page.get_by_role("menuitem", name=does).click()

    def dot(self, person: str) -> Locator:
        """Whether somebody among the members is there."""
        return self.details.locator("li.person").filter(has_text=person).locator(".presence")

    async def look(self, screen: str, *, beside: bool = False) -> None:
        """Axe in both themes, and pictures of the screen at two sizes if somebody asked for them.

        ``beside``: it belongs to the details, which a narrow screen does not show.
        """
        for scheme, (width, height) in LOOKS if os.environ.get(SCREENSHOTS) and not beside else LOOKS[:2]:
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await self.troubles_seen.look_at(self.page, f"{screen}, {scheme}")
            await self.picture(f"groups-{screen}-{width}-{scheme}")
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})


async def test_a_group_from_its_first_line_to_its_last(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        people = make_people_in(tmp_path / "data", "ana", "ben", "cleo")
        ana, ben = [await Members.signed_in(browser, madang.url, people[name]) for name in ("ana", "ben")]
        cleo = await Members.signed_in(browser, madang.url, people["cleo"])
        await make(ana, tmp_path)
        await expect(ana.dot("Ben")).to_have_attribute("data-state", "online")
        await expect(ana.dot("Cleo")).to_have_attribute("data-state", "online")
        await cleo.page.context.close()
        await ben.open("Roof repair")
        await rule(ana, ben)
        await obey(ben)
        dana = await join_by_link(browser, madang, ana, ben)
        await change_hands(ana, ben, browser, madang, people)
        await dissolve(ben, dana)
        assert ana.troubles_seen.found == []
        assert [*ana.troubles, *ben.troubles] == []


async def make(ana: Members, folder: Path) -> None:
    """A group with a topic, and a picture that it gets later."""
    await ana.page.get_by_role("button", name="New conversation").first.click()
    for name in ("ben", "cleo"):
        await ana.dialog.get_by_role("combobox").fill(name)
        await ana.dialog.get_by_role("option", name=name.capitalize()).first.click()
    await ana.dialog.get_by_label("Group name").fill("Roof repair")
    await ana.dialog.get_by_label("Topic").fill("Tiles, beams and who brings the ladder")
    await ana.look("new")
    await ana.dialog.get_by_role("button", name="Create", exact=True).click()
    await ana.is_in("Roof repair")
    await ana.line("You created the group.")
    await expect(ana.page.locator("article .system").filter(has_text="topic")).to_have_count(0)
    await ana.line("You added Ben and Cleo.")
    await ana.say("Before the rule")
    await ana.show_details()
    await expect(ana.details).to_contain_text("who brings the ladder")
    await ana.details.get_by_role("button", name="Edit group").click()
    picture = folder / "roof.png"
    picture.write_bytes(pictures.plain())
    await ana.dialog.locator("input[type=file]").set_input_files(picture)
    await expect(ana.dialog.get_by_role("button", name="Remove picture")).to_be_visible()
    await expect(ana.dialog.get_by_role("button", name="Save")).to_be_enabled(timeout=60_000)
    await ana.look("edit", beside=True)
    await ana.dialog.get_by_role("button", name="Save").click()
    await expect(ana.dialog).to_have_count(0)
    await ana.line("You changed the picture.")
    shown = ana.details.locator(".about img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("async (it) => { await it.decode(); return it.naturalWidth }") > 0
    await ana.look("details", beside=True)


async def rule(ana: Members, ben: Members) -> None:
    """Who writes, and what newcomers see."""
    await ana.details.get_by_role("button", name="Group settings").click()
    writes = ana.dialog.get_by_role("group", name="Who writes")
    await writes.get_by_role("button", name="Admins only").click()
    await expect(writes.get_by_role("button", name="Admins only")).to_have_attribute("aria-pressed", "true")
    await expect(ben.page.get_by_text("Only admins can write here.")).to_be_visible()
    await ben.line("Ana let only admins write.")
    await writes.get_by_role("button", name="Everybody").click()
    await expect(ben.composer).to_be_visible()
    sees = ana.dialog.get_by_role("group", name="What new members see")
    await sees.get_by_role("button", name="From joining on").click()
    await expect(sees.get_by_role("button", name="From joining on")).to_have_attribute("aria-pressed", "true")
    await ana.look("settings", beside=True)
    await ana.page.keyboard.press("Escape")
    await ben.line("Ana hid earlier messages from new members.")


async def obey(ben: Members) -> None:
    """A member sees who is there and who was, and is offered nothing that only admins do."""
    await ben.show_details()
    await expect(ben.dot("Ana")).to_have_attribute("data-state", "online")
    await expect(ben.dot("Cleo")).to_have_attribute("data-state", "offline")
    line = ben.details.locator("li.person").filter(has_text="Cleo")
    await expect(line).to_contain_text("Last seen")
    for only_admins in ("Edit group", "Group settings", "Dissolve group"):
        await expect(ben.details.get_by_role("button", name=only_admins)).to_have_count(0)
    await line.hover()
    await line.get_by_role("button", name="More about Cleo").click()
    await expect(ben.page.get_by_role("menuitem")).to_have_text(["Message"])
    await ben.picture("groups-member-menu")
    await ben.page.keyboard.press("Escape")


async def is_lit(toast: Locator) -> None:
    """It is as bright as it is painted, no dialog's veil lies over it, and it can be pressed away."""
    await expect(toast).to_be_visible()
    picture = Image.open(BytesIO(await toast.screenshot(animations="disabled"))).convert("RGB")
    assert picture.getpixel((picture.width // 2, 4)) == (255, 255, 255)
    await toast.get_by_role("button", name="Close").click()
    await expect(toast).to_have_count(0)


async def join_by_link(browser: Browser, madang: MadangProcess, ana: Members, ben: Members) -> Members:
    """Dana has no account yet; she sees what she joins before she makes one, and before she joins."""
    await ana.details.get_by_role("button", name="Invite links").click()
    uses = ana.dialog.get_by_role("group", name="Good for how many")
    await uses.get_by_role("button", name="1", exact=True).click()
    lasts = ana.dialog.get_by_role("group", name="Good for", exact=True)
    await lasts.get_by_role("button", name="1 day").click()
    await ana.dialog.get_by_role("button", name="Create link").click()
    address = await ana.dialog.get_by_label("Invite links").input_value()
    assert re.fullmatch(re.escape(madang.url) + "/join/[a-z2-9]{16}", address)
    await expect(ana.dialog).to_contain_text("0 of 1 joined")
    assert await good_for(ana) == timedelta(days=1)
    await ana.dialog.get_by_role("button", name="Copy link").click()
    await is_lit(ana.page.locator(".toast"))
    await expect(ana.dialog).to_be_visible()
    await ana.look("links", beside=True)

    dana = await Members.arrived(browser, address, "dana")
    invitation = dana.page.get_by_role("region", name="You are invited")
    for words in ("Roof repair", "Ana invites you", "3 people", "who brings the ladder"):
        await expect(invitation).to_contain_text(words)
    await dana.look("invited")
    await dana.sign_up()
    assert dana.page.url == address
    await expect(dana.page.get_by_role("main")).to_contain_text("Ana invites you to")
    await dana.look("join")
    await dana.page.get_by_role("button", name="Join").click()
    await dana.is_in("Roof repair")
    await dana.line("You joined with a link.")
    await ana.line("Dana joined with a link.")
    await ana.page.keyboard.press("Escape")
    await ana.say("After the rule")
    await dana.sees("After the rule")
    await expect(dana.page.locator("article").filter(has_text="Before the rule")).to_have_count(0)

    # It was for one. Ben is told the same as anybody with a wrong code.
    await ben.page.goto(address)
    await expect(ben.page.get_by_text("This invite link is wrong, used up, or has ended.")).to_be_visible()
    await ben.look("gone")
    ben.troubles[:] = [one for one in ben.troubles if "404" not in one]
    await ben.page.get_by_role("button", name="To the conversations").click()
    await ben.open("Roof repair")

    await ana.details.get_by_role("button", name="Invite links").click()
    await ana.dialog.get_by_role("button", name="Create link").click()
    assert await good_for(ana) == timedelta(days=7)
    await ana.dialog.get_by_role("button", name=re.compile("^Revoke the link")).click()
    await expect(ana.dialog.get_by_text("No link is in use.")).to_be_visible()
    await ana.page.keyboard.press("Escape")
    return dana


async def good_for(ana: Members) -> timedelta:
    """How long the one link in use is good from now on, as its line says it; to the hour."""
    line = ana.dialog.get_by_role("listitem")
    await expect(line).to_contain_text("until ")
    text = (await line.inner_text()).replace("\u202f", " ")
    found = re.search(r"until (\w+, \w+ \d+, \d+ at \d+:\d+ [AP]M)", text)
    assert found, f"the link says no end: {text}"
    ends = datetime.strptime(found[1], "%A, %B %d, %Y at %I:%M %p").replace(tzinfo=ZoneInfo("Asia/Seoul"))
    return timedelta(hours=round((ends - datetime.now(UTC)) / timedelta(hours=1)))


async def change_hands(
    ana: Members, ben: Members, browser: Browser, madang: MadangProcess, people: dict[str, Person]
) -> None:
    """Roles, the owner's above all; somebody is put out; and finds an open conversation instead."""
    cleo = await Members.signed_in(browser, madang.url, people["cleo"])
    await cleo.open("Roof repair")
    await ana.about("Ben", "Make admin")
    await ben.line("Ana made you an admin.")
    await ana.about("Ben", "Hand the group over")
    await ana.dialog.get_by_role("button", name="Hand the group over").click()
    await ana.line("You handed the group over to Ben.")
    await ben.line("Ana handed the group over to you.")
    await expect(ana.page.locator("article .system").filter(has_text="made you an admin")).to_have_count(0)

    await ben.show_details()
    await ben.about("Cleo", "Remove from group")
    await ben.dialog.get_by_role("button", name="Remove from group").click()
    await ana.line("Ben removed Cleo.")
    await expect(cleo.page.get_by_text("This conversation is not here, or not yours to read.")).to_be_visible()

    # A link does not bring her back; that is for those who may add her.
    async with ChatClient(madang.url, people["ben"].token) as client:
        where = int(ben.page.url.rpartition("/")[2])
        code = (await client.do("create_invite", conversation_id=where))["code"]
    await cleo.page.goto(f"{madang.url}/join/{code}")
    await expect(cleo.page.get_by_text("You were removed from this group.")).to_be_visible()
    await expect(cleo.page.get_by_role("button", name="Join")).to_have_count(0)
    await cleo.look("removed")
    cleo.troubles[:] = [one for one in cleo.troubles if "403" not in one]
    await cleo.page.get_by_role("button", name="To the conversations").click()

    await ana.page.get_by_role("button", name="New conversation").first.click()
    await ana.dialog.get_by_role("button", name="Anyone here").click()
    await ana.dialog.get_by_label("Group name").fill("Town square")
    await ana.dialog.get_by_role("button", name="Create", exact=True).click()
    await ana.is_in("Town square")
    await cleo.page.get_by_role("button", name="New conversation").first.click()
    await cleo.dialog.get_by_role("button", name="Find an open conversation").click()
    await cleo.dialog.get_by_placeholder("Find an open conversation").fill("squ")
    join = cleo.dialog.get_by_role("button", name="Join Town square")
    await expect(join).to_be_visible()
    await cleo.look("open")
    await join.click()
    await cleo.is_in("Town square")
    await cleo.line("You joined.")
    await ana.line("Cleo joined.")
    assert cleo.troubles == []


async def dissolve(ben: Members, dana: Members) -> None:
    """The name is typed; then everybody reads, and nobody writes."""
    await ben.details.get_by_role("button", name="Dissolve group").click()
    typed = ben.dialog.get_by_label(re.compile("Type the group"))
    await typed.fill("Roof")
    await ben.dialog.get_by_role("button", name="Dissolve group").click()
    await expect(ben.dialog.get_by_text("This is not the group’s name.")).to_be_visible()
    await ben.look("dissolve", beside=True)
    await typed.fill("Roof repair")
    await ben.dialog.get_by_role("button", name="Dissolve group").click()
    await expect(dana.page.get_by_text("This group has been dissolved. It can only be read.")).to_be_visible()
    await dana.line("Ben dissolved the group.")
    await dana.sees("After the rule")
    await expect(dana.composer).to_have_count(0)
    await dana.look("dissolved")
    await dana.show_details()
    await expect(dana.details.get_by_role("button", name="+ Invite")).to_have_count(0)
    await dana.details.get_by_role("button", name="Leave group").click()
    await dana.dialog.get_by_role("button", name="Leave group").click()
    await expect(dana.row("Roof repair")).to_have_count(0)
    assert dana.troubles == []
