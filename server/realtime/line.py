"""One connection to Redis. TLS and signing in are redis-py's; replies are read many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import hiredis
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Command = tuple[bytes | str, ...]

TROUBLE = (RedisError, OSError, EOFError, TimeoutError, hiredis.ProtocolError)
"""What may go wrong between us and Redis; whoever meets one opens another line."""

_CHUNK = 65536
_pack: Any = hiredis.pack_command  # its own types know commands of one word


def words_for(error: BaseException) -> str:
    """What went wrong, for the log; redis-py names hosts in it, never a password."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class Line:
    """Commands go out without waiting; ``replies`` come in their order, errors of Redis among them as exceptions."""

    def __init__(self, connection: Any) -> None:
        # Read at the stream itself: a task switch and a timer for each message would cost more than the message.
        self._stream: asyncio.StreamReader = connection._reader
        self._writer: asyncio.StreamWriter = connection._writer
        self._connection = connection  # it closes its stream when it is collected
        self._parser = hiredis.Reader()

    @classmethod
    async def open(cls, url: str, timeout_s: float) -> Line:
        """A connection that is signed in. Raises one of TROUBLE."""
        pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
        connection: Any = pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(timeout_s):
                await connection.connect()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return cls(connection)

    def send(self, commands: Iterable[Command]) -> None:
        """Writes commands, in one piece; that the connection has ended is told by ``replies``."""
        if not self._writer.transport.is_closing():  # uvloop raises then, asyncio does not
            self._writer.write(b"".join(map(_pack, commands)))

    async def replies(self) -> list[Any]:
        """At least one reply. Raises EOFError when the connection has ended."""
        while True:
            data = await self._stream.read(_CHUNK)
            if not data:
                raise EOFError("Redis has closed the connection")
            self._parser.feed(data)
            replies = []
            while (reply := self._parser.gets(False)) is not False:
                replies.append(reply)
            if replies:
                return replies

    def close(self) -> None:
        """Ends at once, whatever is still on the way."""
        self._writer.transport.abort()
        self._connection._reader = self._connection._writer = None  # it would close them once more
