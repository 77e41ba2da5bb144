"""Peewee on the connection that each thread has to PostgreSQL."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, cast

from peewee import PostgresqlDatabase

from server.storage.postgres_connection import Part, RawConnection, connect
from server.storage.postgres_trouble import cause_of
from server.storage.unit import here


class ThreadDatabase(PostgresqlDatabase):
    """Peewee on the connection that each thread has."""

    def __init__(self, address: str) -> None:
        super().__init__(address, prefer_psycopg3=True, autoconnect=False)
        self._parts = threading.local()

    def connect_as(self, part: Part) -> RawConnection:
        """A new connection for the thread at work. Raises psycopg.OperationalError."""
        self.drop()
        self._parts.part = part
        try:
            self.connect()
        except Exception as error:
            raise cause_of(error) from None
        return cast(RawConnection, cast(Any, self).connection())

    def drop(self) -> None:
        """Closes the connection of the thread at work, if there is one."""
        with contextlib.suppress(Exception):
            self.close()

    def _connect(self) -> RawConnection:
        return connect(self.database, self._parts.part)

    def cursor(self, named_cursor: Any = None) -> Any:
        connection = getattr(here, "connection", None)
        if connection is not None:
            connection.flush()
        return super().cursor(named_cursor)  # type: ignore[no-untyped-call]
