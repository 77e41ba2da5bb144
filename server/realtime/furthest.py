"""How far marks have been told of at this worker: a bus that stood still brings old ones behind new ones."""

from __future__ import annotations

MOST = 20_000
"""So many are remembered, the latest. Of one that was forgotten, an old mark may be told again: devices know better."""


class Furthest:
    """The furthest place of each mark, by whatever names it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seqs: dict[tuple[object, ...], int] = {}

    def moves(self, seq: int, *mark: object) -> bool:
        """Whether a mark comes further by this; remembered if it does."""
        known = self._seqs.pop(mark, 0)
        # Put in again, so that the first one is the one not heard of for longest.
        self._seqs[mark] = max(known, seq)
        if len(self._seqs) > self._most:
            del self._seqs[next(iter(self._seqs))]
        return seq > known
