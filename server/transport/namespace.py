"""CommandNamespace: a table of commands, strict decoding, and exactly one reply for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import socketio
import structlog

from server.clock import Now
from server.errors import ChatError, Internal, Invalid, Unavailable, Unsupported
from server.logs import log_bug
from server.metrics import Metrics
from server.protocol.base import Command, convert, refuse_binary
from server.protocol.reply import Accepted, Refused, accepted, error_body, refused
from server.realtime.online import Connection, Online
from server.realtime.rooms import account_room
from server.transport.identity import Identity
from server.transport.sockets import SocketServer, Unsound

PROTOCOL = 1
PATIENCE_S = 8.0
"""To find out who connects; while that lasts, the connection's heartbeat is not heard either."""

ByAccount = Callable[[int, Any], Awaitable[Any]]
ByConnection = Callable[[Connection, Any], Awaitable[Any]]
Welcome = Callable[[Connection], Awaitable[None]]

_log = structlog.get_logger(__name__)


class CommandNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """One namespace: who may join, and what they may ask.

    ``commands`` are rules for an account; ``connection_commands`` need the connection itself. Each is
    ``name: (payload type, handler)``. ``welcome(connection)`` runs once the client has its CONNECT reply.
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
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__(namespace)
        self._sockets = sockets
        self._identity = identity
        self._online = online
        self._metrics = metrics
        self._now = now
        self._welcome = welcome
        self._patience_s = patience_s
        self._table: dict[str, tuple[type[Command], ByConnection]] = {
            **{name: (kind, _for_account(handle)) for name, (kind, handle) in commands.items()},
            **connection_commands,
        }

    @property
    def command_names(self) -> frozenset[str]:
        """Everything that may be asked here."""
        return frozenset(self._table)

    async def trigger_event(self, event: str, *arguments: Any) -> Any:
        """The two moments of a connection's life; commands do not come this way."""
        if event == "connect":
            return await self._connect(*arguments)
        if event == "disconnect":
            return self._disconnect(arguments[0])
        return self.server.not_handled

    async def joined(self, sid: str) -> None:
        """Tells a new connection who it is and where it stands."""
        connection = self._online.get(sid)
        if connection is None:
            return
        try:
            await self._welcome(connection)
        except Exception as error:
            if self._online.get(sid) is None:
                return
            log_bug(_log, "welcoming a connection failed", error, namespace=self.namespace)
            await self._sockets.end_connection(sid, self.namespace)

    async def command(self, sid: str, name: str, arguments: Sequence[Any]) -> Accepted | Refused:
        """Does what a client asks and returns the one reply, bugs included."""
        started = time.perf_counter()
        outcome = "ok"
        try:
            connection = self._online.get(sid)
            if connection is None:
                raise Unavailable("This connection is closing.")
            return accepted(await self._run(connection, name, arguments))
        except ChatError as error:
            outcome = error.code
            return refused(error)
        except Exception as error:
            outcome = "internal"
            log_bug(_log, "a command failed", error, namespace=self.namespace, command=name)
            return refused(Internal("Something went wrong on the server. It has been noted."))
        finally:
            known = name if name in self._table else "unknown"
            self._metrics.command(self.namespace, known, outcome, time.perf_counter() - started)

    async def _run(self, connection: Connection, name: str, arguments: Sequence[Any]) -> Any:
        if name not in self._table:
            raise Unsupported(f"There is no command `{name[:64]}` here.")
        for argument in arguments:
            if isinstance(argument, Unsound):
                raise argument.error
        refuse_binary(list(arguments))
        if len(arguments) != 1 or not isinstance(arguments[0], dict):
            raise Invalid("A command takes one object.")
        kind, handle = self._table[name]
        return await handle(connection, convert(arguments[0], kind))

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any) -> None:
        try:
            _check_protocol(auth)
            async with asyncio.timeout(self._patience_s):
                signed_in = await self._identity.of_handshake(
                    auth, environ.get("HTTP_COOKIE"), environ.get("HTTP_ORIGIN")
                )
        except ChatError as error:
            raise _refusal(error) from None
        except Exception as error:
            log_bug(_log, "a handshake failed", error, namespace=self.namespace)
            raise _refusal(Unavailable("The server cannot tell who you are just now. Try again.")) from None
        connection = Connection(sid, self.namespace, signed_in.account.id, signed_in.session.id, self._now())
        self._online.add(connection)
        self._metrics.connected(self.namespace)
        await self.enter_room(sid, account_room(signed_in.account.id))

    def _disconnect(self, sid: str) -> None:
        if self._online.remove(sid) is not None:
            self._metrics.disconnected(self.namespace)


def _for_account(handle: ByAccount) -> ByConnection:
    async def of_connection(connection: Connection, command: Any) -> Any:
        return await handle(connection.account_id, command)

    return of_connection


def _check_protocol(auth: Any) -> None:
    asked = auth.get("protocol", PROTOCOL) if isinstance(auth, dict) else PROTOCOL
    if asked != PROTOCOL:
        raise Unsupported(f"This server speaks protocol {PROTOCOL}.", field="protocol")


def _refusal(error: ChatError) -> socketio.exceptions.ConnectionRefusedError:
    """The library sends it as ``connect_error``: the code as its message, the error object as its data."""
    return socketio.exceptions.ConnectionRefusedError(error.code, error_body(error))
