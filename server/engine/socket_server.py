"""SocketServer: Socket.IO v5 on the engine: connect, dispatch, acknowledgements, disconnect."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any

import socketio
from aiohttp import web
from socketio import exceptions, packet

from server.engine.connection import Connection
from server.engine.counters import Counters
from server.engine.engine_server import EngineServer, socket_peer
from server.engine.limits import Limits
from server.engine.outflow import Parcel
from server.engine.packets import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    Packet,
    ProtocolError,
    encode,
    envelope,
    payload,
    with_attachments,
)
from server.engine.reading import Assembly, Decode, Reading, Unreadable
from server.engine.recall import Recall, Recalls
from server.engine.recovery import NoRecovery, Recalled, Recovery
from server.engine.rooms import LEAVING, LET_IN, ON, PENDING, Member, Rooms
from server.engine.shared import CLIENT_LEAVES, SERVER_DISCONNECT, TRANSPORT_CLOSE

UNAVAILABLE = {"message": "unavailable"}
INVALID_NAMESPACE = {"message": "Invalid namespace"}

# The library logs whole session ids at INFO; they are keys.
_log = logging.getLogger("engine.library")
_log.setLevel(logging.WARNING)
_log.addFilter(lambda record: record.levelno >= logging.WARNING)  # whatever level somebody sets later


class StrictPacket(packet.Packet):  # type: ignore[misc]
    """What the library itself encodes."""

    def encode(self) -> str | list[str | bytes]:
        """Text, or text and attachments."""
        text, attachments = encode(self.packet_type, self.namespace or "/", self.id, self.data)
        return [text, *attachments] if attachments else text

    @classmethod
    def data_is_binary(cls, data: Any) -> bool:
        """Found while encoding."""
        return False

    def decode(self, encoded_packet: Any) -> int:
        """Nothing of the library decodes packets here."""
        raise RuntimeError("the engine decodes packets itself")


class SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """A Socket.IO server for the listed ``namespaces`` and no other.

    Handlers are registered as python-socketio has it, functions or ``AsyncNamespace``; one connection's
    events run one at a time in the order sent. ``unavailable`` refuses a join whose handler raised or took
    too long. ``recovery`` knows who comes back and what they missed. See EngineServer for the rest.
    """

    def __init__(
        self,
        namespaces: Collection[str],
        *,
        limits: Limits | None = None,
        origins: Collection[str] = (),
        worker: str = "w1",
        peer_of: Callable[[web.Request], str] = socket_peer,
        unavailable: Any = None,
        rooms: Rooms | None = None,
        recovery: Recovery | None = None,
    ) -> None:
        if not namespaces or isinstance(namespaces, str):
            raise ValueError("name the namespaces")
        super().__init__(
            client_manager=rooms or Rooms(),
            serializer=StrictPacket,
            async_handlers=False,
            namespaces=sorted(namespaces),
            logger=_log,
            engineio_logger=_log,
            limits=limits,
            origins=origins,
            worker=worker,
            peer_of=peer_of,
        )
        self._unavailable = UNAVAILABLE if unavailable is None else unavailable
        self._readings: dict[str, Reading] = {}
        self._recalls = Recalls(recovery or NoRecovery(), self.manager, self.eio.house, self._say_goodbye)
        self.eio.house.receive = self._receive
        self.eio.house.lost = self._lost
        self.eio.house.joins = True

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    # For the application

    @property
    def counters(self) -> Counters:
        """What happened so far."""
        counters: Counters = self.eio.counters
        return counters

    def read_with(self, namespace: str, decode: Decode, *, binary_answer: Any = None) -> None:
        """Lets ``decode(event, raw)`` read a namespace's events; attachments are answered with ``binary_answer``."""
        self._check_listed(namespace)
        self._readings[namespace] = Reading(decode, binary_answer)

    def register_namespace(self, namespace_handler: Any) -> None:
        """Hands a listed namespace's connects, events and disconnects to one object."""
        self._check_listed(namespace_handler.namespace)
        super().register_namespace(namespace_handler)

    async def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:
        """Takes a member out of its namespace and tells it; the connection stays."""
        namespace = namespace or "/"
        if not (self.manager.is_connected(sid, namespace) if ignore_queue else await self._is_ours(sid, namespace)):
            return
        member = self.manager.member(sid, namespace)
        if member is not None:
            self._tell(member.connection, DISCONNECT, namespace, None)
            await self._part(member, SERVER_DISCONNECT)

    def disconnect_connection(self, sid: str, namespace: str | None = None) -> None:
        """Says goodbye in every namespace and closes the transport; what it has sent already is dropped."""
        member = self.manager.member(sid, namespace) if namespace else self.manager.anywhere(sid)
        if member is not None:
            self._say_goodbye(member.connection)

    def recalled(self, sid: str, namespace: str) -> Recalled | None:
        """For a connect handler: whom its client was before, when it is to get that session back.

        What was missed is read behind the handler. When that fails, the handler for ``disconnect`` is called
        and the one for ``connect`` once more, with another sid and nobody recalled.
        """
        member = self.manager.member(sid, namespace)
        return member.recall.found if member is not None and member.recall is not None else None

    def end_recall(self, sid: str, namespace: str) -> str:
        """For a connect handler that will not have it so: the sid to go on with; the one before, if it was given
        back, is gone.
        """
        member = self.manager.member(sid, namespace)
        if member is None or member.state != PENDING:
            return sid
        self._recalls.end(member, self.eio.generate_id())
        return str(member.sid)

    async def drain(self) -> None:
        """Stops, within ten seconds; see EngineServer."""
        await self.eio.drain()

    def _say_goodbye(self, connection: Connection) -> None:
        for member in (connection.members or {}).values():
            if member.state == ON:
                self._tell(connection, DISCONNECT, member.namespace, None)
        connection.close(SERVER_DISCONNECT)

    def _check_listed(self, namespace: str) -> None:
        if namespace not in self.namespaces:
            raise ValueError(f"{namespace} is not among the namespaces of this server")

    async def _is_ours(self, sid: str, namespace: str) -> bool:
        return bool(await self.manager.can_disconnect(sid, namespace))

    # In

    async def _receive(self, connection: Connection, data: str | bytes) -> None:
        assembly: Assembly | None = connection.assembly
        if assembly is not None:
            if assembly.takes(data):
                connection.assembly = None
                await self._dispatch(connection, assembly.packet, assembly.parts)
            return
        if isinstance(data, bytes):
            raise ProtocolError("an attachment without a packet")
        found = envelope(data, self.eio.limits)
        if not found.wanted:
            await self._dispatch(connection, found, [])
            return
        if found.namespace not in (connection.members or {}):
            raise ProtocolError("attachments for a namespace that is not joined")
        if found.namespace not in self._readings:
            payload(found, self.eio.limits)  # refused before its attachments are waited for
        connection.expect(Assembly(found, self.eio.limits, self.eio.house.loop.time()))

    async def _dispatch(self, connection: Connection, found: Packet, parts: list[bytes]) -> None:
        if found.kind == CONNECT:
            await self._join(connection, found)
            return
        member: Member | None = (connection.members or {}).get(found.namespace)
        if member is None or not member.is_on:
            connection.fault("not joined")
        elif found.kind == DISCONNECT:
            await self._part(member, CLIENT_LEAVES)
        elif found.kind in (ACK, BINARY_ACK):
            await self._acknowledged(member, found, parts)
        else:
            await self._event(member, found, parts)

    async def _event(self, member: Member, found: Packet, parts: list[bytes]) -> None:
        try:
            arguments = self._arguments(found, parts)
        except Unreadable as refusal:
            self._answer(member, found, [refusal.answer])
            return
        result = await self._trigger_event(found.event, found.namespace, member.sid, *arguments)
        if result is self.not_handled or (result is None and not self._is_known(found)):
            member.connection.fault("unknown event")
        elif isinstance(result, tuple):
            self._answer(member, found, list(result))
        else:
            self._answer(member, found, [] if result is None else [result])

    def _is_known(self, found: Packet) -> bool:
        """Whether anybody handles an event: the library's namespace objects are silent about what they do not know."""
        if self._get_event_handler(found.event, found.namespace, ())[0]:
            return True
        handler, _ = self._get_namespace_handler(found.namespace, ())
        knows_all = type(handler).trigger_event is not socketio.AsyncNamespace.trigger_event
        return knows_all or hasattr(handler, f"on_{found.event}")

    def _arguments(self, found: Packet, parts: list[bytes]) -> Any:
        reading = self._readings.get(found.namespace)
        if reading is None:
            return with_attachments(payload(found, self.eio.limits), parts)[1:]
        if found.kind == BINARY_EVENT:
            raise Unreadable(reading.binary_answer)
        return reading.decode(found.event or "", found.raw or "")

    def _answer(self, member: Member, found: Packet, data: list[Any]) -> None:
        if found.id is not None:
            text, attachments = encode(ACK, found.namespace, found.id, data, self.eio.limits.max_depth)
            self.manager.give(member, Parcel(text, attachments))

    async def _acknowledged(self, member: Member, found: Packet, parts: list[bytes]) -> None:
        data = with_attachments(payload(found, self.eio.limits), parts)
        # The library keeps its counter under 0.
        if not found.id or found.id not in self.manager.callbacks.get(member.sid, ()):
            member.connection.fault("unknown acknowledgement")
            return
        await self.manager.trigger_callback(member.sid, found.id, data)

    def _tell(self, connection: Connection, kind: int, namespace: str, data: Any) -> None:
        connection.send(Parcel(*encode(kind, namespace, None, data, self.eio.limits.max_depth)))

    # Joining and leaving

    async def _join(self, connection: Connection, found: Packet) -> None:
        auth = payload(found, self.eio.limits)
        namespace = found.namespace
        if namespace not in self.namespaces:
            self._refuse(connection, namespace, INVALID_NAMESPACE, "unknown namespace")
            return
        if namespace in (connection.members or {}):
            raise ProtocolError("the namespace is joined already")
        if not await self._is_answered(connection, namespace, auth, self._recalls.brought(auth)):
            # Its session cannot be had back: it joins like one that has brought no pid.
            await self._is_answered(connection, namespace, auth, None)

    async def _is_answered(self, connection: Connection, namespace: str, auth: Any, recall: Recall | None) -> bool:
        """Asks the handler and answers. False: it was asked about a session that cannot be had back."""
        member = self.manager.add(connection, namespace, self.eio.generate_id())
        try:
            if recall is not None:
                await self._recalls.begin(member, recall)
                if connection.closed:
                    self.manager.remove(member)
                    return True
            refusal = await self._asked(member, auth)
            if refusal is not None:
                self.manager.remove(member)
                self._refuse(connection, namespace, refusal, "refused")
            elif member.state == LEAVING:
                # It ended while the handler went on; whom the handler let in has to be told out.
                await self._trigger_event("disconnect", namespace, member.sid, TRANSPORT_CLOSE)
            else:
                member.state = LET_IN
                return await self._is_welcomed(member)
            return True
        except BaseException:
            await self._part(member, TRANSPORT_CLOSE)
            raise
        finally:
            self._recalls.joined(member)

    async def _is_welcomed(self, member: Member) -> bool:
        connection = member.connection
        if self._recalls.is_needed and not connection.closed:
            is_whole = await self._recalls.complete(member)
            if member.state == LEAVING:
                return True
            if not is_whole:
                await self._part(member, SERVER_DISCONNECT)
                return connection.closed
        hello = {"sid": member.sid}
        if member.pid is not None:
            hello["pid"] = member.pid
        self._tell(connection, CONNECT, member.namespace, hello)
        if member.held:
            connection.flush_apart()
        self.manager.release(member)
        return True

    async def _asked(self, member: Member, auth: Any) -> Any:
        """What the connect handler refuses with; None when it lets in."""
        environ = self.environ.get(member.connection.sid, {})
        try:
            async with asyncio.timeout(self.eio.limits.connect_s) as deadline:
                welcome = await self._trigger_event("connect", member.namespace, member.sid, environ, auth)
            # The library swallows the cancellation, and None would mean welcome.
            if deadline.expired():
                raise TimeoutError
        except exceptions.ConnectionRefusedError as refusal:
            return refusal.error_args
        except Exception as error:
            self.eio.house.log.failed(self.eio.house.loop.time(), member.sid, "connect handler", error)
            return self._unavailable
        return exceptions.ConnectionRefusedError().error_args if welcome is False else None

    def _refuse(self, connection: Connection, namespace: str, why: Any, kind: str) -> None:
        self.counters.refused[kind] += 1
        self._tell(connection, CONNECT_ERROR, namespace, why if isinstance(why, dict) else {"message": why})
        connection.fault(kind)

    async def _part(self, member: Member, reason: str) -> None:
        """A member leaves, once: its handler hears of it, then it is forgotten."""
        was, member.state = member.state, LEAVING
        if was == LEAVING:
            return
        try:
            if was in (LET_IN, ON):
                await self._trigger_event("disconnect", member.namespace, member.sid, reason)
        except Exception as error:
            self.eio.house.log.failed(self.eio.house.loop.time(), member.sid, "disconnect handler", error)
        finally:
            self.manager.remove(member)
            if was != PENDING:  # otherwise its connect handler may go on still
                self._recalls.left(member)
        connection = member.connection
        if not connection.closed and not connection.members:
            connection.must_join()

    async def _lost(self, connection: Connection, reason: str) -> None:
        try:
            for member in list((connection.members or {}).values()):
                await self._part(member, reason)
        finally:
            self.environ.pop(connection.sid, None)

    # Ways of the library that nothing takes any more

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        raise RuntimeError("the engine receives messages itself")

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        raise RuntimeError("the engine ends connections itself")
