"""One Socket.IO connection to /chat over a WebSocket, as a stock client makes it, and no more than a driver needs."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import Callable
from typing import Any, Self

import aiohttp
import msgspec

OPEN_S = 6.0
ANSWER_S = 5.0
CUT = "cut"
_EVENT, _ANSWER, _CONNECT, _REFUSED, _LEFT = "42/chat,", "43/chat,", "40/chat,", "44/chat,", "41/chat,"

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class NotConnected(Exception):
    """The connection was not made: nobody answered, or the server refused. ``code`` is the server's."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code


class NoAnswer(Exception):
    """Whether it was done is not known: the connection has gone, or the answer has not come in time."""


class Wire:
    """``on_event(name, arguments)`` hears every event, ``on_end(reason)`` the end, which comes once."""

    def __init__(self, on_event: Callable[[str, list[Any]], None], on_end: Callable[[str], None]) -> None:
        self.worker = ""
        self.pid: str | None = None
        self.is_open = False
        self._on_event = on_event
        self._on_end = on_end
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._socket: aiohttp.ClientWebSocketResponse
        self._reading: asyncio.Task[None] | None = None
        self._joined: asyncio.Future[None]
        self._silence_s = 30.0
        self._watch: asyncio.TimerHandle | None = None
        self._reason = ""

    async def open(self, http: aiohttp.ClientSession, address: str, auth: dict[str, Any]) -> Self:
        """Joins. ``auth`` has the token, and for a recovery the pid and the offset. Raises NotConnected."""
        loop = asyncio.get_running_loop()
        self._joined = loop.create_future()
        url = f"{address}/socket.io/?EIO=4&transport=websocket"
        try:
            async with asyncio.timeout(OPEN_S):
                self._socket = await http.ws_connect(url, autoping=True, compress=0, max_msg_size=0)
                self._reading = loop.create_task(self._read(auth))
                await self._joined
        except NotConnected:
            await self._end_reading()
            raise
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            await self._end_reading()
            raise NotConnected(f"{type(error).__name__} {error}".strip()) from None
        except BaseException:
            await self._end_reading()
            raise
        return self

    async def ask(self, command: str, payload: dict[str, Any], within_s: float = ANSWER_S) -> dict[str, Any]:
        """The whole reply. Raises NoAnswer."""
        if not self.is_open:
            raise NoAnswer("the connection has gone")
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        packet = f"{_EVENT}{number}{_encode([command, payload]).decode()}"
        try:
            async with asyncio.timeout(within_s):
                await self._socket.send_str(packet)
                return await answer  # type: ignore[no-any-return]
        except TimeoutError:
            raise NoAnswer(f"no answer within {within_s:.0f} s") from None
        except (ConnectionError, aiohttp.ClientError) as error:
            raise NoAnswer(f"the connection has gone: {error}") from None
        finally:
            self._answers.pop(number, None)

    def cut(self) -> None:
        """Ends it without a goodbye, as a network does that has gone."""
        self._reason = self._reason or CUT
        self._abort()

    async def close(self) -> None:
        """Says goodbye and ends it."""
        self._reason = self._reason or "closed"
        if self.is_open:
            with contextlib.suppress(ConnectionError, aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(1):
                    await self._socket.send_str("41/chat,")
                    await self._socket.close()
        self._abort()
        await self._end_reading()

    def _abort(self) -> None:
        raw = self._socket.get_extra_info("socket") if self._reading else None
        if raw is not None:
            # The other end hears of it at once, and so does our own loop, which keeps the transport.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(raw.fileno())) as ours:
                ours.shutdown(socket.SHUT_RDWR)

    async def _end_reading(self) -> None:
        if self._reading is not None:
            self._abort()
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, auth: dict[str, Any]) -> None:
        reason = "the server closed it"
        try:
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                self._heard()
                await self._take(message.data, auth)
        except (ConnectionError, aiohttp.ClientError) as error:
            reason = str(error) or type(error).__name__
        finally:
            self._over(self._reason or reason)

    async def _take(self, text: str, auth: dict[str, Any]) -> None:
        if text.startswith(_EVENT):
            [name, *arguments] = _decode(text[len(_EVENT) :])
            self._on_event(name, arguments)
        elif text.startswith(_ANSWER):
            number, _, rest = text[len(_ANSWER) :].partition("[")
            waiting = self._answers.get(int(number))
            if waiting is not None and not waiting.done():
                waiting.set_result(_decode("[" + rest)[0])
        elif text == "2":
            await self._socket.send_str("3")
        elif text.startswith("0"):
            opened = _decode(text[1:])
            self.worker = opened["sid"].partition(".")[0]
            self._silence_s = (opened["pingInterval"] + opened["pingTimeout"]) / 1000
            self._heard()
            await self._socket.send_str(f"{_CONNECT}{_encode(auth).decode()}")
        elif text.startswith(_CONNECT):
            self.pid = _decode(text[len(_CONNECT) :]).get("pid")
            self.is_open = True
            if not self._joined.done():
                self._joined.set_result(None)
        elif text.startswith(_REFUSED):
            refusal = _decode(text[len(_REFUSED) :])
            if not self._joined.done():
                self._joined.set_exception(NotConnected(f"refused: {refusal}", refusal.get("message")))
        elif text.startswith(_LEFT):
            self._reason = self._reason or "the server said goodbye"
            self._abort()

    def _heard(self) -> None:
        """A server that has not even sent a ping for so long is gone."""
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(self._silence_s, self._is_silent)

    def _is_silent(self) -> None:
        self._reason = self._reason or "ping timeout"
        self._abort()

    def _over(self, reason: str) -> None:
        if self._watch is not None:
            self._watch.cancel()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(NoAnswer(f"the connection has gone: {reason}"))
        if not self._joined.done():
            self._joined.set_exception(NotConnected(reason))
            self._joined.exception()
        if self.is_open:
            self.is_open = False
            self._on_end(reason)
