"""Offsets: how far a stock client has heard. The strings are opaque to clients, and compared by the engine."""

from __future__ import annotations

_MOST_DIGITS = 18
_AT_LEAST = "+"


def written(epoch: str, position: int, complete: int) -> str:
    """The offset of an entry at ``position``, where everything up to ``complete`` has been delivered before it.

    Two forms: of this very entry, when it is the next one that was missing; else of the last place that can be
    vouched for, marked, so that it is not taken for the offset of the entry at that place.
    """
    return f"{epoch}-{position}" if position <= complete else f"{epoch}-{complete}{_AT_LEAST}"


def read(epoch: str, offset: str) -> int | None:
    """The place behind which something may have been missed; None for what is not an offset of this epoch."""
    head, _, digits = offset.rpartition("-")
    digits = digits.removesuffix(_AT_LEAST)
    if head != epoch or not digits.isascii() or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    return int(digits)


def is_exact(offset: str) -> bool:
    """Whether the place is that of the event itself."""
    return not offset.endswith(_AT_LEAST)
