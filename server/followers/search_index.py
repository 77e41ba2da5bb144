"""What can be found by search: reads the log, writes the index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from server.records import Entry
from server.storage import followers, server_values
from server.storage.database import Database
from server.storage.search import index

NAME = index.FOLLOWER
_OWN = {"message_created"}
_OTHERS = {"message_edited", "message_deleted", "message_pinned", "message_unpinned"}
"""Entries that change what is to be found of the message that they name."""
_MADE_BY = "search_index"
"""The name of the value that tells with which words, and in which kind of database, the index was made."""
PAGES = 100
PAUSE_S = 0.05


class SearchIndex:
    """Keeps the index as the messages are. ``handle`` is what a ``Follower`` needs."""

    def __init__(self) -> None:
        # Nobody knows what an earlier process has removed.
        self._is_tidy = False

    def handle(self, entries: Sequence[Entry]) -> None:
        """Writes what these entries mean for the index. Runs inside the writer's transaction."""
        keys = concerned(entries)
        if index.refresh(keys):
            self._is_tidy &= not any(entry.kind in _OTHERS for entry in entries)

    async def tidy(self, db: Database) -> None:
        """Takes what has been removed out of the file, too, in small steps that nobody has to wait for."""
        if self._is_tidy:
            return
        self._is_tidy = True
        is_first = True
        while await db.write(index.tidy, PAGES, is_first):
            is_first = False
            await asyncio.sleep(PAUSE_S)


def concerned(entries: Sequence[Entry]) -> set[index.Key]:
    """The messages that these entries are about, and that the index may have to change."""
    keys = {(entry.conversation_id, entry.seq) for entry in entries if entry.kind in _OWN}
    keys.update(
        (entry.conversation_id, entry.target_seq) for entry in entries if entry.kind in _OTHERS and entry.target_seq
    )
    return keys


def begin(anew: bool = False) -> int:
    """Has the index made from the first entry on, if this is not the one that is there, or if ``anew``.

    After an upgrade that makes other words, say, or a move to another kind of database. Runs in a write; returns the
    position up to which it is made.
    """
    # Held, so that no other process writes to it meanwhile.
    position = followers.held_position_of(NAME)
    made_by = f"{index.words().NAME} {index.VERSION}"
    if anew or server_values.find(_MADE_BY) != made_by:
        index.words().clear()
        followers.move_to(NAME, 0)
        server_values.put(_MADE_BY, made_by)
        return 0
    return position
