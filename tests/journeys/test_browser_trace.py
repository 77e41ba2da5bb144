"""Where is my message? Its sender asks from its menu, by hand and by keyboard, and an admin of the server sees why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.people import make_people_in
from tests.services_under_test import MadangProcess

WHERE = re.compile("Where is|어디에")
NOT_YET = re.compile("Not yet|아직")
RECEIVED = re.compile("Received|받음")

LOOKS = [
    pytest.param(DESKTOP, "dark", "en-GB", id="desktop-dark-en"),
    pytest.param(PHONE, "light", "ko-KR", id="phone-light-ko"),
]


def step(dialog: Locator, number: int) -> Locator:
    """Stored, sent, received, read."""
    return dialog.locator(".trace-steps > li").nth(number)


async def to_the_trace(ana: Visitor, text: str) -> Locator:
    """From the composer to the dialog, by keyboard alone."""
    article = ana.page.locator("article").filter(has_text=text).first
    await ana.to_message(article)
    await ana.page.keyboard.press("Enter")
    item = ana.page.get_by_role("menuitem", name=WHERE)
    await expect(item).to_be_visible()
    while not await item.evaluate("it => it === document.activeElement"):
        await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("Enter")
    dialog = ana.page.get_by_role("dialog")
    await expect(step(dialog, 0)).to_be_visible()
    return dialog


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
async def test_where_a_message_is(
    browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str, locale: str
) -> None:
    look: dict[str, Any] = {"size": size, "color_scheme": scheme, "locale": locale}
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        # The first account is the server's owner.
        people = make_people_in(tmp_path / "data", "dana", "ana", "ben", "cleo")
        troubles = Troubles()
        async with (
            ChatClient(madang.url, people["ben"].token) as ben,
            ChatClient(madang.url, people["cleo"].token) as cleo,
        ):
            ids = [people[name].id for name in ("ana", "cleo", "dana")]
            made = await ben.do("create_group", client_id="roof-repair", title="Roof repair", account_ids=ids)
            await cleo.do("set_preferences", conversation_id=made["id"], notify="nothing")
            ana, dana = [await Visitor.signed_in(browser, madang.url, people[name], **look) for name in ("ana", "dana")]
            for visitor in (ana, dana):
                await visitor.page.goto(f"{madang.url}/c/{made['id']}")
            await its_sender_sees_it_arrive(ana, ben, cleo, made["id"], troubles)
            await an_admin_sees_why_somebody_was_not_told(dana, troubles)
            for visitor, name in ((ana, "own"), (dana, "admin")):
                await visitor.picture(f"trace-{name}-{scheme}-{size[0]}")
        assert troubles.found == []
        assert [*ana.troubles, *dana.troubles] == []


async def its_sender_sees_it_arrive(
    ana: Visitor, ben: ChatClient, cleo: ChatClient, conversation_id: int, troubles: Troubles
) -> None:
    place = {"conversation_id": conversation_id}
    await ana.say("@ben @cleo where are the tiles?")
    await ben.notice("notification_created", lambda told: told["type"] == "mention")
    # What others have said is not hers to trace.
    await ben.do("send_message", **place, client_id="an-answer", text="On the roof.")
    await ana.sees("On the roof.")
    await ana.to_message(ana.page.locator("article").filter(has_text="On the roof.").first)
    await ana.page.keyboard.press("Enter")
    await expect(ana.page.get_by_role("menuitem").first).to_be_visible()
    await expect(ana.page.get_by_role("menuitem", name=WHERE)).to_have_count(0)
    await ana.page.keyboard.press("Escape")

    dialog = await to_the_trace(ana, "where are the tiles?")
    await expect(step(dialog, 1)).to_have_attribute("data-state", "done")
    await expect(dialog.locator(".trace-people > li")).to_have_count(3)
    await troubles.look_at(ana.page, "trace")
    # It looks again by itself: Ben's own message has moved his mark, and now Cleo's moves.
    await expect(step(dialog, 3)).to_have_attribute("data-state", "part")
    await expect(dialog.locator(".trace-people > li").filter(has_text="Cleo")).to_contain_text(NOT_YET)
    await cleo.do("mark_received", **place, seq=(await cleo.event("message_created"))["seq"])
    await expect(dialog.locator(".trace-people > li").filter(has_text="Cleo")).to_contain_text(RECEIVED)


async def an_admin_sees_why_somebody_was_not_told(dana: Visitor, troubles: Troubles) -> None:
    await dana.sees("where are the tiles?")
    dialog = await to_the_trace(dana, "where are the tiles?")
    lines = dialog.locator(".trace-people > li")
    await expect(lines).to_have_count(3)
    await expect(lines.filter(has_text="Ben")).to_contain_text(re.compile("Notification read|알림 읽음"))
    await expect(lines.filter(has_text="Cleo")).to_contain_text(re.compile("turned off here|알림을 껐어요"))
    await expect(lines.filter(has_text="Dana")).to_contain_text(re.compile("neither mentioned|멘션도 답장도"))
    await expect(step(dialog, 1)).to_contain_text("w1")
    await troubles.look_at(dana.page, "trace for an admin")
