"""What is asked of the index, in words that both kinds of database share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from server.storage.search.queries import Token

Row = tuple[Any, ...]
"""A message that may be a hit: see ``ROW``; without text it is none."""

Statement = tuple[str, tuple[Any, ...]]
"""A text with ``?`` for each parameter, and the parameters."""

ROW = "s.id, s.conversation_id, s.seq, m.sender_id, m.sent_at, m.edited_at, m.text, m.file_count"
# Asked in the same moment as the index, which may be behind: who belongs now, and what has been deleted.
MEMBER = (
    "join membership me on me.conversation_id = s.conversation_id and me.account_id = ? "
    "and me.history_from_seq <= s.seq"
)
MESSAGE = "join message m on m.conversation_id = s.conversation_id and m.seq = s.seq and m.deleted_at is null"
IN_TIME = "m.sent_at >= ? and m.sent_at < ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Messages that have all ``tokens``, that ``account_id`` may see, and that were sent in time, ``before`` left out.

    Of ``places``, if any are named: conversations that have all of them. None is older than ``lowest``, an id.
    """

    account_id: int
    tokens: Collection[Token]
    places: Collection[int]
    after: int
    before: int
    lowest: int


# Words that no text can have: what a message is, for filters.


def place(conversation_id: int) -> str:
    """Of every message of a conversation."""
    return f"_c{conversation_id}"


def sender(account_id: int) -> str:
    """Of every message of somebody."""
    return f"_f{account_id}"


def has(what: str) -> str:
    """Of every message with an image, a file, a link or a pin."""
    return f"_h{what}"
