"""What somebody wrote is never lost: not without a network, not by a reload, not by looking elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Network, Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

WRITTEN = ["The tiles are here.", "기와가 왔어요.", "Who carries them up?"]


async def test_messages_wait_for_the_network_even_over_a_reload(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    network = Network()
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"], network=network)
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        await ben.do("send_message", conversation_id=direct, client_id="good-morning", text="Good morning.")
        await ana.open(pair["ben"].name.capitalize())
        await ana.sees("Good morning.")

        await network.cut()
        banner = ana.page.locator(".connection")
        await expect(banner).to_have_attribute("data-state", "waiting")
        await expect(banner).to_contain_text("Reconnecting in")
        for text in WRITTEN:
            await ana.composer.fill(text)
            await ana.composer.press("Enter")
            await expect(ana.composer).to_have_value("")
        await expect_waiting(ana)

        await ana.page.reload()
        await expect(banner).to_have_attribute("data-state", "waiting")
        assert ben.messages(direct) == ["Good morning."]

        network.mend()
        await banner.get_by_role("button", name="Try now").click()
        await expect(banner).to_have_attribute("data-state", "online")
        for text in WRITTEN:
            await expect(ana.message(text)).to_have_attribute("data-state", "sent")
        await ben.hears(WRITTEN[-1])
        assert ben.messages(direct) == ["Good morning.", *WRITTEN]
        await expect(banner).to_be_hidden()


async def test_typed_text_survives_reload_and_looking_elsewhere(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    three = people("ana", "ben", "cleo")
    named = {name: person.name.capitalize() for name, person in three.items()}
    ana = await Visitor.signed_in(browser, madang.url, three["ana"])
    async with ChatClient(madang.url, three["ana"].token) as script:
        for other in ("ben", "cleo"):
            await script.do("open_direct", account_id=three[other].id)

    await ana.open(named["ben"])
    await ana.composer.press_sequentially("내일까지 보낼게요")
    await ana.open(named["cleo"])
    await expect(ana.composer).to_have_value("")
    await expect(ana.row(named["ben"])).to_contain_text("Draft")
    await ana.composer.press_sequentially("About the roof")
    await ana.open(named["ben"])
    await expect(ana.composer).to_have_value("내일까지 보낼게요")

    # Not a moment between the last key and the reload.
    await ana.composer.press_sequentially(", 아마")
    await ana.page.reload()
    await expect(ana.composer).to_have_value("내일까지 보낼게요, 아마")
    await ana.open(named["cleo"])
    await expect(ana.composer).to_have_value("About the roof")
    assert ana.troubles == []


async def expect_waiting(ana: Visitor) -> None:
    """The three messages stand there in the order written, and say what they wait for."""
    waiting = ana.page.locator("article").filter(has=ana.page.locator(".message[data-state=waiting]"))
    await expect(waiting.locator(".text")).to_have_text(WRITTEN)
    for n in range(len(WRITTEN)):
        await expect(waiting.nth(n)).to_contain_text("Waiting for the network")
