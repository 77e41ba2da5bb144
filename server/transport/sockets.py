"""The Socket.IO server: python-socketio with strict packets, one reply for each command, and closing for real."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
import socketio
from engineio.payload import Payload
from socketio import packet

from server.errors import ChatError
from server.protocol.base import MAX_PAYLOAD_BYTES, decode_json

JOIN_DEADLINE_S = 5.0
PING_INTERVAL_S = 18
PING_TIMEOUT_S = 10

# A stock client puts a whole burst into one polling body; the library's bound of 16 would drop it silently.
Payload.max_decode_packets = 1000

_EVENT_HEAD = re.compile(r'^\s*\[\s*"(?P<name>[^"\\]{1,64})"\s*[,\]]')
_log = logging.getLogger(__name__)


class Unsound:
    """Stands where an event's payload could not be read; the refusal goes out as its reply."""

    def __init__(self, error: ChatError) -> None:
        self.error = error


class StrictJson:
    """JSON for the packets: strict in, msgspec's structs and finished pieces out."""

    @staticmethod
    def loads(text: str, **_: Any) -> Any:
        """A packet's data. An event with a sound name around a broken payload keeps its name."""
        try:
            return decode_json(text)
        except ChatError as error:
            if found := _EVENT_HEAD.match(text):
                return [found["name"], Unsound(error)]
            raise ValueError("the packet is not valid JSON") from None

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """The data as text."""
        return msgspec.json.encode(value).decode()


class Namespace(Protocol):
    """What the server hands its events to."""

    async def joined(self, sid: str) -> None:
        """The client has its CONNECT reply."""

    async def command(self, sid: str, name: str, arguments: Sequence[Any]) -> Any:
        """Do what a client asks; the result is the one reply."""


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server whose events reach ``Namespace.command`` and nothing else.

    One connection's commands run one after another in the order sent. Lifecycle handlers cannot be called
    as events, a malformed packet closes the connection, and a client that joins nothing is let go.
    """

    def __init__(self, origins: Sequence[str], join_deadline_s: float = JOIN_DEADLINE_S) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,
            json=StrictJson,
            namespaces=[],
            cors_allowed_origins=list(origins),
            max_http_buffer_size=MAX_PAYLOAD_BYTES,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            http_compression=False,
            websocket_compression=False,
            logger=logging.getLogger("socketio"),
            engineio_logger=logging.getLogger("engineio"),
        )
        self._join_deadline_s = join_deadline_s
        self.on_sent: Callable[[], None] = lambda: None
        """Called for every packet that goes to a connection: replies, and each event once for each listener."""

    async def enter_room(self, sid: str, room: str, namespace: str | None = None) -> None:
        """Puts a connection into a room; nothing happens when it has gone meanwhile."""
        if self.manager.eio_sid_from_sid(sid, namespace or "/") is not None:
            await super().enter_room(sid, room, namespace)

    async def end_connection(self, sid: str, namespace: str) -> None:
        """Says goodbye and closes the transport, whatever the client does."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace)
        await self.disconnect(sid, namespace=namespace)
        if eio_sid is not None:
            await self._close_transport(eio_sid)

    async def drain(self, farewell: msgspec.Struct, namespace: str) -> None:
        """Tells everybody that this process stops, then closes every connection."""
        await self.emit("draining", farewell, namespace=namespace)
        for eio_sid in list(self.environ):
            await self._close_transport(eio_sid)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        asyncio.get_running_loop().call_later(self._join_deadline_s, self._check_joined, eio_sid)
        return await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> Any:
        try:
            return await super()._handle_eio_disconnect(eio_sid, reason)
        finally:
            # A poll may be waiting for more from a connection that its client has just closed.
            socket = self.eio.sockets.get(eio_sid)
            if socket is not None and reason != self.reason.SERVER_DISCONNECT:
                socket.queue.put_nowait(None)

    async def _send_eio_packet(self, eio_sid: str, eio_pkt: Any) -> None:
        self.on_sent()
        await super()._send_eio_packet(eio_sid, eio_pkt)

    def _check_joined(self, eio_sid: str) -> None:
        if eio_sid not in self.environ:
            return
        if not any(self.manager.sid_from_eio_sid(eio_sid, name) for name in self.namespace_handlers):
            self.start_background_task(self._close_transport, eio_sid)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if namespace not in self.namespace_handlers:
            refusal = {"message": "Invalid namespace"}
            await self._send_packet(
                eio_sid, self.packet_class(packet.CONNECT_ERROR, data=refusal, namespace=namespace or "/")
            )
            return
        if self.manager.sid_from_eio_sid(eio_sid, namespace):
            raise ValueError("the namespace is joined already")
        await super()._handle_connect(eio_sid, namespace, data)
        if eio_sid not in self.environ:
            # It left while it was asked who it is; the library had nothing to take leave of then.
            await self._handle_disconnect(eio_sid, namespace, self.reason.TRANSPORT_CLOSE)
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid and self.manager.is_connected(sid, namespace):
            await self.namespace_handlers[namespace].joined(sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if not sid or not self.manager.is_connected(sid, namespace):
            return
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise ValueError("an event is a list that begins with its name")
        reply = await self.namespace_handlers[namespace].command(sid, data[0], data[1:])
        if id is not None:
            await self._send_packet(eio_sid, self.packet_class(packet.ACK, namespace=namespace, id=id, data=[reply]))

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        if eio_sid not in self.environ:
            return  # a frame that was on its way when the connection was closed
        try:
            await super()._handle_eio_message(eio_sid, data)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            # The peer does not speak the protocol: nothing it says later can be trusted to mean what it seems.
            _log.info("a malformed packet closes its connection: %s", type(error).__name__)
            await self._close_transport(eio_sid)

    async def _close_transport(self, eio_sid: str) -> None:
        """The library's own way says CLOSE and keeps reading; the empty place in the queue ends its writer."""
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None:
            await socket.close(wait=False)
            await socket.queue.put(None)
            self.eio.sockets.pop(eio_sid, None)
