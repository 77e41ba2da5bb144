"""The one reply that every command gets, and the error object that HTTP shares with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from server.errors import ChatError
from server.protocol.base import MAX_REPLY_BYTES, Body

T = TypeVar("T")

PAGE_BYTES = MAX_REPLY_BYTES - 16_000
"""What a page holds at most: its reply has room for what stands around it."""


class ErrorBody(Body):
    """Why not: a stable code, a sentence, and whether trying again can help."""

    code: str
    message: str
    retryable: bool
    retry_after_ms: int | None = None
    field: str | None = None


class Accepted(Body):
    """The reply when it was done."""

    ok: bool
    data: Any


class Refused(Body):
    """The reply when it was not; nothing has changed then."""

    ok: bool
    error: ErrorBody


def error_body(error: ChatError) -> ErrorBody:
    """A refusal in the words of the wire."""
    return ErrorBody(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after_ms=error.retry_after_ms,
        field=error.field,
    )


def accepted(data: Any) -> Accepted:
    """``{ok: true, data}``."""
    return Accepted(ok=True, data=data)


def refused(error: ChatError) -> Refused:
    """``{ok: false, error}``."""
    return Refused(ok=False, error=error_body(error))


def fitting(items: Sequence[T], sizes: Iterable[int]) -> list[T]:
    """As many of the first items as one reply can carry, each with its size in bytes; at least one, so that paging
    gets on.
    """
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > PAGE_BYTES and count > 0:
            return [*items[:count]]
    return [*items]
