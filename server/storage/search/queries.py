"""What people type into a search, as what the index is asked and what a text must have.

Whatever stands between spaces is looked for together, in its order; quotes make one of several words. A word of three
letters or more finds longer words that begin with it, unless it stands in quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from server.storage.search.folding import folded
from server.storage.search.words import LONGEST, letter, pairs, pieces

SHORTEST_BEGINNING = 3
_CHUNKS = re.compile('["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)|([^\\s"“”„«»]+)')


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the index; ``begins``: any word that begins with it."""

    text: str
    begins: bool = False

    @property
    def is_common(self) -> bool:
        """Whether it may stand for very many words: a single letter, as a beginning."""
        return self.begins and len(self.text) == 1


@dataclass(frozen=True)
class Phrase:
    """Something that a text must have: ``pieces`` are runs and words, (text, is a run); ``exact``: it was quoted."""

    pieces: tuple[tuple[str, bool], ...]
    exact: bool

    @cached_property
    def tokens(self) -> frozenset[Token]:
        """What a message's words must have, so that it can be in there."""
        found: set[Token] = set()
        for at, (text, is_run) in enumerate(self.pieces):
            if not is_run:
                found.add(Token(text[:LONGEST], begins=self._is_beginning(at) and len(text) < LONGEST))
            elif len(text) == 1:
                found.add(Token(text, begins=True))
            else:
                found.update(Token(pair) for pair in (*pairs(text, 2), text[-2:]))
        return frozenset(found)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds it in a folded text."""
        made = ""
        was_run = True
        for at, (text, is_run) in enumerate(self.pieces):
            if at:
                made += r"[\W_]*" if is_run or was_run else r"[\W_]+"
            made += re.escape(text) if is_run else self._word(at, text)
            was_run = is_run
        return re.compile(made)

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """Finds it where nothing of the last word goes on behind it."""
        return self.pattern if self.exact else Phrase(self.pieces, exact=True).pattern

    def _word(self, at: int, text: str) -> str:
        end = "" if self._is_beginning(at) else f"(?!{letter()})"
        return f"(?<!{letter()}){re.escape(text)}{end}"

    def _is_beginning(self, at: int) -> bool:
        return not self.exact and at == len(self.pieces) - 1 and len(self.pieces[at][0]) >= SHORTEST_BEGINNING


def phrases(query: str) -> list[Phrase]:
    """What ``query`` asks for, each once; none where it has no letter, digit or picture."""
    found: dict[Phrase, None] = {}
    for quoted, plain in _CHUNKS.findall(folded(query)):
        parts = tuple((run or word, bool(run)) for run, word in pieces().findall(quoted or plain))
        if parts:
            found[Phrase(parts, exact=bool(quoted))] = None
    return list(found)
