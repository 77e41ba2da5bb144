"""Files pasted and dropped: how far they are, who sees them, and what may never be opened here."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, Route, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import Visitor
from tests.people import Person
from tests.services_under_test import MadangProcess

PLAN = b"Monday: tiles.\nTuesday: more tiles.\n"
SCRIPT = "<script>parent.document.title = 'taken'</script>"
HOSTILE = {
    "roof.svg": ("image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{SCRIPT}</svg>'),
    "roof.html": ("text/html", f"<!doctype html>{SCRIPT}"),
}

HAND_OVER = """(field, [how, files]) => {
    const data = new DataTransfer()
    for (const [name, type, content] of files) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
        data.items.add(new File([bytes], name, { type }))
    }
    if (how === 'paste') {
        field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
        return
    }
    for (const step of ['dragenter', 'dragover', 'drop'])
        field.dispatchEvent(new DragEvent(step, { dataTransfer: data, bubbles: true, cancelable: true }))
}"""
"""Gives files to the field as the clipboard or a dragging hand gives them."""

WATCH_SHIFTS = """() => {
    window.shifts = []
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifts.push(entry.value)
    }).observe({ type: 'layout-shift' })
}"""


def painting() -> bytes:
    """A picture of 1200 x 600."""
    kept = BytesIO()
    Image.effect_noise((1200, 600), 40).save(kept, "PNG")
    return kept.getvalue()


async def hand_over(page: Page, how: str, *files: tuple[str, str, bytes]) -> None:
    """Pastes or drops files, each a name, a type and its content."""
    packed = [[name, kind, base64.b64encode(content).decode()] for name, kind, content in files]
    await page.locator("textarea").evaluate(HAND_OVER, [how, packed])


UPLOADS = re.compile(r"/api/v1/files$")


class SlowUploads:
    """Uploads that reach the server only when they are let."""

    def __init__(self) -> None:
        self._held: list[Route] = []
        self._free = False

    async def stand_before(self, page: Page) -> None:
        await page.route(UPLOADS, self._pass)

    async def let_through(self) -> None:
        self._free = True
        for route in self._held:
            await route.continue_()

    async def _pass(self, route: Route) -> None:
        if self._free:
            await route.continue_()
        else:
            self._held.append(route)


async def test_files_are_pasted_dropped_cancelled_and_sent(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]], tmp_path: Path
) -> None:
    pair = people("ana", "ben")
    names = {name: person.name.capitalize() for name, person in pair.items()}
    async with ChatClient(madang.url, pair["ana"].token) as script:
        direct = (await script.do("open_direct", account_id=pair["ben"].id))["id"]
        # So many that the view is full: what comes then scrolls, and nothing else moves.
        for n in range(30):
            await script.do("send_message", conversation_id=direct, client_id=f"line-{n:05}", text=f"Line {n:02}")
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    ben = await Visitor.signed_in(browser, madang.url, pair["ben"])
    await ana.open(names["ben"])
    await ben.open(names["ana"])
    await ben.composer.press("Escape")
    await ben.sees("Line 29")
    await expect(ben.page.locator(".jump")).to_be_hidden()
    await ben.page.evaluate(WATCH_SHIFTS)

    uploads = SlowUploads()
    await uploads.stand_before(ana.page)
    await hand_over(ana.page, "paste", ("tree.png", "image/png", painting()))
    await hand_over(ana.page, "drop", ("plan.txt", "text/plain", PLAN), ("wrong.txt", "text/plain", b"not this one"))
    chips = ana.page.get_by_role("list", name="Attached files").get_by_role("listitem")
    await expect(chips).to_have_count(3)
    for chip in await chips.all():
        await expect(chip.locator("[data-state=uploading]").first).to_be_visible()
    await ana.page.get_by_role("button", name="Cancel upload of wrong.txt").click()
    await expect(chips).to_have_count(2)
    await ana.picture("files-uploading")

    # Send waits for no upload: the message stays sending until its files are there.
    await ana.composer.press_sequentially("The tree, and the plan")
    await ana.composer.press("Enter")
    await expect(chips).to_have_count(0)
    await expect(ana.message("The tree, and the plan")).to_have_attribute("data-state", "sending")
    await uploads.let_through()
    await expect(ana.message("The tree, and the plan")).to_have_attribute("data-state", "sent")

    row = ben.page.locator("article").filter(has_text="The tree, and the plan")
    picture = row.get_by_role("button", name="Image, tree.png")
    await expect(picture).to_have_attribute("data-state", "loaded")
    await ben.picture("files-seen")
    box = await picture.bounding_box()
    assert box
    assert abs(box["width"] / box["height"] - 2) < 0.02
    assert await ben.page.evaluate("() => window.shifts") == []

    async with ben.page.expect_download() as coming:
        await row.get_by_role("link", name=re.compile("Download plan.txt")).click()
    download = await coming.value
    assert download.suggested_filename == "plan.txt"
    await download.save_as(tmp_path / "plan.txt")
    assert (tmp_path / "plan.txt").read_bytes() == PLAN
    await expect(row).not_to_contain_text("wrong.txt")
    assert [*ana.troubles, *ben.troubles] == []


async def test_a_hostile_file_can_only_be_downloaded(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    async with ChatClient(madang.url, pair["ben"].token) as script:
        await script.begins(pair["ana"].id, "Send them.")
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await ana.open(pair["ben"].name.capitalize())
    await hand_over(ana.page, "drop", *((name, kind, text.encode()) for name, (kind, text) in HOSTILE.items()))
    await ana.say("Open me")
    row = ana.page.locator("article").filter(has_text="Open me")
    await ana.picture("files-hostile")
    title = await ana.page.title()
    for name in HOSTILE:
        link = row.get_by_role("link", name=re.compile(f"Download {name}"))
        async with ana.page.expect_download() as coming:
            await link.click()
        assert (await coming.value).suggested_filename == name
        # By its address too: it is handed out as a file, and could do nothing as a page.
        address = await link.get_attribute("href")
        answer = await ana.page.context.request.get(f"{madang.url}{address}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
    await expect(row.locator("img, iframe, object, embed")).to_have_count(0)
    assert await ana.page.title() == title
    assert ana.troubles == []


async def refuse(route: Route) -> None:
    """The server's answer when somebody's files have no room."""
    error = {"code": "too_large", "field": "quota", "message": "There is no room.", "retryable": False}
    await route.fulfill(status=413, json={"error": error})


@pytest.mark.parametrize("on_database", ["sqlite"], indirect=True)
async def test_a_refused_file_is_tried_again_and_pictures_are_looked_at_large(
    browser: Browser, madang: MadangProcess, people: Callable[..., dict[str, Person]]
) -> None:
    pair = people("ana", "ben")
    async with ChatClient(madang.url, pair["ben"].token) as script:
        await script.begins(pair["ana"].id, "Send them.")
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    page = ana.page
    await ana.open(pair["ben"].name.capitalize())

    await page.route(UPLOADS, refuse, times=1)
    await hand_over(page, "drop", ("plan.txt", "text/plain", PLAN))
    chip = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    retry = chip.get_by_role("button", name="Upload plan.txt again")
    await expect(retry).to_be_visible()
    await expect(chip).to_contain_text("room")
    await ana.picture("files-refused")
    await retry.click()
    await expect(chip.locator("[data-state=done]").first).to_be_visible()
    await ana.say("At the second try")
    row = page.locator("article").filter(has_text="At the second try")
    await expect(row.get_by_role("link", name=re.compile("Download plan.txt"))).to_be_visible()

    pictures = [(name, "image/png", painting()) for name in ("tree.png", "roof.png")]
    await hand_over(page, "paste", *pictures)
    await ana.say("The tree and the roof")
    tree = page.get_by_role("button", name="Image, tree.png")
    await expect(tree).to_have_attribute("data-state", "loaded")
    await ana.picture("files-pictures")
    await tree.click()
    await expect(page.get_by_role("dialog", name="tree.png, image 1 of 2")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    large = page.get_by_role("dialog", name="roof.png, image 2 of 2")
    await expect(large.locator("figure img")).to_have_js_property("complete", True)
    await ana.picture("files-lightbox")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(tree).to_be_focused()
    assert [one for one in ana.troubles if "413" not in one] == []
