"""CommandNamespace: a table of commands, strict decoding, and exactly one reply for each."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import socketio
import structlog

from server.clock import Now
from server.engine import Unreadable
from server.errors import ChatError, Internal, Invalid, Unavailable, Unsupported
from server.logs import log_bug
from server.metrics import Metrics
from server.protocol.base import Command, check_depth, convert, decode_json
from server.protocol.reply import Accepted, Refused, accepted, refused
from server.realtime.online import Connection, Online
from server.realtime.recovery import LogRecovery
from server.realtime.rooms import account_room
from server.transport.identity import Identity, SignedIn
from server.transport.sockets import CANNOT_TELL, SocketServer, connect_error

PROTOCOL = 1
SIGNED_IN = "madang.signed_in"
"""Where the namespaces of one socket tell each other who it is."""
NO_BINARY = refused(Unsupported("Binary payloads are not supported here; upload files over HTTP."))

ByAccount = Callable[[int, Any], Awaitable[Any]]
ByConnection = Callable[[Connection, Any], Awaitable[Any]]
Recovered = Callable[[], Awaitable[bool]]
Welcome = Callable[[Connection, Recovered], Awaitable[None]]

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: what it takes, who does it, and what reads the whole event, its name included."""

    kind: type[Command]
    handle: ByConnection
    decoder: msgspec.json.Decoder[tuple[str, Command]]


class CommandNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """One namespace: who may join, and what they may ask.

    ``commands`` are rules for an account; ``connection_commands`` need the connection itself. Each is
    ``name: (payload type, handler)``. ``welcome(connection, recovered)`` runs while the client joins; what it emits
    comes behind the CONNECT reply. When the connection is in its rooms it asks ``recovered()``: whether it has
    its earlier session back, so that what it missed comes before all the rest.
    """

    def __init__(
        self,
        namespace: str,
        *,
        sockets: SocketServer,
        identity: Identity,
        online: Online,
        metrics: Metrics,
        now: Now,
        commands: Mapping[str, tuple[type[Command], ByAccount]],
        connection_commands: Mapping[str, tuple[type[Command], ByConnection]],
        welcome: Welcome,
        recovery: LogRecovery | None = None,
    ) -> None:
        super().__init__(namespace)
        self._sockets = sockets
        self._identity = identity
        self._online = online
        self._metrics = metrics
        self._now = now
        self._welcome = welcome
        self._recovery = recovery
        self._table = {name: _entry(kind, _for_account(handle)) for name, (kind, handle) in commands.items()}
        self._table |= {name: _entry(kind, handle) for name, (kind, handle) in connection_commands.items()}
        sockets.read_with(namespace, self.read, binary_answer=NO_BINARY)
        sockets.register_namespace(self)

    @property
    def command_names(self) -> frozenset[str]:
        """Everything that may be asked here."""
        return frozenset(self._table)

    def read(self, name: str, raw: str) -> tuple[Command]:
        """The command in the JSON of an event. Raises Unreadable with the refusal."""
        try:
            return (self._decoded(name, raw),)
        except ChatError as error:
            self._count(name, error.code, time.perf_counter())
            raise Unreadable(_encoded(refused(error))) from None

    async def trigger_event(self, event: str, sid: str, *arguments: Any) -> Any:
        """The two moments of a connection's life, and everything it asks; none of the two can be asked for."""
        if event == "connect":
            return await self._connect(sid, *arguments)
        if event == "disconnect":
            return self._disconnect(sid)
        return await self.command(sid, event, *arguments)

    async def command(self, sid: str, name: str, command: Command) -> msgspec.Raw:
        """Does what a client asks and returns the one reply, bugs included."""
        started = time.perf_counter()
        outcome = "ok"
        try:
            connection = self._online.get(sid)
            if connection is None:
                raise Unavailable("This connection is closing.")
            return _encoded(accepted(await self._table[name].handle(connection, command)))
        except ChatError as error:
            outcome = error.code
            return _encoded(refused(error))
        except Exception as error:
            outcome = "internal"
            log_bug(_log, "a command failed", error, namespace=self.namespace, command=name)
            return _encoded(refused(Internal("Something went wrong on the server. It has been noted.")))
        finally:
            self._count(name, outcome, started)

    def _decoded(self, name: str, raw: str) -> Command:
        entry = self._table.get(name)
        if entry is None:
            raise Unsupported(f"There is no command `{name[:64]}` here.")
        check_depth(raw)
        try:
            return entry.decoder.decode(raw)[1]
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            # Read again, slowly, to say what is wrong in the words of everything else.
            event: list[Any] = decode_json(raw, list[Any])
        if len(event) != 2 or not isinstance(event[1], dict):
            raise Invalid("A command takes one object.")
        return convert(event[1], entry.kind)

    def _count(self, name: str, outcome: str, started: float) -> None:
        known = name if name in self._table else "unknown"
        self._metrics.command(self.namespace, known, outcome, time.perf_counter() - started)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        try:
            await self._let_in(sid, environ, auth)
        except ChatError as error:
            raise _refusal(error) from None
        except Exception as error:
            log_bug(_log, "a handshake failed", error, namespace=self.namespace)
            raise _refusal(CANNOT_TELL) from None

    async def _let_in(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        _check_protocol(auth)
        signed_in = self._known(environ, auth)
        if signed_in is None:
            signed_in = await self._identity.of_handshake(auth, environ.get("HTTP_COOKIE"), environ.get("HTTP_ORIGIN"))
            environ[SIGNED_IN] = _SignedIn(sid, _shown(environ, auth), signed_in)
        connection = Connection(sid, self.namespace, signed_in.account.id, signed_in.session.id, self._now())
        self._online.add(connection)
        self._metrics.connected(self.namespace)
        try:
            await self.enter_room(sid, account_room(signed_in.account.id))
            await self._welcome(connection, partial(self._recovered, connection, auth))
        except BaseException:
            # Refused after all, or it took too long: then nobody is told that it ends.
            self._disconnect(sid)
            raise

    def _known(self, environ: dict[str, Any], auth: Any) -> SignedIn | None:
        """Who joined another namespace of the same socket a moment ago.

        That one is still here: had its session ended, the whole socket would be closed.
        """
        known: _SignedIn | None = environ.pop(SIGNED_IN, None)
        if known is None or known.shown != _shown(environ, auth) or self._online.get(known.sid) is None:
            return None
        return known.signed_in

    async def _recovered(self, connection: Connection, auth: Any) -> bool:
        recalled = self._sockets.recalled(connection.sid, self.namespace)
        if recalled is None or self._recovery is None:
            return False
        is_recovered = await self._recovery.read(
            recalled,
            auth.get("offset"),
            connection.account_id,
            connection.session_id,
            is_polled=self._sockets.is_polled(connection.sid, self.namespace),
        )
        if not is_recovered:
            self._sockets.end_recall(connection.sid, self.namespace)
        return is_recovered

    def _disconnect(self, sid: str) -> None:
        if self._online.remove(sid) is not None:
            self._metrics.disconnected(self.namespace)


@dataclass(frozen=True, slots=True)
class _SignedIn:
    """Who a socket's first namespace found: kept until the second one asks."""

    sid: str
    shown: Any
    signed_in: SignedIn


def _shown(environ: Mapping[str, Any], auth: Any) -> Any:
    """What somebody shows of themselves."""
    return auth.get("token") if isinstance(auth, dict) else None, environ.get("HTTP_COOKIE")


def _entry(kind: type[Command], handle: ByConnection) -> Entry:
    return Entry(kind, handle, msgspec.json.Decoder(tuple[str, kind]))  # type: ignore[valid-type]


def _encoded(reply: Accepted | Refused) -> msgspec.Raw:
    """Finished JSON: nothing has to look through it again."""
    return msgspec.Raw(_encoder.encode(reply))


def _for_account(handle: ByAccount) -> ByConnection:
    def of_connection(connection: Connection, command: Any) -> Awaitable[Any]:
        return handle(connection.account_id, command)

    return of_connection


def _check_protocol(auth: Any) -> None:
    asked = auth.get("protocol", PROTOCOL) if isinstance(auth, dict) else PROTOCOL
    if asked != PROTOCOL:
        raise Unsupported(f"This server speaks protocol {PROTOCOL}.", field="protocol")


def _refusal(error: ChatError) -> socketio.exceptions.ConnectionRefusedError:
    refusal = connect_error(error)
    return socketio.exceptions.ConnectionRefusedError(refusal["message"], refusal["data"])
