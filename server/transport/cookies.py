"""The session cookie of the own web app."""

from __future__ import annotations

from aiohttp import web

COOKIE = "madang_session"
_ONE_YEAR_S = 365 * 24 * 60 * 60


def token_in(cookies: str | None) -> str | None:
    """The session's token in a ``Cookie`` header, whatever else stands there."""
    for part in (cookies or "").split(";"):
        name, _, value = part.partition("=")
        if name.strip() == COOKIE and value.strip():
            return value.strip().strip('"')
    return None


def set_cookie(response: web.Response, token: str, *, secure: bool) -> None:
    """Give the browser the token: out of reach for scripts, and not sent along by other sites' forms."""
    response.set_cookie(
        COOKIE, token, max_age=_ONE_YEAR_S, path="/", httponly=True, secure=secure, samesite="Lax"
    )  # fmt: skip


def clear_cookie(response: web.Response, *, secure: bool) -> None:
    """Have the browser forget it."""
    response.del_cookie(COOKIE, path="/", httponly=True, secure=secure, samesite="Lax")
