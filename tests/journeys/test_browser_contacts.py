"""Two people become contacts, and one thinks better of it: found, asked, accepted, blocked, unblocked, removed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import disable_in, make_people_in
from tests.services_under_test import MadangProcess


async def test_two_people_ask_accept_block_and_part(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        people = make_people_in(tmp_path / "data", "ana", "ben", "cleo")
        ana = await Visitor.signed_in(browser, madang.url, people["ana"])
        ben = await Visitor.signed_in(browser, madang.url, people["ben"])

        # Ana comes by the first steps, finds Ben and asks him.
        await ana.page.get_by_role("link", name="Find a person").click()
        await expect(ana.page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()
        await expect(ana.page.get_by_text("No contacts yet. Find a person.")).to_be_visible()
        await ask(ana, "ben", "the workshop")
        sent = ana.page.get_by_role("region", name="Sent by you")
        await expect(sent).to_contain_text(re.compile("Ben.*Waiting since", re.DOTALL))
        await ana.picture("contacts-sent")

        # Ben hears of it on his bell, and says yes there.
        await ben.page.goto(f"{madang.url}/notifications")
        note = ben.page.get_by_role("listitem").filter(has_text="Ana wants to connect")
        await expect(note).to_contain_text("the workshop")
        await ben.picture("contacts-note")
        await note.get_by_role("button", name="Accept").press("Enter")
        await expect(note.get_by_role("button", name="Accept")).to_have_count(0)
        await expect(note.get_by_role("button").and_(ben.page.locator(":focus"))).to_have_count(1)
        await note.get_by_role("button", name="Archive").press("Enter")
        await expect(ben.page.get_by_role("heading", name="Notifications", level=1)).to_be_focused()
        await expect(sent).to_have_count(0)
        contacts = ana.page.get_by_role("region", name="People (1)")
        await expect(contacts).to_contain_text(re.compile("Ben.*Online", re.DOTALL))
        await ana.picture("contacts-people")
        cleo = await Visitor.signed_in(browser, madang.url, people["cleo"])
        await ask_in_vain(cleo, ana)

        # They talk; then Ana blocks him from the details.
        await contacts.get_by_role("button", name="Message").click()
        await ana.is_in("Ben")
        await ana.say("Hello Ben")
        await ben.open("Ana")
        await ben.say("Hello Ana")
        await ana.page.get_by_role("button", name="Details").first.click()
        details = ana.page.get_by_role("complementary", name="Details")
        await details.get_by_role("button", name="Block", exact=True).click()
        confirm = ana.page.get_by_role("dialog", name="Block Ben?")
        await ana.picture("contacts-block")
        await confirm.get_by_role("button", name="Block", exact=True).click()
        await expect(ana.page.get_by_text("You have blocked Ben.")).to_be_visible()
        await ana.picture("contacts-blocked-conversation")
        await expect(ben.page.get_by_role("main").get_by_text("Offline").first).to_be_visible()
        await ben.writes("Are you angry?")
        await expect(ben.message("Are you angry?")).to_have_attribute("data-state", "failed")
        await expect(ana.page.get_by_text("Are you angry?")).to_have_count(0)

        # The blocked stand on a list of their own, and the block is taken back there.
        await ana.page.get_by_role("button", name="Contacts", exact=True).click()
        await ana.page.get_by_role("button", name="Blocked", exact=True).click()
        blocked = ana.page.get_by_role("region", name="Blocked")
        await expect(blocked).to_contain_text("Ben")
        await ana.picture("contacts-blocked")
        await blocked.get_by_role("button", name="Unblock").click()
        await expect(ana.page.get_by_text("You have blocked nobody.")).to_be_visible()
        await ben.page.get_by_role("button", name="Retry").click()
        await expect(ben.message("Are you angry?")).to_have_attribute("data-state", "sent")

        # And in the end she removes him.
        await ana.page.get_by_role("button", name="People", exact=True).click()
        await contacts.get_by_role("button", name="More about Ben").click()
        await ana.page.get_by_role("menuitem", name="Remove from contacts").click()
        await ana.page.get_by_role("dialog").get_by_role("button", name="Remove from contacts").click()
        await expect(ana.page.get_by_text("No contacts yet. Find a person.")).to_be_visible()
        assert [*ana.troubles, *ben.troubles, *cleo.troubles] == []

        # Later an operator disables his account: what was said stays, and who would write is told why not.
        await ana.open("Ben")
        disable_in(tmp_path / "data", people["ben"])
        await ana.page.reload()
        await expect(
            ana.page.get_by_text("Ben’s account is disabled, so nobody reads what is written here.")
        ).to_be_visible()
        await expect(ana.message("Hello Ben")).to_be_visible()
        await ana.picture("contacts-disabled")
        assert ana.troubles == []


async def ask(visitor: Visitor, username: str, note: str) -> None:
    """Finds somebody among everybody, and sends them a request with a word."""
    find = visitor.page.get_by_label("Find by name or @username")
    await find.fill(username[:2])
    found = visitor.page.get_by_role("listitem").filter(has_text=f"@{username}")
    await found.get_by_role("button", name="Add", exact=True).click()
    dialog = visitor.page.get_by_role("dialog", name=f"Contact request to {username.capitalize()}")
    await dialog.get_by_label("Note").fill(note)
    await dialog.get_by_role("button", name="Send request").click()
    await expect(dialog).to_be_hidden()
    await find.fill("")


async def ask_in_vain(cleo: Visitor, ana: Visitor) -> None:
    """Cleo is declined, then asks once more and takes it back: nothing is left of either, here or there."""
    await cleo.page.goto(f"{cleo.url}/contacts")
    asked = ana.page.get_by_role("region", name="Requests to you")
    sent = cleo.page.get_by_role("region", name="Sent by you")
    for end in (asked.get_by_role("button", name="Decline"), sent.get_by_role("button", name="Cancel")):
        await ask(cleo, "ana", "from the market")
        await expect(sent).to_contain_text(re.compile("Ana.*Waiting since", re.DOTALL))
        await expect(asked).to_contain_text(re.compile("Cleo.*from the market", re.DOTALL))
        await ana.picture("contacts-asked")
        await end.click()
        await expect(asked).to_have_count(0)
        await expect(sent).to_have_count(0)
    await expect(cleo.page.get_by_text("No contacts yet. Find a person.")).to_be_visible()


async def test_where_only_contacts_write_one_asks_first(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data", direct_messages="contacts", message_rate="off") as madang:
        people = make_people_in(tmp_path / "data", "ana", "ben", "cleo")
        async with (
            ChatClient(madang.url, people["ana"].token) as ana_before,
            ChatClient(madang.url, people["ben"].token) as ben_before,
        ):
            await ana_before.do("request_contact", account_id=people["ben"].id)
            await ben_before.do("answer_contact", account_id=people["ana"].id, accept=True)
            await ana_before.begins(people["ben"].id, "Paper and ink")
        ana, ben = [await Visitor.signed_in(browser, madang.url, people[name]) for name in ("ana", "ben")]
        await ana.open("Ben")
        await ben.open("Ana")

        # Ben removes her. What was said stays, and neither writes any more.
        await ben.page.get_by_role("button", name="Details").first.click()
        details = ben.page.get_by_role("complementary", name="Details")
        await details.get_by_role("button", name="Remove from contacts").click()
        confirm = ben.page.get_by_role("dialog", name="Remove Ana from your contacts?")
        await confirm.get_by_role("button", name="Remove from contacts").click()
        here, there = ana.page.get_by_role("main"), ben.page.get_by_role("main")
        await expect(here).to_contain_text("People here write to their contacts. Ben is not one of yours yet.")
        await expect(there).to_contain_text("People here write to their contacts. Ana is not one of yours yet.")
        await expect(ana.composer).to_have_count(0)
        await expect(ben.composer).to_have_count(0)
        await ana.sees("Paper and ink")
        await ana.picture("contacts-only-closed")

        # She asks him in the place of the composer, and he accepts in his.
        await here.get_by_role("button", name="Send request").click()
        dialog = ana.page.get_by_role("dialog", name="Contact request to Ben")
        await dialog.get_by_role("button", name="Send request").click()
        await expect(here).to_contain_text("You can write once Ben has accepted your request.")
        await expect(ana.composer).to_have_count(0)
        await expect(there).to_contain_text("Ana wants to connect. Accept to write to each other.")
        await ana.picture("contacts-only-sent")
        await ben.picture("contacts-only-received")
        await there.get_by_role("button", name="Accept", exact=True).click()
        await ana.say("And a brush")
        await ben.sees("And a brush")
        await ben.say("Tomorrow then")
        await ana.sees("Tomorrow then")

        # With a stranger there is not even a conversation, and it is said why.
        await ana.page.get_by_role("button", name="New conversation").first.click()
        new = ana.page.get_by_role("dialog")
        await new.get_by_role("combobox").fill("cleo")
        await new.get_by_role("option", name="Cleo").first.click()
        await new.get_by_role("button", name="Open", exact=True).click()
        await expect(new).to_contain_text("People here write to their contacts. Cleo is not one of yours yet.")
        await ana.picture("contacts-only-stranger")
        assert [*ana.troubles, *ben.troubles] == []


@pytest.mark.parametrize(
    ("size", "scheme", "locale"),
    [
        pytest.param(DESKTOP, "dark", "en-GB", id="desktop-dark-en"),
        pytest.param(PHONE, "light", "ko-KR", id="phone-light-ko"),
    ],
)
async def test_axe_finds_nothing_serious_among_contacts(
    browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str, locale: str
) -> None:
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        people = make_people_in(tmp_path / "data", "ana", "ben", "cleo", "dana", "eun")
        ids = {name: person.id for name, person in people.items()}
        async with (
            ChatClient(madang.url, people["ben"].token) as ben,
            ChatClient(madang.url, people["dana"].token) as dana,
        ):
            await ben.do("request_contact", account_id=ids["ana"])
            await dana.do("request_contact", account_id=ids["ana"], note="the workshop, on the second floor")
            async with ChatClient(madang.url, people["ana"].token) as client:
                await client.do("answer_contact", account_id=ids["ben"], accept=True)
                await client.do("request_contact", account_id=ids["cleo"])
                await client.do("block", account_id=ids["eun"])
            troubles = Troubles()
            ana = await Visitor.signed_in(
                browser, madang.url, people["ana"], size=size, color_scheme=scheme, locale=locale
            )
            await ana.page.goto(f"{madang.url}/contacts")
            await expect(ana.page.get_by_text("@ben")).to_be_visible()
            await troubles.look_at(ana.page, "people")
            await ana.picture(f"contacts-{size[0]}-{scheme}")
            await ana.page.get_by_text("@ben").locator("xpath=ancestor::li").locator("button").last.click()
            await expect(ana.page.get_by_role("menu")).to_be_visible()
            await troubles.look_at(ana.page, "menu")
            await ana.picture(f"contacts-menu-{size[0]}-{scheme}")
            await ana.page.keyboard.press("Enter")
            await expect(ana.page.get_by_role("dialog")).to_be_visible()
            await troubles.look_at(ana.page, "profile")
            await ana.picture(f"contacts-profile-{size[0]}-{scheme}")
            if size == PHONE:
                await ana.page.goto(f"{madang.url}/c")
                badge = ana.page.locator(".bottom-bar a[href='/contacts'] .badge")
                await expect(badge).to_have_text("1")
                await troubles.look_at(ana.page, "one who asks")
                await ana.picture("contacts-badge")
                await dana.do("remove_contact", account_id=ids["ana"])
                await expect(badge).to_have_count(0)
            assert troubles.found == []
