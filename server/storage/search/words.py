"""What the index knows of a text: its words, and the pairs of neighbours of scripts that write without spaces.

A pair for every two neighbours finds any part of a word: 색기 in 검색기능, which a particle or the lack of a
space would hide from a search by words. The last letter of each run stands alone as well: so one letter finds every
place, as the beginning of a pair or by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from server.storage.search.folding import DENSE, folded, marks

LONGEST = 64
"""Of longer words the beginning is known; PostgreSQL takes no word of more than 2046 bytes."""


@lru_cache(1)
def pieces() -> re.Pattern[str]:
    """Runs of a folded text: group 1 of a script without spaces, group 2 a word."""
    return re.compile(f"([{DENSE}]+)|({letter()}+)")


@lru_cache(1)
def letter() -> str:
    """What words are made of, as a regular expression."""
    return f"(?:[^\\W_{DENSE}]|[{marks()}])"


def words_of(*texts: str) -> set[str]:
    """The words and pairs of these texts."""
    found: set[str] = set()
    for text in texts:
        if text.isascii():
            found.update(word[:LONGEST] for word in _ASCII.findall(text.lower()))
            continue
        for run, word in pieces().findall(folded(text)):
            if run:
                found.update(pairs(run))
                found.add(run[-1])
            else:
                found.add(word[:LONGEST])
    return found


def pairs(run: str, step: int = 1) -> Iterable[str]:
    """Every two neighbours, or every other pair of them."""
    return (run[at : at + 2] for at in range(0, len(run) - 1, step))


_ASCII = re.compile("[a-z0-9]+")
