"""Signing in and out over HTTP, and the list of devices."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from server import records
from server.errors import Forbidden, NotFound
from server.protocol import http
from server.services.accounts import own
from server.services.sessions import Sessions, Started, Visitor
from server.transport.cookies import clear_cookie, set_cookie
from server.transport.guard import body_of, id_in, reply
from server.transport.identity import Identity
from server.transport.origins import Origins
from server.transport.peers import Peers


class SignIns:
    """What signing in and signing up share: who comes, and the answer that makes the browser remember.

    ``secure``: people come by https. ``is_connected`` tells whether a session has a live socket.
    """

    def __init__(self, origins: Origins, peers: Peers, *, secure: bool, is_connected: Callable[[int], bool]) -> None:
        self._origins = origins
        self._peers = peers
        self.secure = secure
        self.is_connected = is_connected

    def visitor(self, request: web.Request) -> Visitor:
        """Who asks. Raises Forbidden for a page that is not on the list: it would sign its visitor in here as
        somebody of its choosing.
        """
        origin = request.headers.get("Origin")
        if origin is not None and not self._origins.allows(origin):
            raise Forbidden("Pages of this origin cannot sign in here (MADANG_ALLOWED_ORIGINS).")
        return Visitor(self._peers.of(request), request.headers.get("User-Agent", ""))

    def answer(self, started: Started) -> web.Response:
        """201 with the account, the token and the session, and the cookie."""
        body = http.SignedIn(
            account=own(started.account),
            token=started.token,
            session=session_body(started.session, current=True, connected=False),
        )
        response = reply(body, 201)
        set_cookie(response, started.token, secure=self.secure)
        return response


def session_body(session: records.Session, *, current: bool, connected: bool) -> http.Session:
    """A device in the words of the wire."""
    return http.Session(
        id=session.id,
        device_name=session.device_name,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        current=current,
        connected=connected,
    )


def routes(sessions: Sessions, identity: Identity, sign_ins: SignIns) -> list[web.RouteDef]:
    """Signing in and out, and the devices."""

    async def create_session(request: web.Request) -> web.Response:
        visitor = sign_ins.visitor(request)
        command: http.CreateSession = await body_of(request, http.CreateSession)
        return sign_ins.answer(await sessions.sign_in(command, visitor))

    async def list_sessions(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        devices = [
            session_body(session, current=session.id == me.session.id, connected=sign_ins.is_connected(session.id))
            for session in await sessions.list(me.account.id)
        ]
        return reply(http.Sessions(sessions=devices))

    async def end_session(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        which = request.match_info["id"]
        if which == "others":
            await sessions.end_others(me.account.id, me.session.id)
            return reply(None)
        session_id = me.session.id if which == "current" else id_in(request, NotFound("There is no such device."))
        await sessions.end(me.account.id, session_id)
        response = reply(None)
        if session_id == me.session.id and me.by_cookie:
            clear_cookie(response, secure=sign_ins.secure)
        return response

    return [
        web.post("/api/v1/sessions", create_session),
        web.get("/api/v1/sessions", list_sessions),
        web.delete("/api/v1/sessions/{id}", end_session),
    ]
