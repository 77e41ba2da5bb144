"""Answers whose bytes are fetched while they go out: ranges and conditions as for a file of this machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime

from aiohttp import ETag, hdrs, web

from server.errors import Unavailable


class Streamed:
    """Bytes that can be fetched in part.

    ``read`` gives those from a start up to a stop, in pieces. Who takes none of them for ``idle_s`` gets no more.
    """

    def __init__(
        self,
        size_bytes: int,
        modified_at: int,
        etag: str,
        read: Callable[[int, int], AsyncIterator[bytes]],
        idle_s: float,
    ) -> None:
        self._idle_s = idle_s
        self._size_bytes = size_bytes
        self._modified_at = datetime.fromtimestamp(modified_at, UTC)
        self._etag = ETag(etag)
        self._read = read

    async def answer(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        """200 or 206 with the bytes; 304, 412 or 416 without."""
        if (status := self._without_bytes(request)) is not None:
            return self._empty(status, headers)
        start, stop, status = 0, self._size_bytes, 200
        if hdrs.RANGE in request.headers and self._is_meant(request):
            try:
                start, stop = self._asked(request)
            except ValueError:
                refused = self._empty(416, headers)
                refused.headers[hdrs.CONTENT_RANGE] = f"bytes */{self._size_bytes}"
                return refused
            status = 206
        response = self._empty(status, headers, web.StreamResponse)
        response.content_length = stop - start
        if status == 206:
            response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{stop - 1}/{self._size_bytes}"
        return await self._sent(request, response, start, stop)

    async def _sent(
        self, request: web.Request, response: web.StreamResponse, start: int, stop: int
    ) -> web.StreamResponse:
        if request.method == hdrs.METH_HEAD:
            return response
        pieces = self._read(start, stop)
        async with contextlib.aclosing(pieces):  # type: ignore[type-var]
            # What cannot be fetched at all is refused as long as nothing has been promised.
            first = await anext(pieces, b"")
            await response.prepare(request)
            try:
                await self._written(response, first)
                async for piece in pieces:
                    await self._written(response, piece)
            except (Unavailable, TimeoutError):
                # Too late for a sentence. That bytes are missing is all that can be said now.
                if request.transport:
                    request.transport.abort()
                return response
        await response.write_eof()
        return response

    async def _written(self, response: web.StreamResponse, piece: bytes) -> None:
        """Raises TimeoutError when nobody takes it: what waits for a reader is in memory."""
        async with asyncio.timeout(self._idle_s):
            await response.write(piece)

    def _without_bytes(self, request: web.Request) -> int | None:
        """304 or 412 where the request's conditions ask for it, in the order of RFC 9110."""
        if request.if_match is not None:
            if not any(tag.value in ("*", self._etag.value) and not tag.is_weak for tag in request.if_match):
                return 412
        elif request.if_unmodified_since is not None and self._modified_at > request.if_unmodified_since:
            return 412
        if request.if_none_match is not None:
            return 304 if any(tag.value in ("*", self._etag.value) for tag in request.if_none_match) else None
        since = request.if_modified_since
        return 304 if since is not None and self._modified_at <= since else None

    def _is_meant(self, request: web.Request) -> bool:
        """Whether a range may be taken from these bytes: not if the client has the beginning of others."""
        known = request.headers.get(hdrs.IF_RANGE)
        if known is None or known == f'"{self._etag.value}"':
            return True
        return request.if_range is not None and self._modified_at <= request.if_range

    def _asked(self, request: web.Request) -> tuple[int, int]:
        """The one range, within the bytes. Raises ValueError when there is nothing of it."""
        asked = request.http_range
        start, stop = asked.start or 0, self._size_bytes
        if start < 0:
            start = max(0, start + self._size_bytes)
        elif asked.stop is not None:
            stop = min(asked.stop, stop)
        if start >= stop:
            raise ValueError("nothing lies there")
        return start, stop

    def _empty(
        self, status: int, headers: Mapping[str, str], kind: type[web.StreamResponse] = web.Response
    ) -> web.StreamResponse:
        response = kind(status=status, headers=headers)
        response.headers[hdrs.ACCEPT_RANGES] = "bytes"
        response.etag = self._etag
        response.last_modified = self._modified_at
        return response
