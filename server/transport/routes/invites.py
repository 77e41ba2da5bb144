"""What a link into a group leads to, for whoever holds its code, signed in or not."""

from __future__ import annotations

from aiohttp import web

from server.errors import ChatError
from server.services.invites import Invites
from server.transport.guard import Peers, reply
from server.transport.identity import Identity


def routes(invites: Invites, identity: Identity, peers: Peers) -> list[web.RouteDef]:
    """The page that shows what one joins before one joins asks here."""

    async def preview(request: web.Request) -> web.Response:
        found = await invites.preview(request.match_info["code"], peers.of(request), await account_id(request))
        return reply(found)

    async def account_id(request: web.Request) -> int | None:
        try:
            return (await identity.of_request(request)).account.id
        except ChatError:
            return None

    return [web.get("/api/v1/join/{code}", preview)]
