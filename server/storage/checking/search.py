"""The index for search beside the messages: each with the words of its text, and nothing of any other."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from server.storage import followers
from server.storage.checking.findings import Finding, Findings, Sink, Tell, at
from server.storage.checking.opened import is_sqlite
from server.storage.checking.walks import PAGE, Row, walk
from server.storage.search import index
from server.storage.unit import fetch_all

SAMPLED = 97
"""One of so many messages is looked for by its words."""
_MESSAGES = (
    "select conversation_id, seq, deleted_at is null from message where (conversation_id, seq) > (?, ?) "
    "order by conversation_id, seq"
)
_OF_NONE = (
    "select s.id, s.conversation_id, s.seq, {words} from search_message s where not exists "
    "(select 1 from message m where m.conversation_id = s.conversation_id and m.seq = s.seq) order by s.id"
)
_CHANGED_SINCE = (
    "select 1 from entry where conversation_id = ? and position > ? and (seq = ? or target_seq = ?) limit 1"
)


@dataclass(slots=True)
class _Tally:
    """So many words, and a sum over them: the same for two lists of words, in whatever order they are."""

    count: int = 0
    total: int = 0

    def add(self, words: Iterable[str], times: int = 1) -> None:
        for word in words:
            self.count += times
            self.total += times * zlib.crc32(word.encode())


def check_search(found: Findings, sink: Sink, tell: Tell) -> None:
    """Looks whether each message is in the index with all its words, and nothing else; what the follower has not come
    to yet is left out.
    """
    position = followers.position_of(index.FOLLOWER)
    stored = _Tally()
    messages = walk(_MESSAGES, (0, 0), lambda row: row[:2], lambda count: tell("search", count))
    while page := list(islice(messages, PAGE)):
        for finding in _page(found, page, position, stored):
            sink(finding)
    for id_, conversation_id, seq, words in fetch_all(_OF_NONE.format(words=index.words().STORED)):
        stored.add(words.split())
        said = f"{at(conversation_id, seq)}it can be found by search, but there is no such message."
        sink(Finding("search", said, tuple(index.words().removal(id_, words))))
    if is_sqlite():
        _check_fts(sink, stored)


def _page(found: Findings, page: Sequence[Row], position: int, stored: _Tally) -> Iterator[Finding]:
    indexed = {(row[1], row[2]): row for row in index.stored([(row[0], row[1]) for row in page])}
    standing = [(row[0], row[1]) for row in page if row[2]]
    should = {(row[1], row[2]): row for row in index.expected(standing).values()} if standing else {}
    if looked_at := sum(row[0] <= position for row in should.values()):
        found.looked("search", looked_at)
    for conversation_id, seq, _ in page:
        key = conversation_id, seq
        is_there, wanted = indexed.get(key), should.get(key)
        if is_there:
            stored.add(is_there[3].split())
        if _is_same(is_there, wanted) or _is_to_come(key, wanted, position):
            continue
        words = index.words()
        mends = [
            *(words.removal(is_there[0], is_there[3]) if is_there else ()),
            *(words.addition(wanted) if wanted else ()),
        ]
        yield Finding("search", at(*key) + _sentence(is_there, wanted), tuple(mends))


def _is_same(is_there: index.Indexed | None, wanted: index.Indexed | None) -> bool:
    if is_there is None or wanted is None:
        return is_there is wanted
    return is_there[0] == wanted[0] and set(is_there[3].split()) == set(wanted[3].split())


def _is_to_come(key: index.Key, wanted: index.Indexed | None, position: int) -> bool:
    """Whether the follower has not read yet what makes the difference."""
    if wanted is not None and wanted[0] > position:
        return True
    return bool(fetch_all(_CHANGED_SINCE, (key[0], position, key[1], key[1])))


def _sentence(is_there: index.Indexed | None, wanted: index.Indexed | None) -> str:
    if is_there is None:
        return "it cannot be found by search."
    if wanted is None:
        return "deleted, its words are still in the index for search."
    return "the index for search has other words than the message."


def _check_fts(sink: Sink, stored: _Tally) -> None:
    """Whether FTS5 has all the words of ``search_message`` and no others, each as often; and some at their places."""
    held = _Tally()
    for word, times in fetch_all("select term, doc from search_vocabulary"):
        held.add([word], times)
    sample = fetch_all(f"select id, words from search_message where id % {SAMPLED} = 0")
    if held != stored or not all(_is_held(id_, words) for id_, words in sample):
        said = "The index for search does not have the words that it was given."
        sink(Finding("search", said, (("insert into search_words (search_words) values ('rebuild')", ()),)))


def _is_held(id_: int, words: str) -> bool:
    query = " AND ".join(f'"{word}"' for word in words.split()[:50])
    return bool(fetch_all("select 1 from search_words where search_words match ? and rowid = ?", (query, id_)))
