"""Cursors: the place behind which a page goes on, as an opaque word."""

from __future__ import annotations

from server.errors import Invalid


def written(*place: int) -> str:
    """The place as a word for the client to bring back."""
    return "-".join(str(part) for part in place)


def read(cursor: str | None, start: tuple[int, int]) -> tuple[int, int]:
    """The place that a client brought back, or ``start``. Raises Invalid for a word that is not ours."""
    if cursor is None:
        return start
    first, _, second = cursor.partition("-")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit() and len(cursor) <= 40):
        raise Invalid("This cursor is not one that a page has given.", field="cursor")
    return int(first), int(second)
