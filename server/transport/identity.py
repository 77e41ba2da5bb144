"""Who is this: a bearer token, or the cookie of a page that may use it; the same for HTTP and for the sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from server import records
from server.errors import Unauthorized
from server.services.sessions import Sessions
from server.transport.cookies import token_in
from server.transport.origins import Origins

_READING = ("GET", "HEAD")
_NOBODY = "You are not signed in."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody, on one of their devices."""

    account: records.Account
    session: records.Session
    by_cookie: bool


class Identity:
    """Tells who a request or a connecting socket belongs to."""

    def __init__(self, sessions: Sessions, origins: Origins) -> None:
        self._sessions = sessions
        self._origins = origins

    async def of_request(self, request: web.Request) -> SignedIn:
        """Who asks. Raises Unauthorized or Expired.

        A bearer token goes before the cookie. The cookie counts only from an allowed origin wherever
        something is changed: other sites can make a browser send it.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._by_token(token.strip(), by_cookie=False)
        token = token_in(";".join(request.headers.getall("Cookie", []))) or ""
        if not token:
            raise Unauthorized(_NOBODY)
        origin = request.headers.get("Origin")
        if origin is None and request.method not in _READING:
            raise Unauthorized("The cookie counts only together with an Origin header; send a bearer token instead.")
        self._check_origin(origin)
        return await self._by_token(token, by_cookie=True)

    async def of_handshake(self, auth: Any, cookies: str | None, origin: str | None) -> SignedIn:
        """Who connects: ``auth.token``, else the cookie of an allowed origin. Raises Unauthorized or Expired.

        No origin at all passes: a page's own polling GET sends none, nor do scripts.
        """
        token = auth.get("token") if isinstance(auth, dict) else None
        if token is not None and token != "":
            if not isinstance(token, str):
                raise Unauthorized("auth.token must be text: the token from signing in.")
            return await self._by_token(token, by_cookie=False)
        token = token_in(cookies)
        if token is None:
            raise Unauthorized(_NOBODY)
        self._check_origin(origin)
        return await self._by_token(token, by_cookie=True)

    def _check_origin(self, origin: str | None) -> None:
        if origin is not None and not self._origins.allows(origin):
            raise Unauthorized(
                "The cookie does not count from this page's origin: it is not on the list (MADANG_ALLOWED_ORIGINS)."
            )

    async def _by_token(self, token: str, *, by_cookie: bool) -> SignedIn:
        account, session = await self._sessions.of_token(token)
        return SignedIn(account, session, by_cookie)
