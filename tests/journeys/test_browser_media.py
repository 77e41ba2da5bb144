"""Large files over a bad line, and what is heard, seen and read where it stands."""

from __future__ import annotations

import base64
import io
import math
import re
import struct
import wave
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.async_api import Browser, CDPSession, Page, expect

from tests.chat_client import ChatClient
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.journeys.test_browser_files import hand_over
from tests.people import Person
from tests.services_under_test import MadangProcess

People = Callable[..., dict[str, Person]]
LARGE = 6_000_000
SLOW = 600_000
"""Bytes a second; so there is time for a cut and a reload."""
QUOTA = 20_000_000
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/MediaBox[0 0 300 200]/Parent 2 0 R>>endobj trailer<</Root 1 0 R>>\n"
)
CHOOSE = """([name, size]) => {
    const content = new Uint8Array(size)
    for (let at = 0; at < size; at += 4096) content[at] = at >> 12
    const data = new DataTransfer()
    data.items.add(new File([content], name, { type: 'application/octet-stream', lastModified: 1 }))
    const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
    document.querySelector('textarea').dispatchEvent(drop)
}"""
RECORD = """async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
    const draw = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm;codecs=vp8' })
    const parts = []
    recorder.ondataavailable = (event) => parts.push(event.data)
    const ended = new Promise((resolve) => (recorder.onstop = resolve))
    recorder.start()
    for (let frame = 0; frame < 12; frame++) {
        draw.fillStyle = `hsl(${frame * 20} 60% 50%)`
        draw.fillRect(0, 0, 320, 180)
        await new Promise((resolve) => setTimeout(resolve, 50))
    }
    recorder.stop()
    await ended
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}"""
"""A film made by the browser itself."""


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """One kind of database will do: here it is about files."""
    folder = tmp_path_factory.mktemp("media")
    with MadangProcess(folder / "data", message_rate="off", file_quota_bytes=QUOTA) as server:
        yield server


def tone(seconds: float) -> bytes:
    """A sound."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        samples = (int(9000 * math.sin(n / 4)) for n in range(int(8000 * seconds)))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


def moving() -> bytes:
    """A GIF of two pictures."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("#c81e3c", "#1e6b45")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], loop=0, duration=300)
    return out.getvalue()


async def slowed(page: Page) -> CDPSession:
    """A narrow line; the others' pages are as quick as ever."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await bounded(session, SLOW)
    return session


async def bounded(session: CDPSession, upload: int, *, offline: bool = False) -> None:
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    await session.send("Network.emulateNetworkConditions", conditions)


async def direct_of(madang: MadangProcess, ana: Person, ben: Person) -> int:
    async with ChatClient(madang.url, ana.token) as script:
        direct = (await script.do("open_direct", account_id=ben.id))["id"]
        await script.do("send_message", conversation_id=direct, client_id=f"greeting-{ana.id}", text="Hello")
    return int(direct)


async def test_a_large_file_goes_on_after_a_cut(browser: Browser, madang: MadangProcess, people: People) -> None:
    pair = people("ana", "ben")
    await direct_of(madang, pair["ana"], pair["ben"])
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await ana.open(pair["ben"].name.capitalize())
    asked: list[str] = []
    context = ana.page.context
    context.on("request", lambda one: asked.append(one.method) if "/api/v1/uploads" in one.url else None)

    line = await slowed(ana.page)
    await ana.page.evaluate(CHOOSE, ["the whole roof, measured from all sides.bin", LARGE])
    await ana.composer.fill("The measurements")
    await ana.composer.press("Enter")
    row = ana.page.locator("article").filter(has_text="The measurements")
    await expect(row.locator(".message")).to_have_attribute("data-state", "sending")
    await has_come(row.locator(".file .meta"), 20)
    await ana.picture("upload-desktop")
    await bounded(line, SLOW, offline=True)
    await expect(row.locator(".message")).to_have_attribute("data-state", "waiting")
    await bounded(line, SLOW)
    await has_come(row.locator(".file .meta"), 50)
    await bounded(line, -1)
    await expect(row.locator(".message")).to_have_attribute("data-state", "sent", timeout=40_000)
    assert asked.count("POST") == 1
    card = row.locator(".file")
    await expect(card).to_contain_text(re.compile("the whole roof.*bin", re.S))
    address = await card.get_by_role("link").get_attribute("href")
    answer = await context.request.get(f"{madang.url}{address}")
    content = await answer.body()
    assert len(content) == LARGE
    assert all(content[at] == (at >> 12) % 256 for at in range(0, LARGE, 4096))
    await context.close()


async def has_come(told: object, percent: int) -> None:
    """Waits until so much of an upload has gone."""
    tens = "|".join(str(n) for n in range(percent // 10, 10))
    await expect(told).to_have_text(re.compile(rf"^({tens})\d %|^({tens})\d%|100"), timeout=30_000)  # type: ignore[call-overload]


async def test_a_file_that_finds_no_room_says_how_much_there_is(
    browser: Browser, madang: MadangProcess, people: People
) -> None:
    pair = people("ana", "ben")
    await direct_of(madang, pair["ana"], pair["ben"])
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await ana.open(pair["ben"].name.capitalize())
    await ana.page.evaluate(CHOOSE, ["much.bin", 12_000_000])
    chips = ana.page.get_by_role("list", name="Attached files").get_by_role("listitem")
    await expect(chips.locator("[data-state=done]")).to_have_count(1, timeout=30_000)
    await ana.page.evaluate(CHOOSE, ["too much.bin", 12_000_000])
    await expect(ana.page.get_by_text("your files have 12 MB of 20 MB")).to_be_visible()
    await expect(chips.nth(1).locator("[data-state=failed]")).to_have_count(1)
    await ana.picture("quota-desktop")
    assert [one for one in ana.troubles if "413" not in one] == []
    await ana.page.context.close()


@pytest.mark.parametrize(
    ("size", "scheme", "locale"),
    [
        pytest.param(DESKTOP, "light", "en-GB", id="desktop-light"),
        pytest.param(PHONE, "dark", "ko-KR", id="phone-dark"),
    ],
)
async def test_sound_film_and_pdf_stand_where_they_are_read(
    browser: Browser, madang: MadangProcess, people: People, size: tuple[int, int], scheme: str, locale: str
) -> None:
    pair = people("ana", "ben")
    direct = await direct_of(madang, pair["ana"], pair["ben"])
    sender = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await sender.open(pair["ben"].name.capitalize())
    film = base64.b64decode(await sender.page.evaluate(RECORD))
    name = "minutes of the very long meeting about the roof of the old yard 2026.pdf"
    await hand_over(
        sender.page, "drop",
        ("voice.wav", "audio/wav", tone(2)), ("walk.webm", "video/webm", film), (name, "application/pdf", PDF),
        ("flag.gif", "image/gif", moving()),
    )  # fmt: skip
    await sender.say("All of it")
    await sender.page.context.close()

    ben = await Visitor.signed_in(
        browser, madang.url, pair["ben"], size=size, color_scheme=scheme, locale=locale, reduced_motion="reduce"
    )
    page = ben.page
    await page.goto(f"{madang.url}/c/{direct}")
    row = page.locator("article").filter(has_text="All of it")
    sound = row.get_by_role("group", name=re.compile("voice.wav"))
    await expect(sound.locator("audio")).to_have_js_property("duration", 2)
    box = await sound.bounding_box()
    assert box
    assert (box["width"], box["height"]) == (320, 56) or size == PHONE
    seen = await row.locator("video").bounding_box()
    assert seen
    assert abs(seen["width"] / seen["height"] - 16 / 9) < 0.05
    # Who wants no motion sees the first picture; all of it is behind.
    await expect(row.locator(".picture img")).to_have_attribute("src", re.compile("/thumbnail$"))
    await expect(row.locator(".picture")).to_have_attribute("style", re.compile("data:image/webp"))
    await ben.picture(f"media-{scheme}-{'phone' if size == PHONE else 'desktop'}")
    troubles = Troubles()
    await troubles.look_at(page, "a message with sound, film, PDF")
    assert troubles.found == []

    buttons = sound.get_by_role("button")
    await buttons.last.click()
    await expect(buttons.last).to_have_text("1.25×")
    await expect(sound.locator("audio")).to_have_js_property("playbackRate", 1.25)
    await buttons.first.click()
    await expect(sound).to_have_attribute("data-state", "playing")
    await buttons.first.click()
    await expect(sound).to_have_attribute("data-state", "ready")

    link = row.locator("a.open")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    async with page.context.expect_page() as opening:
        await link.click()
    viewer = await opening.value
    await viewer.wait_for_url(re.compile(r"/api/v1/files/\d+/minutes"))
    assert await viewer.evaluate("() => window.opener") is None
    assert ben.troubles == []
    await page.context.close()
