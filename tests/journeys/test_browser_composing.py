"""Lines, edits, answers, reactions and deletions by keyboard, and an emoji chosen by mouse."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

GREETING = "Shall we use paper?"


@dataclass
class Talk:
    """Ana before the composer of a conversation with Ben, whose script hears what is sent."""

    ana: Visitor
    ben: ChatClient
    id: int

    async def is_sent_once(self, *texts: str) -> None:
        """Exactly these have been sent, in this order, and the field is empty."""
        await expect(self.ana.composer).to_have_value("")
        await self.ana.say("that is all")
        await self.ben.hears("that is all")
        assert self.ben.messages(self.id) == [GREETING, *texts, "that is all"]


@asynccontextmanager
async def talk_between(browser: Browser, madang: MadangProcess, pair: dict[str, Person]) -> AsyncIterator[Talk]:
    """A conversation that Ben has just begun."""
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = await ben.begins(pair["ana"].id, GREETING)
        ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
        await ana.open(pair["ben"].name.capitalize())
        await expect(ana.composer).to_be_focused()
        yield Talk(ana, ben, direct)
        assert ana.troubles == []


async def test_shift_and_enter_makes_a_line_and_escape_gives_back(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with talk_between(browser, madang, people("ana", "ben")) as talk:
        field, page = talk.ana.composer, talk.ana.page
        await field.press_sequentially("first")
        await field.press("Shift+Enter")
        await field.press_sequentially("second")
        await expect(field).to_have_value("first\nsecond")
        await field.press("Enter")
        await expect(talk.ana.message("first")).to_have_attribute("data-state", "sent")

        await field.press("ArrowUp")
        await expect(field).to_have_value("first\nsecond")
        await talk.ana.picture("composing-edit")
        await field.press_sequentially(" and third")
        await field.press("Escape")
        await expect(field).to_have_value("")
        await expect(page.get_by_text("Edit message")).to_be_hidden()
        await talk.is_sent_once("first\nsecond")


async def test_a_message_is_answered_reacted_to_and_deleted_by_keyboard(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with talk_between(browser, madang, people("ana", "ben")) as talk:
        page, keys = talk.ana.page, talk.ana.page.keyboard
        question = page.locator("article").filter(has_text=GREETING).first

        await talk.ana.to_message(question)
        await keys.press("r")
        await expect(page.get_by_text(re.compile("^Reply to Ben"))).to_be_visible()
        await talk.ana.picture("composing-reply")
        # Whatever the timeline draws meanwhile, the composer keeps the focus.
        await talk.ben.do("send_message", conversation_id=talk.id, client_id="the-second", text="Or tiles?")
        await talk.ana.sees("Or tiles?")
        await expect(talk.ana.composer).to_be_focused()
        await talk.ana.say("Paper and ink.")
        answer = await talk.ben.hears("Paper and ink.")
        assert answer["data"]["reply_to"]["seq"] == 1

        await talk.ana.to_message(question)
        await keys.press("+")
        await expect(page.get_by_label("Search emoji")).to_be_focused()
        await talk.ana.picture("composing-emoji")
        await keys.type("thumbs up")
        await keys.press("Enter")
        await expect(question.get_by_role("button", name=re.compile("👍, 1"))).to_be_visible()
        assert (await talk.ben.event("reaction_added"))["data"]["emoji"] == "👍"

        await talk.ana.to_message(page.locator("article").filter(has_text="Paper and ink.").first)
        await keys.press("Delete")
        dialog = page.get_by_role("dialog", name="Delete this message?")
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await talk.ana.picture("composing-delete")
        await keys.press("Tab")
        await expect(dialog.get_by_role("button", name="Delete")).to_be_focused()
        await keys.press("Enter")
        await expect(page.get_by_role("feed").get_by_text("Deleted message")).to_be_visible()
        await talk.ben.event("message_deleted")


async def test_the_emoji_picker_stays_where_it_is_while_one_looks_through_it(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    async with talk_between(browser, madang, people("ana", "ben")) as talk:
        page = talk.ana.page
        question = page.locator("article").filter(has_text=GREETING).first
        await question.locator(".message").hover()
        await question.get_by_role("button", name="React").click()
        picker = page.get_by_role("dialog", name="Emoji")
        await picker.hover()  # the button that it hangs at goes with the pointer
        await expect(question.get_by_role("button", name="React")).to_have_count(0)
        where = await picker.bounding_box()
        octopus = picker.get_by_role("button", name="octopus")
        await octopus.hover()  # far down the list
        assert await picker.bounding_box() == where
        await octopus.click()
        await expect(question.get_by_role("button", name=re.compile("🐙, 1"))).to_be_visible()
