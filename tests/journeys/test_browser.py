"""Two people, then three, in real browsers: from the first account to everything still there after a reload."""

from __future__ import annotations

import asyncio
import re
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.async_api import Browser, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.deployment import deployed
from tests.people import make_people_in
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess


def painting() -> bytes:
    """A picture of 1200 x 800: a persimmon tree, more or less."""
    image = Image.new("RGB", (1200, 800), "#D9CDBB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((560, 300, 620, 800), fill="#4A3728")
    for n in range(40):
        x, y = 350 + 97 * n % 500, 80 + 61 * n % 300
        draw.ellipse((x, y, x + 44, y + 44), fill="#D8602B")
    kept = BytesIO()
    image.save(kept, "JPEG")
    return kept.getvalue()


async def test_people_talk(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data") as madang:
        ana, *_ = await people_talk(browser, madang.url, tmp_path)
        await show_everything(browser, madang, ana)
        assert ana.troubles == []


async def test_people_talk_over_three_workers_and_when_two_of_them_die(
    browser: Browser, tmp_path: Path, postgres: PostgresServer
) -> None:
    with deployed(tmp_path, postgres.new_database(), registration="open") as madang:
        madang.people("owner")
        ana, ben, _ = await people_talk(browser, madang.address, tmp_path)
        for worker in madang.workers[:2]:
            worker.kill()
        # Whoever was on these comes back on the third by itself; nobody reloads.
        await ben.open("Roof repair")
        await ana.say("We are still here.")
        await ben.sees("We are still here.")
        await ben.say("All of us.")
        await ana.sees("All of us.")


async def people_talk(browser: Browser, url: str, tmp_path: Path) -> tuple[Visitor, Visitor, Visitor]:
    """Three newcomers and all that people do first. They are still there."""
    (tmp_path / "persimmons.jpg").write_bytes(painting())
    ana, ben, cleo = [await Visitor.arrived(browser, url, name) for name in ("ana", "ben", "cleo")]
    await ana.picture("sign-up")
    for visitor in (ana, ben, cleo):
        await visitor.sign_up()
    await ben.picture("first-run")

    # Ana finds Ben, and they talk both ways.
    await ana.find("ben")
    await ana.say("마당에서 봐요")
    await ben.open("Ana")
    await ben.sees("마당에서 봐요")
    await ben.say("See you in the yard.")
    await ana.sees("See you in the yard.")

    # A group of three.
    await ana.find("ben", "cleo", group="Roof repair")
    await ana.say("The tiles come on Monday.")
    for visitor in (ben, cleo):
        await visitor.open("Roof repair")
        await visitor.sees("The tiles come on Monday.")

    # A picture, seen by the others.
    await ben.page.locator("input[type=file]").first.set_input_files(tmp_path / "persimmons.jpg")
    await ben.say("The tree")
    picture = cleo.page.locator("article").filter(has_text="The tree").locator("img").first
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("image => image.naturalWidth") > 0

    # A reaction, which everybody sees.
    await cleo.message("The tiles come on Monday.").hover()
    await cleo.page.locator("article").filter(has_text="The tiles").get_by_role("button", name="React").click()
    await cleo.page.get_by_role("dialog").or_(cleo.page.get_by_role("menu")).get_by_text("👍").first.click()
    await expect(
        ana.page.locator("article").filter(has_text="The tiles").get_by_role("button", name=re.compile("👍, 1"))
    ).to_be_visible()

    # An edit, by the Up key.
    await ana.say("on Munday")
    await ana.composer.press("ArrowUp")
    await expect(ana.composer).to_have_value("on Munday")
    await ana.composer.fill("on Monday, surely")
    await ana.composer.press("Enter")
    await ben.sees("on Monday, surely")
    await expect(ben.page.locator("article").filter(has_text="on Monday, surely")).to_contain_text("(edited)")

    # Reload: everything is there.
    await ben.page.reload()
    for text in ("The tiles come on Monday.", "The tree", "on Monday, surely"):
        await ben.sees(text)
    await expect(ben.page.locator("article").filter(has_text="The tree").locator("img").first).to_be_visible()
    await expect(ben.page.get_by_role("button", name=re.compile("👍, 1"))).to_be_visible()
    await ben.open("Ana")
    await ben.sees("See you in the yard.")

    assert [*ana.troubles, *ben.troubles, *cleo.troubles] == []
    return ana, ben, cleo


async def show_everything(browser: Browser, madang: MadangProcess, ana: Visitor) -> None:
    """Keeps pictures of the screens, desktop and phone, light and dark, and in Korean."""
    state = await ana.page.context.storage_state()
    for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        for scheme, locale in (("light", "en-GB"), ("dark", "en-GB"), ("light", "ko-KR")):
            visitor = await Visitor.arrived(
                browser, madang.url, "ana", size=size, color_scheme=scheme, locale=locale, storage_state=state
            )
            name = f"{size_name}-{scheme}-{locale[:2]}"
            row = visitor.page.get_by_role("link").filter(has_text="Roof repair").first
            await expect(row).to_be_visible()
            await visitor.picture(f"list-{name}")
            await row.click()
            await visitor.sees("The tree")
            await visitor.picture(f"conversation-{name}")
            for path in ("notifications", "settings/devices", "settings/appearance"):
                await visitor.page.goto(f"{madang.url}/{path}")
                await expect(visitor.page.get_by_role("heading").first).to_be_visible()
                await visitor.picture(f"{path.replace('/', '-')}-{name}")
            assert visitor.troubles == []
            await visitor.page.context.close()


async def test_a_killed_server_comes_back_and_the_browser_shows_every_answered_send(
    browser: Browser, tmp_path: Path
) -> None:
    with MadangProcess(tmp_path / "data", message_rate="off") as madang:
        pair = make_people_in(madang.data_dir, "ana", "ben")
        page = await Visitor.signed_in(browser, madang.url, pair["ana"])
        answered: list[str] = []
        async with ChatClient(madang.url, pair["ben"].token) as ben:
            direct = await ben.begins(pair["ana"].id, "number first")
            await page.open("Ben")
            await page.sees("number first")

            async def send() -> None:
                for n in range(500):
                    text = f"number {n:03}"
                    await ben.do("send_message", conversation_id=direct, client_id=f"in-a-row-{n:03}", text=text)
                    answered.append(text)
                    if n == 250:
                        half.set()

            half = asyncio.Event()
            sending = asyncio.create_task(send())
            await half.wait()
            madang.kill()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        madang.start()
        # The page connects again by itself, fetches what it missed, and is never reloaded.
        last = answered[-1]
        await page.sees(last)
        shown = await page.texts_from_top("number first")
        assert [text for text in answered if shown.count(text) != 1] == []


async def test_a_stock_client_and_a_browser_talk(browser: Browser, tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data") as madang:
        pair = make_people_in(madang.data_dir, "ana", "ben")
        page = await Visitor.signed_in(browser, madang.url, pair["ana"])
        async with ChatClient(madang.url, pair["ben"].token, ["polling"]) as ben:
            await ben.begins(pair["ana"].id, "from a script")
            await page.open("Ben")
            await page.sees("from a script")
            await page.say("from a browser")
            await ben.hears("from a browser")
