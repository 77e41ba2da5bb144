"""Accounts over HTTP: the welcome, signing up, one's own face and password."""

from __future__ import annotations

from aiohttp import web

from server import __version__
from server.protocol import http
from server.services.accounts import Accounts, own
from server.transport.guard import body_of, reply
from server.transport.identity import Identity
from server.transport.routes.sessions import SignIns, session_body


def routes(accounts: Accounts, identity: Identity, sign_ins: SignIns, server_name: str) -> list[web.RouteDef]:
    """``server_name`` is what the sign-in page shows."""

    async def welcome(request: web.Request) -> web.Response:
        return reply(
            http.Welcome(
                name=server_name,
                version=__version__,
                registration=accounts.registration,
                needs_claim=await accounts.needs_claim(),
                first_account=await accounts.is_first(),
            )
        )

    async def create_account(request: web.Request) -> web.Response:
        visitor = sign_ins.visitor(request)
        command: http.CreateAccount = await body_of(request, http.CreateAccount)
        return sign_ins.answer(await accounts.sign_up(command, visitor))

    async def me(request: web.Request) -> web.Response:
        person = await identity.of_request(request)
        session = session_body(person.session, current=True, connected=sign_ins.is_connected(person.session.id))
        return reply(http.Me(account=own(person.account), session=session))

    async def change_me(request: web.Request) -> web.Response:
        person = await identity.of_request(request)
        command: http.ChangeMe = await body_of(request, http.ChangeMe)
        return reply(own(await accounts.change(person.account.id, command)))

    async def change_password(request: web.Request) -> web.Response:
        person = await identity.of_request(request)
        command: http.ChangePassword = await body_of(request, http.ChangePassword)
        await accounts.change_password(person.account, person.session.id, command, sign_ins.visitor(request))
        return reply(None)

    return [
        web.get("/api/v1/welcome", welcome),
        web.post("/api/v1/accounts", create_account),
        web.get("/api/v1/me", me),
        web.patch("/api/v1/me", change_me),
        web.put("/api/v1/me/password", change_password),
    ]
