"""A whole database looked at, in one state of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from server.storage.checking import erasure
from server.storage.checking.conversations import check_conversations
from server.storage.checking.entries import check_logs
from server.storage.checking.findings import Finding, Findings, Sink, Tell
from server.storage.checking.opened import as_it_was
from server.storage.checking.rest import check_database, check_rest
from server.storage.checking.search import check_search
from server.storage.unit import fetch_all

_READ = {
    "entry": 2,
    "message": 2,
    "mention": 1,
    "reaction": 1,
    "membership": 1,
    "conversation_removal": 1,
    "conversation": 1,
    "file": 1,
}
"""How often the rows of each table are read."""


def check(database: Path | str, tell: Tell = lambda part, rows: None) -> Findings:
    """Everything that is wrong with the SQLite file, or the PostgreSQL at that address; nothing is changed.

    It is looked at as it was at one moment, so a server may go on writing. Files' bytes are not part of it. It
    blocks: call it from a thread of its own. Raises CannotCheck.
    """
    found = Findings()
    with as_it_was(database):
        look(found, found.add, tell)
    return found


def look(found: Findings, sink: Sink, tell: Tell) -> None:
    """The same on the connection of this thread: ``found`` counts what is looked at, ``sink`` gets what is wrong."""
    try:
        if not check_database(found, sink):
            return
        broken = check_logs(found, sink, tell)
        check_conversations(found, sink, tell, broken)
        erasure.elsewhere(found, sink, tell)
        check_rest(found, sink)
        check_search(found, sink, tell)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        sink(Finding("database", f"The database file cannot be read to its end: {error}."))


def rows_to_read() -> int:
    """About how many rows ``look`` will read; 0 when a damaged file does not say."""
    counts = ", ".join(f'(select count(*) * {times} from "{table}")' for table, times in _READ.items())
    try:
        return sum(fetch_all(f"select {counts}")[0])
    except sqlite3.DatabaseError:
        return 0
