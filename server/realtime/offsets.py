"""Offsets: how far a stock client has heard. The strings are opaque to clients, and compared by the engine.

Whoever reads one stream of everything has come to two places, in the log and in their inbox: its offset names both.
"""

from __future__ import annotations

from typing import NamedTuple

_MOST_DIGITS = 18
_AT_LEAST = "+"
_AND = "."


class Place(NamedTuple):
    """How far the log has come, and an inbox."""

    position: int
    seq: int


def written(epoch: str, position: int, complete: int) -> str:
    """The offset of an entry at ``position``, where everything up to ``complete`` has been delivered before it.

    Two forms: of this very entry, when it is the next one that was missing; else of the last place that can be
    vouched for, marked, so that it is not taken for the offset of the entry at that place.
    """
    return f"{epoch}-{position}" if position <= complete else f"{epoch}-{complete}{_AT_LEAST}"


def read(epoch: str, offset: str) -> int | None:
    """The place behind which something may have been missed; None for what is not an offset of this epoch."""
    head, _, digits = offset.rpartition("-")
    return _number(digits.removesuffix(_AT_LEAST)) if head == epoch else None


def is_exact(offset: str) -> bool:
    """Whether the place is that of the event itself."""
    return not offset.endswith(_AT_LEAST)


def written_both(epoch: str, place: Place) -> str:
    """The offset of everything: of the log, and of an inbox."""
    return f"{epoch}-{place.position}{_AND}{place.seq}"


def read_both(epoch: str, offset: str) -> Place | None:
    """The places in an offset of everything; None for what is not one of this epoch."""
    head, _, digits = offset.rpartition("-")
    position, _, seq = digits.partition(_AND)
    numbers = (_number(position), _number(seq))
    return None if head != epoch or None in numbers else Place(*numbers)  # type: ignore[arg-type]


def epoch_of(offset: str) -> str:
    """The epoch that an offset says it is of."""
    return offset.rpartition("-")[0]


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None
