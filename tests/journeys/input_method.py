"""An input method at work, and what one Enter looks like in every place where it has been seen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from playwright.async_api import CDPSession, Page

SHIFT = 8

Step = tuple[str, ...]


class InputMethod:
    """Composition through the debugging protocol: Chromium makes the events it makes for a real input method.

    ``modifiers`` are held down at every key.
    """

    def __init__(self, protocol: CDPSession) -> None:
        self._protocol = protocol
        self.modifiers = 0

    @classmethod
    async def of(cls, page: Page) -> InputMethod:
        """The input method of a page."""
        return cls(await page.context.new_cdp_session(page))

    async def compose(self, *steps: str) -> None:
        """What stands under the caret, step by step: ``ㅎ``, ``하``, ``한``."""
        for text in steps:
            await self._protocol.send(
                "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            )

    async def commit(self, text: str) -> None:
        """Ends the composition with ``text``; without one, just inserts it."""
        await self._protocol.send("Input.insertText", {"text": text})

    async def press_taken_enter(self) -> None:
        """An Enter that the input method looks at first: key code 229, and no wish for a line break."""
        await self._key("rawKeyDown", 229, "Process")

    async def press_enter(self) -> None:
        """An Enter that reaches the page: a key and the wish for a line break."""
        await self._key("keyDown", 13, "Enter", text="\r")

    async def wish_for_a_line(self) -> None:
        """The wish for a line break alone, without another key."""
        await self._key("char", 13, "Enter", text="\r")

    async def release_enter(self) -> None:
        await self._key("keyUp", 13, "Enter")

    async def press_taken_escape(self) -> None:
        """An Escape that the input method takes for itself."""
        await self._key("rawKeyDown", 229, "Process", code="Escape")
        await self._key("keyUp", 27, "Escape", code="Escape")

    async def play(self, steps: tuple[Step, ...]) -> None:
        """Steps as the rows below write them."""
        does = {
            "compose": self.compose,
            "commit": self.commit,
            "taken": self.press_taken_enter,
            "enter": self.press_enter,
            "line": self.wish_for_a_line,
            "up": self.release_enter,
        }
        at = steps.index(HURRY) if HURRY in steps else len(steps)
        for name, *texts in steps[:at]:
            await does[name](*texts)  # type: ignore[operator]
        await asyncio.gather(*(does[name](*texts) for name, *texts in steps[at + 1 :]))  # type: ignore[operator]

    async def _key(self, kind: str, number: int, key: str, code: str = "Enter", **more: str) -> None:
        event = {"type": kind, "windowsVirtualKeyCode": number, "key": key, "code": code, "modifiers": self.modifiers}
        await self._protocol.send("Input.dispatchKeyEvent", event | more)


@dataclass(frozen=True)
class Row:
    """One Enter: where it was seen, the events, the text that it leaves, and whether it sends that."""

    where: str
    steps: tuple[Step, ...]
    text: str
    sends: bool


TAKEN, ENTER, LINE, UP = ("taken",), ("enter",), ("line",), ("up",)
HURRY = ("hurry",)
"""The rest comes at once: an input method ends a composition within 60 ms of the Enter."""


def _korean(text: str) -> Step:
    """A last syllable that is still being composed."""
    return ("compose", "ㅇ", text)


ROWS = (
    Row("no input method", (("commit", "plain words"), ENTER, UP), "plain words", True),
    Row("Korean on Windows and macOS", (_korean("요"), TAKEN, ("commit", "요"), ENTER, UP), "요", True),
    Row("older macOS Korean", (_korean("네"), TAKEN, ("commit", "네"), UP, ENTER, UP), "네", True),
    Row("macOS Korean, no second key", (_korean("응"), TAKEN, ("commit", "응"), LINE, UP), "응", True),
    Row("Korean that swallows Enter", (("compose", "ㅈ", "조", "좋"), TAKEN, ("commit", "좋"), UP), "좋", True),
    Row("Linux Korean", (("compose", "ㄱ", "가", "감"), ENTER, HURRY, ("commit", "감"), UP), "감", True),
    Row("Linux Korean, released first", (("compose", "ㄷ", "다"), ENTER, HURRY, UP, ("commit", "다")), "다", True),
    Row("Safari Korean", (("commit", "안"), ("commit", "녕"), ENTER, UP), "안녕", True),
    Row("kana and kanji", (("compose", "に", "にほんご", "日本語"), TAKEN, ("commit", "日本語"), UP), "日本語", False),
    Row("kana as it is", (("compose", "か", "かな"), TAKEN, ("commit", "かな"), UP), "かな", False),
    Row("pinyin", (("compose", "n", "nihao", "你好"), TAKEN, ("commit", "你好"), UP), "你好", False),
    Row("hanja", (("compose", "한", "한국"), TAKEN, ("commit", "韓國"), UP), "韓國", False),
    Row("Safari Japanese and Chinese", (("compose", "に", "日本"), ("commit", "日本"), TAKEN, UP), "日本", False),
    Row("pinyin as typed", (("compose", "m", "ma"), TAKEN, ("commit", "ma"), UP), "ma", False),
)
"""The table of the interface description, "Enter and input methods".

A 229 within 30 ms behind a Korean commit sends too: no journey is so quick, and `enter.test.ts` has it.
"""
