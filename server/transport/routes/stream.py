"""Reading along over plain HTTP: Server-Sent Events, and a long poll with the same events and offsets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web

from server.protocol import http
from server.protocol.chat import Draining
from server.realtime.streams import Stream, Streams, Told
from server.transport.guard import query_of, reply
from server.transport.identity import Identity
from server.transport.rates import MessageRate

HEARTBEAT_S = 15.0
LOOK_S = 2.0
"""Nobody says when a client has hung up; so often it is looked at."""
SLOW_S = 30.0
"""A reader that takes nothing for so long is cut off; it comes back and goes on where it was."""
RETRY_MS: Final = 2000
MOST_POLLED = 500

_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    # nginx would else gather the events in a buffer of its own.
    "X-Accel-Buffering": "no",
}


def routes(
    streams: Streams,
    identity: Identity,
    rate: MessageRate,
    *,
    heartbeat_s: float = HEARTBEAT_S,
    slow_s: float = SLOW_S,
) -> list[web.RouteDef]:
    """``rate`` is how often an account may begin to read."""

    async def stream(request: web.Request) -> web.StreamResponse:
        me = await identity.of_request(request)
        asked: http.ReadAlong = query_of(request, http.ReadAlong)
        rate.check(me.account.id)
        after = request.headers.get("Last-Event-ID") or asked.after
        async with streams.opened(me.account.id, me.session.id, is_whole=asked.only is None) as reader:
            first = await streams.begin(reader, after)
            response = web.StreamResponse(headers=_HEADERS)
            await response.prepare(request)
            return await _Writer(request, response, streams, heartbeat_s, slow_s).run(reader, first)

    async def events(request: web.Request) -> web.Response:
        me = await identity.of_request(request)
        asked: http.PollEvents = query_of(request, http.PollEvents)
        rate.check(me.account.id)
        async with streams.opened(me.account.id, me.session.id, is_whole=asked.only is None) as reader:
            told = await _polled(request, streams, reader, asked)
            shown = told[:MOST_POLLED]
            offset = shown[-1].offset if len(shown) < len(told) else streams.offset(reader)
        return reply(http.EventsPage(events=[_event(one) for one in shown], offset=offset))

    return [
        web.get("/api/v1/stream", stream),
        web.get("/api/v1/events", events),
    ]


async def _polled(request: web.Request, streams: Streams, reader: Stream, asked: http.PollEvents) -> list[Told]:
    """What has happened; waits for it. Without a place to go on from there is nothing to wait for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.timeout
    told = [one for one in await streams.begin(reader, asked.after) if one.event != "ready"]
    while asked.after and not told and not reader.over and not _is_gone(request):
        if (left := until - loop.time()) <= 0:
            break
        await reader.woken(min(LOOK_S, left))
        told = [one for one in await streams.next(reader) if one.event != "counts"]
    return told


class _Writer:
    """Writes one stream, as fast as its reader takes it."""

    def __init__(
        self, request: web.Request, response: web.StreamResponse, streams: Streams, heartbeat_s: float, slow_s: float
    ) -> None:
        self._request = request
        self._response = response
        self._streams = streams
        self._heartbeat_s = heartbeat_s
        self._slow_s = slow_s

    async def run(self, reader: Stream, first: Sequence[Told]) -> web.StreamResponse:
        """Until the client goes, is too slow, is signed out, or this worker stops."""
        try:
            await self._write(b"retry: %d\n\n" % RETRY_MS)
            await self._tell(first)
            await self._follow(reader)
            if reader.over == "draining":
                farewell = Draining(retry_after_ms=RETRY_MS)
                await self._write(b"event: draining\ndata: " + msgspec.json.encode(farewell) + b"\n\n")
        except TimeoutError:
            # What was written last may be cut in its middle: a reader takes an event with its empty line only.
            if self._request.transport:
                self._request.transport.abort()
        except ConnectionError:
            pass
        else:
            await self._response.write_eof()
        return self._response

    async def _follow(self, reader: Stream) -> None:
        loop = asyncio.get_running_loop()
        beaten_at = loop.time()
        while not reader.over and not _is_gone(self._request):
            is_more = await reader.woken(LOOK_S)
            is_due = loop.time() - beaten_at >= self._heartbeat_s
            if not is_more and not is_due:
                continue
            # What nobody told this worker of is found by the heartbeat at the latest.
            if told := await self._streams.next(reader):
                await self._tell(told)
            elif is_due:
                # The place moves on while others talk elsewhere: whoever is cut off has less to look through.
                await self._write(b": here\nid: %s\n\n" % self._streams.offset(reader).encode())
            else:
                continue
            beaten_at = loop.time()

    async def _tell(self, told: Sequence[Told]) -> None:
        for one in told:
            await self._write(b"id: %s\nevent: %s\ndata: %s\n\n" % (one.offset.encode(), one.event.encode(), one.data))

    async def _write(self, text: bytes) -> None:
        """Raises TimeoutError when nobody takes it: what waits for a reader is in memory."""
        async with asyncio.timeout(self._slow_s):
            await self._response.write(text)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _event(told: Told) -> http.StreamEvent:
    return http.StreamEvent(id=told.offset, event=told.event, data=msgspec.Raw(told.data))
