"""Fetching pages and pictures of strangers: little of each, for a short time, past the guard, as nobody special."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from server import __version__
from server.followers.address_guard import GuardedResolver, Refused

USER_AGENT = f"Madang/{__version__} (link preview)"
MAX_REDIRECTS = 4
_MOVED = (301, 302, 303, 307, 308)
_PORTS = frozenset({80, 443})
_PIECE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: at most as much as was asked for. ``url`` is where it was found in the end."""

    url: str
    media_type: str
    charset: str | None
    content: bytes
    whole: bool


class Fetcher:
    """Gets what lies at addresses of the open internet. ``ports`` are those it goes to; None for any."""

    def __init__(
        self, resolver: GuardedResolver, *, ports: frozenset[int] | None = _PORTS, timeout_s: float = 6.0
    ) -> None:
        self._resolver = resolver
        self._ports = ports
        self._timeout_s = timeout_s
        self._session: ClientSession | None = None

    async def get(self, url: str, kinds: Sequence[str], max_bytes: int) -> Fetched | None:
        """The first ``max_bytes`` of what lies at ``url``, if it is of one of these media types; None when it is not,
        does not answer in time, or leads where we do not go. Each redirect is looked at like the first address.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(URL(url), kinds, max_bytes)
        except (ClientError, OSError, TimeoutError, ValueError):
            return None

    async def close(self) -> None:
        """Ends its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, url: URL, kinds: Sequence[str], max_bytes: int) -> Fetched | None:
        for _ in range(1 + MAX_REDIRECTS):
            self._check(url)
            headers = {"Accept": ", ".join(kinds), "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
            async with self._http().get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status not in _MOVED:
                    return await _read(answer, kinds, max_bytes)
                url = url.join(URL(answer.headers.get("Location", "")))
        return None

    def _check(self, url: URL) -> None:
        if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
            raise Refused("Only plain addresses of the web are fetched.")
        if self._ports is not None and url.port not in self._ports:
            raise Refused("Only the usual ports of the web are asked.")
        self._resolver.check_literal(url.host)

    def _http(self) -> ClientSession:
        if self._session is None:
            # A connection is used once: the next one is resolved and looked at again.
            connector = TCPConnector(resolver=self._resolver, use_dns_cache=False, force_close=True, limit=8)
            self._session = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=self._timeout_s),
                # What is packed could unfold to any size; we ask for it plain.
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


async def _read(answer: ClientResponse, kinds: Sequence[str], max_bytes: int) -> Fetched | None:
    packed = answer.headers.get("Content-Encoding", "identity").lower() != "identity"
    if answer.status != 200 or packed or answer.content_type not in kinds:
        return None
    content = bytearray()
    async for piece in answer.content.iter_chunked(_PIECE_BYTES):
        content += piece
        if len(content) > max_bytes:
            break
    whole = len(content) <= max_bytes
    return Fetched(str(answer.url), answer.content_type, answer.charset, bytes(content[:max_bytes]), whole)
