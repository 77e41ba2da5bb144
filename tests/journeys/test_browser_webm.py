"""What a browser has recorded still plays when everything that it says about itself has been taken out."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.async_api import Browser

from server.files import metadata
from tests.files import films

RECORD = """async () => {
    const canvas = document.createElement('canvas')
    canvas.width = 320
    canvas.height = 180
    const pen = canvas.getContext('2d')
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
    const parts = []
    recorder.ondataavailable = (event) => parts.push(event.data)
    const ended = new Promise((end) => { recorder.onstop = end })
    recorder.start()
    for (let frame = 0; frame < 25; frame++) {
        pen.fillStyle = `hsl(${frame * 14} 80% 50%)`
        pen.fillRect(0, 0, 320, 180)
        await new Promise(requestAnimationFrame)
    }
    recorder.stop()
    await ended
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}"""
PLAY = """async (film) => {
    const video = document.createElement('video')
    video.muted = true
    video.src = `data:video/webm;base64,${film}`
    const ended = new Promise((end, fail) => { video.onended = end; video.onerror = () => fail(video.error) })
    await video.play()
    await ended
    return [video.videoWidth, video.videoHeight, video.currentTime > 0]
}"""


async def test_a_recording_plays_as_before(browser: Browser, tmp_path: Path) -> None:
    page = await browser.new_page()
    recorded = base64.b64decode(await page.evaluate(RECORD)) + films.tags()
    path = tmp_path / "recording.webm"
    path.write_bytes(recorded)
    with path.open("rb") as file:
        assert metadata.facts(file.fileno(), "video/webm")[:2] == (320, 180)
    metadata.strip(path, "video/webm")
    stripped = path.read_bytes()
    assert len(stripped) == len(recorded)
    assert b"Chrom" in recorded
    assert not any(secret in stripped for secret in (films.PLACE, b"Chrom"))
    assert await page.evaluate(PLAY, base64.b64encode(stripped).decode()) == [320, 180, True]
    await page.close()
