"""Large files over a bad line, and what is heard, seen and read where it stands."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import math
import re
import struct
import wave
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Request, expect
from playwright.async_api import Error as PlaywrightError

from tests.chat_client import ChatClient
from tests.files.relay import Relay
from tests.journeys.browser import DESKTOP, PHONE, Visitor
from tests.journeys.test_browser_access import Troubles
from tests.journeys.test_browser_files import hand_over
from tests.people import Person
from tests.services_under_test import MadangProcess, free_port

People = Callable[..., dict[str, Person]]
LARGE = 6_000_000
SMALL = 200_000
"""What is no upload: pages, sockets and what they ask for."""
QUOTA = 20_000_000
LONG_S = 20
"""A sound that plays for longer than anybody takes to look whether it does."""
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
KEPT = """() => new Promise((resolve) => {
    const opening = indexedDB.open('madang')
    opening.onsuccess = () => {
        const counting = opening.result.transaction('files').objectStore('files').count()
        counting.onsuccess = () => resolve(counting.result)
    }
})"""
"""How many files the browser has still to send."""
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
def another_way() -> str:
    """The address of a way to the server that can be narrow."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory, another_way: str) -> Iterator[MadangProcess]:
    """One kind of database will do: here it is about files."""
    folder = tmp_path_factory.mktemp("media")
    with MadangProcess(
        folder / "data", message_rate="off", file_quota_bytes=QUOTA, allowed_origins=another_way
    ) as server:
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


class Narrow(Relay):
    """A way to the server that takes so much of uploads and then stands still; and it can be out of order."""

    def __init__(self, to_port: int, port: int) -> None:
        super().__init__(to_port, port)
        self.passed = 0
        self.is_broken = False
        self._most = 0
        self._ended = asyncio.Event()
        self._full = asyncio.Event()

    def takes(self, most: int) -> None:
        """So many bytes in all from now on; whatever stood still until now belonged to a page that has gone."""
        self._most = most
        self._ended.set()
        self._ended = asyncio.Event()
        self._full.clear()

    def breaks(self) -> None:
        """Nothing passes, and no connection is made."""
        self.is_broken = True
        for end in self._ends:
            end.transport.abort()

    async def has_taken_it(self) -> None:
        """Until all that may pass has passed."""
        async with asyncio.timeout(60):
            await self._full.wait()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_broken:
            writer.transport.abort()
        else:
            await super()._carry(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        goes_up = writer.get_extra_info("peername")[1] == self._to_port
        passed = 0
        with contextlib.suppress(OSError):
            while block := await reader.read(65_536):
                if goes_up and passed > SMALL:
                    if self.passed >= self._most:
                        self._full.set()
                        await self._ended.wait()
                        writer.transport.abort()
                        return
                    self.passed += len(block)
                writer.write(block)
                await writer.drain()
                passed += len(block)
            writer.write_eof()


async def direct_of(madang: MadangProcess, ana: Person, ben: Person) -> int:
    async with ChatClient(madang.url, ana.token) as script:
        direct = (await script.do("open_direct", account_id=ben.id))["id"]
        await script.do("send_message", conversation_id=direct, client_id=f"greeting-{ana.id}", text="Hello")
    return int(direct)


class Requests:
    """What a browser has asked of uploads, in any of its tabs."""

    def __init__(self, context: BrowserContext) -> None:
        self.begun = 0
        self.offsets: list[int] = []
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if "/api/v1/uploads" not in request.url:
            return
        if request.method == "POST":
            self.begun += 1
        elif request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))


async def test_a_large_file_goes_on_after_a_cut_a_reload_and_a_closed_tab(
    browser: Browser, madang: MadangProcess, another_way: str, people: People
) -> None:
    pair = people("ana", "ben")
    direct = await direct_of(madang, pair["ana"], pair["ben"])
    async with Narrow(madang.port, int(another_way.rpartition(":")[2])) as line:
        ana = await Visitor.signed_in(browser, another_way, pair["ana"])
        page, context = ana.page, ana.page.context
        asked = Requests(context)
        await ana.open(pair["ben"].name.capitalize())
        row = page.locator("article").filter(has_text="The measurements")
        message = row.locator(".message")

        line.takes(1_000_000)
        await page.evaluate(CHOOSE, ["the whole roof, measured from all sides.bin", LARGE])
        await ana.composer.fill("The measurements")
        await ana.composer.press("Enter")
        await expect(message).to_have_attribute("data-state", "sending")
        await line.has_taken_it()
        await ana.picture("upload-desktop")
        line.breaks()
        await expect(message).to_have_attribute("data-state", "waiting")
        with pytest.raises(PlaywrightError):
            await page.reload()
        await page.wait_for_url(re.compile("^chrome-error:"))
        line.is_broken = False
        line.takes(2_500_000)
        await page.goto(f"{another_way}/c/{direct}")
        await expect(message).to_have_attribute("data-state", re.compile("sending|waiting"))
        await line.has_taken_it()
        await page.reload()
        line.takes(4_000_000)
        await expect(message).to_have_attribute("data-state", re.compile("sending|waiting"))
        await line.has_taken_it()
        await page.close()

        line.takes(2 * LARGE)
        page = await context.new_page()
        await page.goto(f"{another_way}/c/{direct}")
        row = page.locator("article").filter(has_text="The measurements")
        await expect(row.locator(".message")).to_have_attribute("data-state", "sent", timeout=40_000)
    assert asked.begun == 1
    assert asked.offsets == sorted(asked.offsets)
    assert asked.offsets[-1] > 3_000_000
    card = row.locator(".file")
    await expect(card).to_contain_text(re.compile("the whole roof.*bin", re.S))
    address = await card.get_by_role("link").get_attribute("href")
    answer = await context.request.get(f"{madang.url}{address}")
    content = await answer.body()
    assert len(content) == LARGE
    assert all(content[at] == (at >> 12) % 256 for at in range(0, LARGE, 4096))
    assert await page.evaluate(KEPT) == 0
    await context.close()


async def test_a_file_that_the_browser_cannot_keep_is_told_of_at_once(
    browser: Browser, madang: MadangProcess, people: People
) -> None:
    pair = people("ana", "ben")
    await direct_of(madang, pair["ana"], pair["ben"])
    ana = await Visitor.signed_in(browser, madang.url, pair["ana"])
    await ana.open(pair["ben"].name.capitalize())
    inside = await ana.page.context.new_cdp_session(ana.page)
    await inside.send("Storage.overrideQuotaForOrigin", {"origin": madang.url, "quotaSize": 1_000_000})
    await ana.page.evaluate(CHOOSE, ["roof.bin", LARGE])
    warning = ana.page.locator(".toast").filter(has_text="roof.bin goes up only while this page is open")
    await expect(warning).to_be_visible()
    await ana.picture("unkept-desktop")
    await ana.composer.press("Enter")
    row = ana.page.locator("article").filter(has_text="roof.bin")
    await expect(row.locator(".message")).to_have_attribute("data-state", "sent", timeout=40_000)
    assert ana.troubles == []
    await ana.page.context.close()


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
    await expect(ana.page.locator(".toast")).to_contain_text("your files have 12 MB of 20 MB")
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
        ("voice.wav", "audio/wav", tone(LONG_S)), ("walk.webm", "video/webm", film), (name, "application/pdf", PDF),
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
    await expect(sound.locator("audio")).to_have_js_property("duration", LONG_S)
    box = await sound.bounding_box()
    assert box
    assert (box["width"], box["height"]) == (320, 56) or size == PHONE
    seen = await row.locator("video").bounding_box()
    assert seen
    assert abs(seen["width"] / seen["height"] - 16 / 9) < 0.05
    # Its first picture is there before anybody plays it; in Safari only where the address names a place.
    await expect(row.locator("video")).to_have_attribute("src", re.compile(r"#t=0\.001$"))
    await page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    await expect(row.locator("video")).to_have_js_property("paused", True)
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
    await sound.get_by_role("slider").focus()
    await page.keyboard.press("End")
    await expect(sound.locator("audio")).to_have_js_property("currentTime", LONG_S)
    await page.keyboard.press("Home")
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
