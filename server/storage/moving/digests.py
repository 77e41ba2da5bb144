"""Digests of rows: what two copies of a database are compared by.

A digest is the SHA-256 of rows in their order, each a JSON array and a line feed: bytes in base64, no spaces.
A conversation's log has one over the fields that never change, ``LOG``: a deletion leaves it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import msgspec

from server.storage.moving.tables import Row, Table

LOG = ("position", "seq", "kind", "actor_id", "at", "target_seq", "body_hash")
_PIECE = 1 << 16
_encoder = msgspec.json.Encoder()


class Digest:
    """A digest in the making."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._waiting = bytearray()

    def add(self, row: Row) -> None:
        waiting = self._waiting
        _encoder.encode_into(row, waiting, -1)
        waiting += b"\n"
        if len(waiting) > _PIECE:
            self._hash.update(waiting)
            waiting.clear()

    def hex(self) -> str:
        """Of what has been added so far."""
        self._hash.update(self._waiting)
        self._waiting.clear()
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one conversation in a table, or of a whole table; ``log`` only where the table is the log."""

    conversation_id: int | None
    count: int
    rows: str
    log: str | None


def groups(table: Table, rows: Iterator[Row]) -> Iterator[Group]:
    """A group for each conversation, by its id, from rows in the table's order; or one for the whole table."""
    if not table.is_by_conversation:
        yield _group(table, None, rows)
        return
    for conversation_id, some in groupby(rows, itemgetter(table.columns.index("conversation_id"))):
        assert isinstance(conversation_id, int)
        yield _group(table, conversation_id, some)


def _group(table: Table, conversation_id: int | None, rows: Iterator[Row]) -> Group:
    whole = Digest()
    count = 0
    if table.name != "entry":
        for row in rows:
            whole.add(row)
            count += 1
        return Group(conversation_id, count, whole.hex(), None)
    log, fixed = Digest(), itemgetter(*(table.columns.index(name) for name in LOG))
    for row in rows:
        whole.add(row)
        log.add(fixed(row))
        count += 1
    return Group(conversation_id, count, whole.hex(), log.hex())
