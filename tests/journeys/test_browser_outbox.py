"""What somebody wrote is never lost: not without a network, not by a reload, not by looking elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Network, Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

A_DAY_OLDER = """async () => {
    const opened = indexedDB.open('madang')
    await new Promise((done) => (opened.onsuccess = done))
    const store = opened.result.transaction('outbox', 'readwrite').objectStore('outbox')
    const all = store.getAll()
    await new Promise((done) => (all.onsuccess = done))
    const items = all.result.sort((one, other) => one.queued_at - other.queued_at)
    for (const item of items) store.put({ ...item, queued_at: item.queued_at - 86_400_000 })
    await new Promise((done) => (store.transaction.oncomplete = done))
    opened.result.close()
    return items.map((item) => item.text)
}"""
"""What waits on disk, in order; it has waited for a day from now on."""

# That all is well is said for a second and a half, and a machine with much to do may look too late.
WATCH_BANNER = """() => {
    window.shown = []
    const note = () => document.querySelectorAll('.connection').forEach((it) => shown.push(it.dataset.state))
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true })
}"""

WRITTEN = ["The tiles are here.", "기와가 왔어요.", "Who carries them up?"]


async def test_messages_wait_for_the_network_even_over_a_reload(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    network = Network()
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"], network=network)
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = await ben.begins(pair["ana"].id, "Good morning.")
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
        await ana.picture("outbox-waiting")

        await ana.page.reload()
        await expect(banner).to_have_attribute("data-state", "waiting")
        assert ben.messages(direct) == ["Good morning."]

        try_now = banner.get_by_role("button", name="Try now")
        await try_now.click(trial=True)
        await ana.page.evaluate(WATCH_BANNER)
        network.mend()
        # Unless the page has just tried by itself.
        await try_now.evaluate_all("them => them.forEach((it) => it.click())")
        await ana.page.wait_for_function("() => shown.includes('online')")
        for text in WRITTEN:
            await expect(ana.message(text)).to_have_attribute("data-state", "sent")
        await ben.hears(WRITTEN[-1])
        assert ben.messages(direct) == ["Good morning.", *WRITTEN]
        await expect(banner).to_be_hidden()


async def test_a_reload_in_the_middle_of_a_send_and_a_day_away(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    network = MuffledNetwork()
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"], network=network)
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = await ben.begins(pair["ana"].id, "Good morning.")
        await ana.open(pair["ben"].name.capitalize())
        await ana.sees("Good morning.")

        # Stored, but nobody says so: whether it was is unknown here.
        network.is_muffled = True
        await ana.writes("The tiles are here.")
        await ben.hears("The tiles are here.")
        await expect(ana.message("The tiles are here.")).not_to_have_attribute("data-state", "sent")
        await network.cut()
        await ana.writes("Who carries them up?")
        await ana.page.goto(f"{madang.url}/robots.txt")
        assert await ana.page.evaluate(A_DAY_OLDER) == ["The tiles are here.", "Who carries them up?"]

        network.is_muffled = False
        network.mend()
        await ana.page.goto(f"{madang.url}/")
        await ana.open(pair["ben"].name.capitalize())
        for text in ("The tiles are here.", "Who carries them up?"):
            await expect(ana.message(text)).to_have_attribute("data-state", "sent")
        await ben.hears("Who carries them up?")
        assert ben.messages(direct) == ["Good morning.", "The tiles are here.", "Who carries them up?"]
        await expect(ana.page.locator("article .text")).to_have_text(ben.messages(direct))


async def test_tabs_have_one_outbox_and_the_last_one_open_sends_it(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    first = await Visitor.signed_in(browser, madang.url, pair["ana"])
    second = await first.another_tab()
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = await ben.begins(pair["ana"].id, "Good morning.")
        networks = (Network(), Network())
        for tab, network in zip((first, second), networks, strict=True):
            await network.stand_before(tab.page)
            await tab.page.reload()
            await tab.open(pair["ben"].name.capitalize())
            await tab.sees("Good morning.")

        # Only the leading tab is cut off: the other one sends what is written there, and shows it.
        await networks[0].cut()
        await first.writes("From the first tab.")
        await ben.hears("From the first tab.")
        await expect(second.message("From the first tab.")).to_have_attribute("data-state", "sent")

        # Both are cut off: written in turns, shown in both, in that order.
        await networks[1].cut()
        await expect(second.page.locator(".connection")).to_have_attribute("data-state", "waiting")
        for tab, text in zip((first, second, first), WRITTEN, strict=True):
            await tab.writes(text)
            await (second if tab is first else first).sees(text)
        await expect_waiting(second)

        # The leading one is closed; the one that is left sends all.
        await first.page.close()
        networks[1].mend()
        await second.page.evaluate("() => void dispatchEvent(new Event('online'))")
        await ben.hears(WRITTEN[-1])
        assert ben.messages(direct) == ["Good morning.", "From the first tab.", *WRITTEN]
        for text in WRITTEN:
            await expect(second.message(text)).to_have_attribute("data-state", "sent")


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
    await ana.picture("outbox-draft")
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


class MuffledNetwork(Network):
    """While it is muffled, nothing that a server says of messages comes through: no answers, no entries."""

    def __init__(self) -> None:
        super().__init__()
        self.is_muffled = False

    def hears(self, message: str | bytes) -> bool:
        return not (self.is_muffled and str(message).startswith(("43/chat", '42/chat,["message_created"')))


async def expect_waiting(ana: Visitor) -> None:
    """The three messages stand there in the order written, and say what they wait for."""
    waiting = ana.page.locator("article").filter(has=ana.page.locator(".message[data-state=waiting]"))
    await expect(waiting.locator(".text")).to_have_text(WRITTEN)
    for n in range(len(WRITTEN)):
        await expect(waiting.nth(n)).to_contain_text("Waiting for the network")
