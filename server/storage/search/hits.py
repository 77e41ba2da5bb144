"""Whether a message has what is looked for, how well, and what of it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.protocol import chat
from server.records import StoredFile
from server.storage import files
from server.storage.search.folding import Folded, utf16
from server.storage.search.queries import Phrase
from server.storage.search.wanted import Row

SHOWN = 300
"""Characters of a message in a hit; longer ones are cut around what was found."""
BEFORE = 60
"""So much of it stands before the first place, where it is cut."""
_HALF_LIFE_MS = 180 * 86_400_000
_USUAL_LENGTH = 60

Place = tuple[int, int]
"""Where something begins and ends in a text."""


def has_all(spelled: Sequence[str], phrases: Iterable[Phrase]) -> bool:
    """Whether each of the phrases is in one of these folded texts, a message's own and its files' names."""
    return all(any(phrase.pattern.search(text) for text in spelled) for phrase in phrases)


class Scores:
    """How well messages fit: often, in few words, as it was typed, and not long ago."""

    def __init__(self, phrases: Sequence[Phrase], now: int) -> None:
        self._phrases = phrases
        self._now = now
        pieces = tuple(piece for phrase in phrases for piece in phrase.pieces)
        self._together = Phrase(pieces, exact=False).pattern if len(phrases) > 1 else None

    def of(self, spelled: Sequence[str], sent_at: int) -> float:
        """The more the better; ``spelled`` as for ``has_all``."""
        text = spelled[0]
        length = 0.25 + 0.75 * len(text) / _USUAL_LENGTH
        points: float = 0.5 ** (max(0, self._now - sent_at) / _HALF_LIFE_MS)
        for phrase in self._phrases:
            times = sum(len(phrase.pattern.findall(one)) for one in spelled)
            points += times / (times + length)
            points += 0.5 * any(phrase.whole.search(one) for one in spelled)
        if self._together and self._together.search(text):
            points += 1.0
        return points


def hit(row: Row, attached: Sequence[StoredFile], phrases: Sequence[Phrase]) -> chat.SearchHit:
    """A message as it is shown among others, with what was found marked."""
    _, conversation_id, seq, sender_id, sent_at, edited_at, text, _ = row
    excerpt, found = cut(text, places(text, phrases))
    return chat.SearchHit(
        conversation_id=conversation_id,
        seq=seq,
        sender_id=sender_id,
        sent_at=sent_at,
        edited_at=edited_at,
        text=excerpt,
        highlights=_highlights(excerpt, found),
        files=[
            chat.FoundFile(file=files.body(stored), highlights=_highlights(stored.name, places(stored.name, phrases)))
            for stored in attached
        ],
    )


def places(text: str, phrases: Iterable[Phrase]) -> list[Place]:
    """Where the phrases stand in ``text``, one behind the other; those that touch are one."""
    spelled = Folded(text)
    found = sorted(
        spelled.place(*match.span()) for phrase in phrases for match in phrase.pattern.finditer(spelled.text)
    )
    joined: list[Place] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def cut(text: str, found: Sequence[Place]) -> tuple[str, list[Place]]:
    """``text`` if it is short, else a part of it with the first place, and the places in that part."""
    if len(text) <= SHOWN:
        return text, list(found)
    start = max(0, found[0][0] - BEFORE) if found else 0
    if start:
        # Not in the middle of a word, where there are spaces.
        gap = text.find(" ", start, start + BEFORE // 2)
        start = gap + 1 if gap >= 0 else start
    end = min(len(text), start + SHOWN)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = [(max(one, start) + shift, min(other, end) + shift) for one, other in found if one < end and other > start]
    return f"{before}{text[start:end]}{after}", inside


def _highlights(text: str, found: Iterable[Place]) -> list[chat.Highlight]:
    return [chat.Highlight(start=utf16(text, start), end=utf16(text, end)) for start, end in found]
