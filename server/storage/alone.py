"""A SQLite file that this process alone has open."""

from __future__ import annotations

import sqlite3

PATIENCE_S = 2.0
"""So long a command beside it, like `madang account list`, may still be at work."""


class OpenElsewhere(Exception):
    """Another program has the file open."""


def hold(connection: sqlite3.Connection) -> None:
    """Takes the file for this connection until it is closed, and begins a transaction; to be done first of all.

    In this mode SQLite needs the lock that every open connection has a share of, also one that does nothing at the
    moment: so a server that runs is noticed, and none can start meanwhile. Raises OpenElsewhere, or sqlite3.Error.
    """
    connection.execute("pragma locking_mode = exclusive")
    try:
        connection.execute("begin exclusive")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise OpenElsewhere from None
        raise
