"""Text as people look for it: neither case, width, accents nor the way letters are put together count."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Scripts that are written without spaces between words, or with particles behind them; and pictures.
DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
"""The inside of a class of characters, for regular expressions: what is found by any part of it."""

# Nobody sees them, so they part no word: soft hyphens, joiners, direction marks, variants of pictures.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_MAY_HAVE_ACCENTS = re.compile("[\u00c0-\u0587\u1d00-\u1fff\u0300-\u036f]")


def folded(text: str) -> str:
    """``text`` in the one spelling in which it is compared: 카페, ｶﾌｪ as カフェ, Café as cafe."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _MAY_HAVE_ACCENTS.search(text):
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    return _UNSEEN.sub("", text)


class Folded:
    """A text in its folded spelling, which knows where each letter of it came from."""

    def __init__(self, text: str) -> None:
        self.text = folded(text)
        self._original = text
        self._starts: list[int] | None = None
        self._ends: list[int] = []

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the folded letters from ``start`` to ``end`` stand in the text as it was written."""
        if self._original.isascii():
            return start, end
        if self._starts is None:
            self._starts = self._follow()
        last = len(self._starts) - 1
        if last < 0:
            return 0, 0
        return self._starts[min(start, last)], self._ends[min(end - 1, last)]

    def _follow(self) -> list[int]:
        starts: list[int] = []
        for group in _groups().finditer(self._original):
            made = len(folded(group[0]))
            starts += [group.start()] * made
            self._ends += [group.end()] * made
        return starts


@lru_cache(1)
def marks() -> str:
    """The inside of a class of the characters that stand on, under or behind another one."""
    ranges: list[str] = []
    begin = None
    for code in range(0x300, 0x20000):
        is_mark = unicodedata.category(chr(code))[0] == "M"
        if is_mark and begin is None:
            begin = code
        elif not is_mark and begin is not None:
            ranges.append(f"{chr(begin)}-{chr(code - 1)}")
            begin = None
    return "".join(ranges)


@lru_cache(1)
def _groups() -> re.Pattern[str]:
    """Letters with what is put together with them."""
    behind = f"{marks()}\u1160-\u11ff\u200b-\u200f\u3099\u309a\ufe00-\ufe0f\uff9e\uff9f"
    return re.compile(f".[{behind}]*", re.DOTALL)


def utf16(text: str, at: int) -> int:
    """A place in ``text`` as JavaScript counts it, by halves of four bytes."""
    if text.isascii():
        return at
    return len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
