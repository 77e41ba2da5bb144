"""What a message may hold besides words: people it calls, emoji, code, emphasis, a quote; and how it is copied."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor, launched
from tests.journeys.test_browser_messages import WATCH_FLASHES, bubble, choose
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess, free_port

PLAIN_HOST = "yard.example"
"""A name in a browser for this machine that is no "localhost": over plain http a page there has no clipboard."""

QUESTION = "Who brings the ladder?"
SAID = 30
"""So many messages that the question is far away."""
CODE = "for roof in roofs:\n    sweep(roof)\n\nprint('done')"

_numbers = itertools.count(1)


@dataclass
class Group:
    """Ben's group with Ana and Cleo; his script is there too."""

    madang: MadangProcess
    people: dict[str, Person]
    ben: ChatClient
    title: str
    id: int

    async def opened_by(self, name: str, browser: Browser, url: str | None = None) -> Visitor:
        visitor = await Visitor.signed_in(browser, url or self.madang.url, self.people[name])
        await visitor.open(self.title)
        return visitor

    async def say(self, text: str, client_id: str, **more: int) -> None:
        await self.ben.do("send_message", conversation_id=self.id, client_id=client_id, text=text, **more)


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """What is written is the same on either kind of database."""
    port = free_port()
    settings = {"message_rate": "off", "allowed_origins": f"http://{PLAIN_HOST}:{port}"}
    with MadangProcess(tmp_path_factory.mktemp("writing") / "data", port=port, **settings) as server:
        yield server


@pytest.fixture(scope="module")
def people(madang: MadangProcess) -> dict[str, Person]:
    return make_people_in(madang.data_dir, "ana", "ben", "cleo")


@pytest.fixture
async def group(madang: MadangProcess, people: dict[str, Person]) -> AsyncIterator[Group]:
    """One of each test's own."""
    number = next(_numbers)
    async with ChatClient(madang.url, people["ben"].token) as ben:
        ids = [people[name].id for name in ("ana", "cleo")]
        title = f"Roof {number}"
        made = await ben.do("create_group", client_id=f"the-group-{number}", title=title, account_ids=ids)
        yield Group(madang, people, ben, title, int(made["id"]))


async def test_a_message_calls_people_and_holds_emoji(browser: Browser, group: Group) -> None:
    ana = await group.opened_by("ana", browser)
    asked_for: list[str] = []
    ana.page.on("request", lambda request: asked_for.append(request.url))
    await she_calls_ben_by_the_first_letter(ana, group)
    ben = await Visitor.signed_in(browser, group.madang.url, group.people["ben"])
    await expect(ben.row(group.title)).to_have_accessible_name(re.compile(r"\b1 mention\b"))
    await ben.picture("writing-called")
    await ben.open(group.title)
    await expect(ben.message("the long ladder")).to_have_attribute("data-mention", "")

    await she_may_not_call_everybody(ana)
    await he_may(ben, ana)
    cleo = await Visitor.signed_in(browser, group.madang.url, group.people["cleo"])
    await expect(cleo.row(group.title)).to_have_accessible_name(re.compile(r"\b1 mention\b"))

    await she_finds_an_emoji_by_its_word(ana)
    assert [url for url in asked_for if url.startswith("http") and not url.startswith(group.madang.url)] == []
    assert [*ana.troubles, *ben.troubles, *cleo.troubles] == []


async def test_markup_is_shown_a_quote_leads_back_and_code_is_copied(browser: Browser, group: Group) -> None:
    await group.say(QUESTION, "the-question")
    seq = (await group.ben.hears(QUESTION))["seq"]
    for number in range(SAID):
        await group.say(f"number {number}", f"number-{number:04}")
    await group.say("I do.", "the-answer", reply_to_seq=seq)
    async with ChatClient(group.madang.url, group.people["ana"].token) as phone:
        await phone.do("mark_read", conversation_id=group.id, seq=(await group.ben.hears("I do."))["seq"])
    ana = await group.opened_by("ana", browser)
    await ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await a_quote_leads_to_what_it_quotes(ana, group, seq)
    await markup_is_shown_and_tags_are_words(ana)
    await writes_code(ana)
    await copy_code(ana)
    assert await ana.page.evaluate("() => navigator.clipboard.readText()") == CODE
    assert ana.troubles == []


async def test_what_is_copied_over_plain_http_can_be_pasted(group: Group) -> None:
    async with launched(f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1") as browser:
        url = f"http://{PLAIN_HOST}:{group.madang.port}"
        ana = await group.opened_by("ana", browser, url)
        assert await ana.page.evaluate("() => navigator.clipboard === undefined")
        await writes_code(ana)
        await copy_code(ana)
        await pastes(ana, CODE)

        await ana.say("The ladder is long")
        await choose(ana, "The ladder is long", re.compile("^Copy text"))
        await is_told(ana, "Text copied")
        await pastes(ana, "The ladder is long")
        await choose(ana, "The ladder is long", re.compile("^Copy link"))
        await is_told(ana, "Link copied")
        seq = (await group.ben.hears("The ladder is long"))["seq"]
        await pastes(ana, f"{url}/c/{group.id}/m/{seq}")

        details = ana.page.get_by_role("main").get_by_role("button", name="Details")
        if await details.get_attribute("aria-pressed") != "true":
            await details.click()
        await ana.page.locator(".details").get_by_role("button", name="Invite links").click()
        dialog = ana.page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Create link").click()
        address = await dialog.get_by_label("Invite links").input_value()
        await dialog.get_by_role("button", name="Copy link").click()
        await is_told(ana, "Link copied")
        await ana.picture("writing-invite-link")
        await expect(dialog.get_by_role("button", name="Copy link")).to_be_focused()
        await ana.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await pastes(ana, address)
        # Chromium has no use for this header there, and says so.
        assert [one for one in ana.troubles if "Cross-Origin-Opener-Policy" not in one] == []


async def she_calls_ben_by_the_first_letter(ana: Visitor, group: Group) -> None:
    await ana.composer.press_sequentially("@b")
    await expect(options(ana)).to_have_count(1)
    await expect(options(ana)).to_contain_text("Ben@ben")
    await ana.picture("writing-people")
    await ana.composer.press("Enter")
    await expect(ana.composer).to_have_value("@ben ")
    await expect(options(ana)).to_have_count(0)
    await ana.composer.press_sequentially("bring the long ladder")
    await ana.composer.press("Enter")
    await expect(ana.message("the long ladder").locator(".mention")).to_have_text("@ben")
    heard = await group.ben.hears("@ben bring the long ladder")
    assert heard["data"]["mentions"] == [group.people["ben"].id]


async def she_may_not_call_everybody(ana: Visitor) -> None:
    """A member is offered people alone, and what she types all the same is a word."""
    await ana.composer.press_sequentially("@")
    await expect(options(ana)).to_contain_text(["Ben@ben", "Cleo@cleo"])
    await ana.composer.press_sequentially("al")
    await expect(options(ana)).to_have_count(0)
    await ana.say("@all bring gloves")
    await expect(ana.message("bring gloves").locator(".mention")).to_have_count(0)


async def he_may(ben: Visitor, ana: Visitor) -> None:
    await ben.composer.press_sequentially("@al")
    await expect(options(ben)).to_have_count(1)
    await expect(options(ben)).to_contain_text("@allEverybody in this group")
    await ben.picture("writing-all")
    await ben.composer.press("Enter")
    await expect(ben.composer).to_have_value("@all ")
    await ben.composer.press_sequentially("soup is ready")
    await ben.composer.press("Enter")
    await expect(ana.message("soup is ready")).to_have_attribute("data-mention", "")
    await expect(ana.message("soup is ready").locator(".mention")).to_have_text("@all")


async def she_finds_an_emoji_by_its_word(ana: Visitor) -> None:
    await ana.composer.press_sequentially("Up we go :rocke")
    await expect(options(ana).first).to_contain_text("🚀")
    await ana.picture("writing-emoji")
    await ana.composer.press("Enter")
    await expect(ana.composer).to_have_value("Up we go 🚀")
    await ana.composer.press("Enter")
    await ana.sees("Up we go 🚀")


async def a_quote_leads_to_what_it_quotes(ana: Visitor, group: Group, seq: int) -> None:
    """And back again."""
    question = ana.page.locator(f"article[data-seq='{seq}'] .message")
    answer = bubble(ana, "I do.")
    await expect(answer.locator(".quote")).to_contain_text(QUESTION)
    await expect(question).not_to_be_in_viewport()
    await ana.page.evaluate(WATCH_FLASHES)
    await answer.locator(".quote").click()
    await ana.page.wait_for_function("words => flashed.some((text) => text.includes(words))", arg=QUESTION)
    await expect(ana.page).to_have_url(f"{ana.url}/c/{group.id}/m/{seq}")
    await expect(question).to_be_in_viewport()
    assert "I do." not in await ana.page.evaluate("() => flashed.join()")
    await ana.picture("writing-quoted")
    await ana.page.go_back()
    await expect(answer).to_be_in_viewport()


async def markup_is_shown_and_tags_are_words(ana: Visitor) -> None:
    words = "the **steep** roof, `sweep()`, https://roof.example/tiles and <b>thick</b> <img src=x onerror=alert(1)>"
    await ana.writes(words)
    text = ana.page.locator("article .text").last
    await expect(text.locator("strong")).to_have_text("steep")
    await expect(text.locator("code")).to_have_text("sweep()")
    link = text.locator("a")
    await expect(link).to_have_attribute("href", "https://roof.example/tiles")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await expect(text).to_contain_text("and <b>thick</b> <img src=x onerror=alert(1)>")
    await expect(text.locator("b, img")).to_have_count(0)
    await ana.picture("writing-markup")


async def writes_code(ana: Visitor) -> None:
    await ana.writes(f"```python\n{CODE}\n```")
    await expect(block(ana).locator("pre")).to_have_text(CODE)


async def copy_code(ana: Visitor) -> None:
    await block(ana).hover()
    copy = block(ana).get_by_role("button", name="Copy code")
    code, button = await block(ana).locator("pre").bounding_box(), await copy.bounding_box()
    assert code
    assert button
    assert code["x"] + code["width"] <= button["x"], "the button covers the end of a line"
    await copy.click()
    await is_told(ana, "Code copied")
    await ana.picture("writing-code")


async def is_told(ana: Visitor, words: str) -> None:
    await expect(ana.page.locator(".toast").last).to_contain_text(words)


async def pastes(ana: Visitor, text: str) -> None:
    """What was copied is pasted into the field, and taken out of it again."""
    await ana.composer.focus()
    await ana.page.keyboard.press("Control+V")
    await expect(ana.composer).to_have_value(text)
    await ana.composer.fill("")


def options(visitor: Visitor) -> Locator:
    """What is offered above the field."""
    return visitor.page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def block(visitor: Visitor) -> Locator:
    return visitor.page.locator("article .code-block").last
