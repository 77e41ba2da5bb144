"""Conversations and memberships that the writer has read, remembered until anything changes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from server import records
from server.errors import NotFound
from server.storage import membership
from server.storage.unit import Query, fetch_each, moment

MOST = 20_000
"""So many memberships are remembered at most: a few megabytes."""


class Known:
    """What one writer knows of places and people.

    ``heads`` are kept up by whoever appends; what the records say of heads and read marks may be behind.
    """

    def __init__(self) -> None:
        self.conversations: dict[int, records.Conversation] = {}
        self.memberships: dict[tuple[int, int], records.Membership] = {}
        self.heads: dict[int, int] = {}

    def of(self, conversation_id: int, account_id: int) -> tuple[records.Conversation, records.Membership]:
        """A conversation and somebody's place in it. Raises NotFound for everybody who does not belong."""
        member = self.memberships.get((conversation_id, account_id))
        if member is None:
            raise NotFound("There is no such conversation.", field="conversation_id")
        return self.conversations[conversation_id], member

    def look_up(self, keys: set[tuple[int, int]], beside: Query) -> list[tuple[Any, ...]]:
        """Reads what is not known yet of these (conversation, account), and the rows of ``beside``."""
        queries = [beside]
        if missing := keys - self.memberships.keys():
            queries.append(membership.memberships_query(missing))
        if unread := {conversation_id for conversation_id, _ in missing} - self.conversations.keys():
            queries.append(membership.conversations_query(unread))
        rows, *answers = fetch_each(*queries)
        if missing:
            self.memberships |= membership.memberships_in(answers[0])
        if unread:
            found = membership.conversations_in(answers[1])
            self.conversations |= found
            self.heads |= {id_: conversation.head_seq for id_, conversation in found.items()}
        return rows


class _Remembered(threading.local):
    known = Known()
    at: object | None = None


_remembered = _Remembered()


@contextlib.contextmanager
def known(keys: Iterable[tuple[int, int]], beside: Query) -> Iterator[tuple[Known, list[tuple[Any, ...]]]]:
    """What is known of these (conversation, account), for a write that changes none of it but the heads; and the
    rows of a query that is asked beside.

    What an earlier write has read is used again if nothing has changed since: not by another piece of this
    process, nor by another process, nor by taking back what had been written.
    """
    at, _remembered.at = _remembered.at, None
    if at is None or at != moment() or len(_remembered.known.memberships) > MOST:
        _remembered.known = Known()
    found = _remembered.known
    yield found, found.look_up(set(keys), beside)
    # Not if the write failed: it has moved heads.
    _remembered.at = moment()
