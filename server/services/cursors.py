"""Cursors: the place behind which a page goes on, as an opaque word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from server.errors import Invalid
from server.protocol.base import MAX_SAFE_INTEGER

NEWEST = (MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
"""Where a page begins that has what came last first."""
OLDEST = (-1, -1)
"""The same for one that has it last."""

_WORD = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")

Row = TypeVar("Row")


def written(*place: int) -> str:
    """The place as a word for the client to bring back."""
    return "-".join(str(part) for part in place)


def read(cursor: str | None, start: tuple[int, int]) -> tuple[int, int]:
    """The place that a client brought back, or ``start``. Raises Invalid for a word that is not ours."""
    if cursor is None:
        return start
    found = _WORD.fullmatch(cursor)
    if found is None:
        raise Invalid("This cursor is not one that a page has given.", field="cursor")
    return int(found[1]), int(found[2])


def page(found: Sequence[Row], limit: int, place: Callable[[Row], tuple[int, int]]) -> tuple[list[Row], str | None]:
    """The first ``limit`` of what was found, and the cursor behind the last one, if even one more was found."""
    shown = list(found[:limit])
    return shown, written(*place(shown[-1])) if len(found) > limit else None
