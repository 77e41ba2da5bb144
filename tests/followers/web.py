"""A small internet on this machine: real HTTP servers, and a resolver that says where names lie."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address

from aiohttp import web
from aiohttp.test_utils import TestServer

from server.followers.address_guard import Address, GuardedResolver, is_public
from server.followers.fetching import Fetcher

OPEN, HIDDEN = "127.0.0.1", "127.0.0.2"
"""Stands for a machine of the open internet, and for one that only this machine can reach."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web:
    """Names with their addresses, and two machines: one that everybody may ask, one behind the guard.

    A name that is given several answers gives one after the other, and the last one for ever.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}
        self.asked: dict[str, list[web.Request]] = defaultdict(list)
        self.resolved: list[str] = []
        self.pages: dict[str, Answer] = {}
        self._servers: list[TestServer] = []

    async def __aenter__(self) -> Web:
        for address in (OPEN, HIDDEN):
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", self._serving(address))
            server = TestServer(app, host=address, port=self._servers[0].port if self._servers else None)
            await server.start_server()
            self._servers.append(server)
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            await server.close()

    @property
    def port(self) -> int:
        """Of both machines."""
        return int(self._servers[0].port or 0)

    def url(self, path: str, host: str = "news.example") -> str:
        """An address on this internet."""
        self.names.setdefault(host, [[OPEN]])
        return f"http://{host}:{self.port}{path}"

    def fetcher(self, *, ports: frozenset[int] | None = None, timeout_s: float = 6.0) -> Fetcher:
        """One that goes by this resolver, and takes OPEN for a public address; all else is as it is for everybody."""
        return Fetcher(GuardedResolver(self._resolve, allowed), ports=ports, timeout_s=timeout_s)

    def page(self, path: str, body: str | bytes, media_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        """What lies at a path."""

        async def answer(request: web.Request) -> web.Response:
            content = body.encode() if isinstance(body, str) else body
            return web.Response(body=content, headers={"Content-Type": media_type, **headers})

        self.pages[path] = answer

    def redirect(self, path: str, to: str) -> None:
        """A path that leads elsewhere."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": to})

        self.pages[path] = answer

    async def _resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        answers = self.names.get(host)
        if not answers:
            raise OSError("no such host")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _serving(self, address: str) -> Answer:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.asked[address].append(request)
            answer = self.pages.get(request.path)
            return await answer(request) if answer else web.Response(status=404)

        return serve


def allowed(address: Address) -> bool:
    """The guard's own rule, and one address besides."""
    return address == IPv4Address(OPEN) or is_public(ipaddress.ip_address(str(address)))
