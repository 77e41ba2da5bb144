"""The index of messages: which are in it, and with which words, whatever kind of database it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from server.storage.search import postgres_words, sqlite_words
from server.storage.search.wanted import Row, Statement, Wanted, has, place, sender
from server.storage.search.words import words_of
from server.storage.unit import fetch_all, several_write, wanted

FOLLOWER = "search_index"
"""Who writes it, from the log; see ``server.followers.search_index``."""
VERSION = 1
"""Of the words that are made of a text: with another one everything is indexed anew."""

Key = tuple[int, int]
"""A message: its conversation and its ``seq``."""
Indexed = tuple[int, int, int, str]
"""A message in the index: its id, which is its position in the log, its conversation and ``seq``, and its words."""

_LINK = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_MESSAGES = (
    "select e.position, m.conversation_id, m.seq, m.sender_id, m.text, m.file_count, m.pinned_at is not null "
    "from wanted cross join message m cross join entry e where m.conversation_id = in_conversation and m.seq = of_seq "
    "and m.deleted_at is null and e.conversation_id = in_conversation and e.seq = of_seq"
)
_FILES = (
    "select conversation_id, message_seq, name, media_type from wanted "
    "cross join file where conversation_id = in_conversation and message_seq = of_seq and place >= 0 order by place"
)


class Words(Protocol):
    """What each kind of database has for it."""

    NAME: str
    """Of the kind of index."""
    STORED: str
    """The words of a row ``s`` of ``search_message``, parted by spaces, in any order."""

    def add(self, rows: Sequence[Indexed]) -> None:
        """Takes messages in that are not there."""

    def remove(self, rows: Sequence[tuple[int, str]]) -> None:
        """Forgets messages, given by id and words as they are there."""

    def addition(self, row: Indexed) -> list[Statement]:
        """The statements that take a message in, one by one."""

    def removal(self, id_: int, words: str) -> list[Statement]:
        """The statements that forget one."""

    def clear(self) -> None:
        """Forgets everything."""

    def tidy(self, pages: int, *, begin: bool) -> bool:
        """Writes about so many pages anew, without what was removed; false when nothing is left to do."""

    def candidates(self, asked: Wanted, below: int, limit: int) -> list[Row]:
        """At most ``limit`` messages with all the words, from the newest before ``below`` on."""


def words() -> Words:
    """What the open database has."""
    if several_write():
        return postgres_words
    return sqlite_words


def refresh(keys: Collection[Key]) -> int:
    """Puts these messages into the index as they are now, and takes out those that are gone. How many have changed."""
    if not keys:
        return 0
    should = expected(keys)
    obsolete: list[tuple[int, str]] = []
    for id_, _, _, held in stored(keys):
        if id_ in should and set(should[id_][3].split()) == set(held.split()):
            del should[id_]
        else:
            obsolete.append((id_, held))
    if obsolete:
        words().remove(obsolete)
    if should:
        # In their order: FTS5 writes a part of its own whenever the next one is older.
        words().add(sorted(should.values()))
    return len(obsolete) + len(should)


def expected(keys: Iterable[Key]) -> dict[int, Indexed]:
    """What is to be in the index of these messages, by id; nothing of deleted ones."""
    begin, parameters = wanted("in_conversation, of_seq", keys)
    rows = fetch_all(f"{begin} {_MESSAGES}", parameters)
    files: dict[Key, list[tuple[str, str]]] = {}
    if with_files := [(row[1], row[2]) for row in rows if row[5]]:
        begin, parameters = wanted("in_conversation, of_seq", with_files)
        for conversation_id, seq, name, media_type in fetch_all(f"{begin} {_FILES}", parameters):
            files.setdefault((conversation_id, seq), []).append((name, media_type))
    return {
        id_: (
            id_,
            conversation_id,
            seq,
            _words(conversation_id, sender_id, text, files.get((conversation_id, seq), []), is_pinned),
        )
        for id_, conversation_id, seq, sender_id, text, _, is_pinned in rows
    }


def stored(keys: Iterable[Key]) -> list[Indexed]:
    """What is in the index of these messages; the words are in any order."""
    begin, parameters = wanted("in_conversation, of_seq", keys)
    rows = fetch_all(
        f"{begin} select s.id, s.conversation_id, s.seq, {words().STORED} from wanted "
        "cross join search_message s where s.conversation_id = in_conversation and s.seq = of_seq",
        parameters,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _words(conversation_id: int, sender_id: int, text: str, files: Sequence[tuple[str, str]], is_pinned: bool) -> str:
    found = words_of(text, *(name for name, _ in files))
    found.update((place(conversation_id), sender(sender_id)))
    if _LINK.search(text):
        found.add(has("link"))
    if is_pinned:
        found.add(has("pin"))
    if files:
        found.add(has("file"))
    if any(media_type.startswith("image/") for _, media_type in files):
        found.add(has("image"))
    return " ".join(sorted(found))


def tidy(pages: int, begin: bool) -> bool:
    """See ``Words.tidy``; for a write."""
    return words().tidy(pages, begin=begin)
