"""What a person is told of, and when: chosen on one device, shown on the other, and kept by the server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

# A browser that shows notices to nobody, and a person who looks elsewhere.
STUB = """() => {
    window.asked = 0; window.shown = []
    class Notice extends EventTarget {
        static permission = 'default'
        static async requestPermission() { window.asked += 1; return (Notice.permission = 'granted') }
        constructor(title, { body }) { super(); window.shown.push(`${title}: ${body}`) }
        close() {}
    }
    window.Notification = Notice
    document.hasFocus = () => false
}"""


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """One kind of database will do: here it is about what is seen."""
    folder: Path = tmp_path_factory.mktemp("telling")
    with MadangProcess(folder / "data", message_rate="off") as server:
        yield server


async def shown(page: Page) -> list[str]:
    found: list[str] = await page.evaluate("() => window.shown")
    return found


async def test_quiet_is_kept_on_every_device(browser: Browser, madang: MadangProcess) -> None:
    pair: dict[str, Person] = make_people_in(madang.data_dir, "ana", "ben")
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        say: Callable[[str], object] = lambda text: ben.do(  # noqa: E731
            "send_message", conversation_id=direct, client_id=secrets.token_hex(8), text=text
        )
        desk = await Visitor.signed_in(browser, madang.url, pair["ana"])
        await desk.page.add_init_script(f"({STUB})()")
        await desk.page.goto(f"{madang.url}/settings/notifications")
        phone = await Visitor.signed_in(browser, madang.url, pair["ana"], size=PHONE, color_scheme="dark")
        await phone.page.goto(f"{madang.url}/settings/notifications")
        page = desk.page

        # The rules come by the connection: what is said from now on is heard at once.
        await expect(page.get_by_role("button", name="Pause: Off")).to_be_visible()
        # Nothing is asked of the browser before somebody asks for it.
        assert await page.evaluate("() => window.asked") == 0
        await page.get_by_role("switch", name="Notifications on this device").click()
        await expect(page.get_by_role("switch", name="Notifications on this device")).to_be_checked()
        assert await page.evaluate("() => window.asked") == 1
        await say("by day")
        await page.wait_for_function("() => window.shown.length === 1")

        # Paused on the phone: the desk makes no notice of what comes, and the inbox has it.
        await phone.page.get_by_role("button", name="Pause: Off").click()
        await phone.page.get_by_role("menuitem", name="8 hours").click()
        await expect(page.get_by_role("button", name="Pause: Until")).to_be_visible()
        await say("hush")
        bell = page.get_by_role("button", name="Notifications, 1 unread")
        await expect(bell).to_be_visible()
        await page.get_by_role("button", name="Pause: Until").click()
        await page.get_by_role("menuitem", name="End mute").click()
        await expect(phone.page.get_by_role("button", name="Pause: Off")).to_be_visible()
        await say("by day again")
        await page.wait_for_function("() => window.shown.length > 1")
        assert await shown(page) == ["Ben: by day", "Ben: by day again"]

        # Quiet hours in the time zone of the person, chosen on the desk and shown on the phone.
        await page.get_by_role("switch", name="Quiet hours").click()
        await expect(phone.page.get_by_label("Time zone")).to_have_value("Asia/Seoul")
        await page.get_by_label("Until", exact=True).fill("07:30")
        await expect(phone.page.get_by_label("Until", exact=True)).to_have_value("07:30")
        await page.get_by_role("switch", name="Reactions to your messages").click()
        await expect(phone.page.get_by_role("switch", name="Reactions to your messages")).not_to_be_checked()

        troubles = Troubles()
        for visitor, screen in ((desk, "telling-desktop"), (phone, "telling-phone-dark")):
            await troubles.look_at(visitor.page, screen)
            await visitor.picture(screen)
        assert troubles.found == []
        assert [*desk.troubles, *phone.troubles] == []


async def test_a_reaction_calls_its_author_until_they_look(browser: Browser, madang: MadangProcess) -> None:
    trio: dict[str, Person] = make_people_in(madang.data_dir, "cleo", "dana", "emil")
    async with (
        ChatClient(madang.url, trio["dana"].token) as dana,
        ChatClient(madang.url, trio["emil"].token) as emil,
    ):
        direct = (await dana.do("open_direct", account_id=trio["cleo"].id))["id"]
        await dana.do("send_message", conversation_id=direct, client_id="the-first-words", text="is it open?")
        cleo = await Visitor.signed_in(browser, madang.url, trio["cleo"])
        page = cleo.page
        await page.goto(f"{madang.url}/c/{direct}")
        await cleo.say("the gate is open")
        await page.goto(f"{madang.url}/settings/profile")
        await dana.do("add_reaction", conversation_id=direct, seq=2, emoji="👍")
        await page.get_by_role("button", name="Notifications, 1 unread").click()
        await expect(page.get_by_role("link", name="Dana reacted 👍")).to_be_visible()
        # Looking at the conversation is enough; nobody has to press anything in the inbox.
        await page.goto(f"{madang.url}/c/{direct}")
        await expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()

        # What two people do is one row, which names the last of them and counts the other.
        others = [trio["cleo"].id, trio["emil"].id]
        group = (await dana.do("create_group", client_id="the-garden", title="Garden", account_ids=others))["id"]
        await page.goto(f"{madang.url}/c/{group}")
        await cleo.say("the roses are out")
        seq = int(await page.locator("article").filter(has_text="the roses are out").get_attribute("data-seq") or 0)
        await page.goto(f"{madang.url}/notifications")
        for one, emoji in ((dana, "🌹"), (emil, "🎉")):
            await one.do("add_reaction", conversation_id=group, seq=seq, emoji=emoji)
        await expect(page.get_by_role("link", name="Emil and 1 other reacted in Garden")).to_be_visible()
        await expect(page.locator(".note").first).to_contain_text("🎉")
        await cleo.picture("telling-two-reactions")
        assert cleo.troubles == []
