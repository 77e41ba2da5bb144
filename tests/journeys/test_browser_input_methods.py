"""One Enter, one message, in every row of the table; and in every other field, Enter that confirms does only that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Locator, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor
from tests.journeys.input_method import ROWS, SHIFT, InputMethod
from tests.people import Person
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]
GREETING = "마당에서 봐요"


@dataclass
class Talk:
    """Ana before the composer, her hand on an input method, and Ben whose script hears what is sent."""

    ana: Visitor
    ben: ChatClient
    id: int
    hand: InputMethod

    async def has_heard(self, *texts: str) -> None:
        """Exactly these have been sent, in this order."""
        await self.ana.say("that is all")
        await self.ben.hears("that is all")
        assert self.ben.messages(self.id) == [GREETING, *texts, "that is all"]


@asynccontextmanager
async def talk(browser: Browser, madang: MadangProcess, pair: dict[str, Person], locale: str) -> AsyncIterator[Talk]:
    """A conversation that Ben has begun."""
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        await ben.do("send_message", conversation_id=direct, client_id="the-greeting", text=GREETING)
        ana = await Visitor.signed_in(browser, madang.url, pair["ana"], locale=locale)
        await ana.page.goto(f"{madang.url}/c/{direct}")
        await ana.sees(GREETING)
        await expect(ana.composer).to_be_focused()
        yield Talk(ana, ben, direct, await InputMethod.of(ana.page))
        assert ana.troubles == []


async def clear(field: Locator) -> None:
    await field.press("ControlOrMeta+a")
    await field.press("Backspace")
    await expect(field).to_have_value("")


async def test_every_row_of_the_table_sends_once_or_not_at_all(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    async with talk(browser, madang, people("ana", "ben"), "ko-KR") as t:
        field, sent = t.ana.composer, []
        for row in ROWS:
            await t.hand.play(row.steps)
            if row.sends:
                sent.append(row.text)
                await expect(t.ana.message(row.text).last).to_have_attribute("data-state", "sent")
                await expect(field, row.where).to_have_value("")
                continue
            await expect(field, row.where).to_have_value(row.text)
            # The next Enter is one that nobody takes.
            await t.hand.play((("enter",), ("up",)))
            sent.append(row.text)
            await expect(field, row.where).to_have_value("")
        await t.has_heard(*sent)


async def test_with_shift_nothing_is_ever_sent(browser: Browser, madang: MadangProcess, people: Make) -> None:
    async with talk(browser, madang, people("ana", "ben"), "ja-JP") as t:
        for row in ROWS:
            t.hand.modifiers = SHIFT
            await t.hand.play(row.steps)
            t.hand.modifiers = 0
            assert row.text in await t.ana.composer.input_value(), row.where
            await clear(t.ana.composer)
        await t.has_heard()


async def test_an_edit_is_saved_by_one_enter_and_not_by_a_confirmation(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    async with talk(browser, madang, people("ana", "ben"), "ko-KR") as t:
        edited = lambda: [args[0]["data"]["text"] for name, args in t.ben.heard if name == "message_edited"]  # noqa: E731
        await t.ana.say("first")
        for row in (ROWS[1], ROWS[4], ROWS[5], ROWS[9]):
            await t.ana.composer.press("ArrowUp")
            await expect(t.ana.composer).not_to_have_value("")
            before = len(edited())
            await clear(t.ana.composer)
            await t.hand.play(row.steps)
            if not row.sends:
                await expect(t.ana.composer, row.where).to_have_value(row.text)
                await t.hand.play((("enter",), ("up",)))
            await expect(t.ana.composer, row.where).to_have_value("")
            await t.ben.until(lambda before=before: len(edited()) > before)  # type: ignore[misc]
        assert edited() == [ROWS[1].text, ROWS[4].text, ROWS[5].text, ROWS[9].text]
        await t.has_heard("first")


async def test_in_search_and_name_fields_a_confirmation_does_nothing_else(
    browser: Browser, madang: MadangProcess, people: Make
) -> None:
    async with talk(browser, madang, people("ana", "ben"), "en-GB") as t:
        page, dialog = t.ana.page, t.ana.page.get_by_role("dialog")
        # The switcher would jump, the group would be made, the name and the status be saved.
        await page.keyboard.press("Control+k")
        await confirms(t, dialog.get_by_role("combobox"))
        await close(dialog)

        await page.get_by_role("button", name="New conversation").first.click()
        await confirms(t, dialog.get_by_role("combobox"))
        await close(dialog)

        await page.get_by_role("button", name="Status and profile").click()
        await page.get_by_role("menuitem", name="Set a status").click()
        await confirms(t, dialog.get_by_label("Status", exact=True))
        await close(dialog)

        # Not by its address: a dialog that has closed goes a step back, and whichever of the two is later wins.
        await page.get_by_role("button", name="Status and profile").click()
        await page.get_by_role("menuitem", name="Profile").click()
        name = page.get_by_label("Name", exact=True)
        await confirms(t, name)
        assert "person_changed" not in [event for event, _ in t.ben.heard]
        # And the next Enter saves.
        await t.hand.play((("enter",), ("up",)))
        changed: Any = await t.ben.event("person_changed")
        assert changed["account"]["display_name"] == "日本語"


async def close(dialog: Locator) -> None:
    """The first Escape may close a list of suggestions alone."""
    with suppress(AssertionError):
        await dialog.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0, timeout=1000)
        return
    await dialog.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def confirms(t: Talk, field: Locator) -> None:
    """The Enter that confirms a candidate, and the Escape that drops one, leave the field where it is."""
    await field.focus()
    if await field.input_value():
        await clear(field)
    await t.hand.compose("に", "にほ")
    await t.hand.press_taken_escape()
    await expect(field).to_be_focused()
    await t.hand.compose("にほんご", "日本語")
    await t.hand.press_taken_enter()
    await t.hand.commit("日本語")
    await t.hand.release_enter()
    await expect(field).to_be_focused()
    await expect(field).to_have_value("日本語")
