"""The tree of refusals: what a person or a program is told when something may not or cannot be done.

Raise one of these where a rule is broken; the doors translate it into the one reply. Anything else that
is raised is a bug: logged once, answered as ``internal``.
"""

from __future__ import annotations

from typing import ClassVar


class ChatError(Exception):
    """A refusal with a stable code for programs and a sentence for people."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_ms = retry_after_ms


class Unauthorized(ChatError):
    """Nobody is signed in here, or what was shown proves nothing."""

    code = "unauthorized"
    http_status = 401


class Expired(ChatError):
    """It was good once: a session, an invitation, a link."""

    code = "expired"
    http_status = 401


class NotFound(ChatError):
    """There is no such thing, or it is not yours to know: the same answer, so that nobody can probe."""

    code = "not_found"
    http_status = 404


class Forbidden(ChatError):
    """You may see it, but not do this to it."""

    code = "forbidden"
    http_status = 403


class Invalid(ChatError):
    """The request itself is wrong; ``field`` names the part that is."""

    code = "invalid"
    http_status = 422


class TooLarge(ChatError):
    """More bytes than the limits in ``ready`` allow."""

    code = "too_large"
    http_status = 413


class ClientIdConflict(ChatError):
    """This ``client_id`` already labels something else of yours."""

    code = "client_id_conflict"
    http_status = 409


class RateLimited(ChatError):
    """Too many, too fast; ``retry_after_ms`` says when to come back."""

    code = "rate_limited"
    retryable = True
    http_status = 429


class Busy(ChatError):
    """The server has no room for this just now."""

    code = "busy"
    retryable = True
    http_status = 503


class Unavailable(ChatError):
    """Something behind the server does not answer; the outcome may be unknown, so keep the ``client_id``."""

    code = "unavailable"
    retryable = True
    http_status = 503


class Unsupported(ChatError):
    """A command, version or encoding that this server does not have."""

    code = "unsupported"
    http_status = 400


class Internal(ChatError):
    """A bug of ours. The server's log has the details; the client gets none."""


CODES = tuple(
    kind.code
    for kind in (
        Unauthorized, Expired, NotFound, Forbidden, Invalid, TooLarge, ClientIdConflict,
        RateLimited, Busy, Unavailable, Unsupported, Internal,
    )
)  # fmt: skip
"""Every code a client can meet, in the order of the documents."""
