"""The HTTP doors of accounts and sessions on a port of their own, without the rest of the server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse, DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from server.clock import Now
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.services.sessions import Sessions
from server.settings import Registration
from server.storage.database import Database
from server.transport import guard
from server.transport.identity import Identity
from server.transport.origins import Origins
from server.transport.peers import Peers
from server.transport.routes import accounts as account_routes
from server.transport.routes import sessions as session_routes
from server.transport.routes.sessions import SignIns

HOME = "https://talk.example.org"
PASSWORD = "tangerine sky"


class Doors:
    """What stands behind them, and a client that knocks."""

    def __init__(self, db: Database, now: Now, *, registration: Registration = "open", secure: bool = True) -> None:
        self.passwords = Passwords(cost=4)
        attempts = Attempts()
        self.sessions = Sessions(db, now, self.passwords, attempts)
        self.accounts = Accounts(db, now, self.passwords, attempts, registration=registration, is_local=True)
        self.origins = Origins([HOME, "https://app.example.net"])
        self.identity = Identity(self.sessions, self.origins)
        self.connected: set[int] = set()
        sign_ins = SignIns(self.origins, Peers(), secure=secure, is_connected=self.connected.__contains__)
        self.app = web.Application()
        guard.install(self.app, self.origins)
        self.app.add_routes(account_routes.routes(self.accounts, self.identity, sign_ins, "우리 마당"))
        self.app.add_routes(session_routes.routes(self.sessions, self.identity, sign_ins))
        self.client: TestClient[web.Request, web.Application]

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Doors]:
        # Cookies are sent by hand: a jar would hide when they count.
        self.client = TestClient(TestServer(self.app), cookie_jar=DummyCookieJar())
        try:
            async with self.client:
                yield self
        finally:
            self.passwords.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        cookie: str | None = None,
        origin: str | None = None,
        **headers: str,
    ) -> ClientResponse:
        """A request to /api/v1 as a browser or a script makes it."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if cookie is not None:
            sent["Cookie"] = f"theme=dark; madang_session={cookie}"
        if origin is not None:
            sent["Origin"] = origin
        return await self.client.request(method, f"/api/v1/{path}", json=body, headers=sent)

    async def sign_up(self, username: str) -> dict[str, Any]:
        """The body of the answer."""
        answer = await self.ask("POST", "accounts", {"username": username, "password": PASSWORD})
        assert answer.status == 201, await answer.text()
        body: dict[str, Any] = await answer.json()
        return body


async def error_of(answer: ClientResponse) -> dict[str, Any]:
    """The error object of a refusal."""
    body: dict[str, Any] = await answer.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert {"code", "message", "retryable"} <= set(error)
    return error
