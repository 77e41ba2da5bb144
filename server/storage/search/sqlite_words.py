"""The index on SQLite: FTS5 over the words that we have made ourselves.

It keeps which messages have a word, and no places: those are looked up in the text. The words themselves stand in
``search_message``, from where FTS5 is told what to forget.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.storage.search.queries import Token
from server.storage.search.wanted import IN_TIME, MEMBER, MESSAGE, ROW, Row, Statement, Wanted, place
from server.storage.unit import execute_many, fetch_all

NAME = "fts5"
STORED = "s.words"
_ADD = "insert into search_message (id, conversation_id, seq, words) values (?, ?, ?, ?)"
_ADD_WORDS = "insert into search_words (rowid, words) values (?, ?)"
_REMOVE = "delete from search_message where id = ?"
_REMOVE_WORDS = "insert into search_words (search_words, rowid, words) values ('delete', ?, ?)"
NEWEST = 2000
"""So many messages are looked at one by one for what may be in most of them."""


def add(rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Messages by (id, conversation, seq, words); their ids are not there yet."""
    execute_many(_ADD, rows)
    execute_many(_ADD_WORDS, [(row[0], row[3]) for row in rows])


def remove(rows: Sequence[tuple[int, str]]) -> None:
    """Messages by (id, words), as they were added."""
    execute_many(_REMOVE_WORDS, rows)
    execute_many(_REMOVE, [(row[0],) for row in rows])


def addition(row: tuple[int, int, int, str]) -> list[Statement]:
    """What ``add`` does for one."""
    return [(_ADD, row), (_ADD_WORDS, (row[0], row[3]))]


def removal(id_: int, words: str) -> list[Statement]:
    """What ``remove`` does for one."""
    return [(_REMOVE_WORDS, (id_, words)), (_REMOVE, (id_,))]


def clear() -> None:
    """Forgets everything."""
    fetch_all("insert into search_words (search_words) values ('delete-all')")
    fetch_all("delete from search_message")


def tidy(pages: int, *, begin: bool) -> bool:
    """Writes about so many pages of the index anew, without what was removed; false when nothing is left to do.

    A word that was removed is not found any more, but its bytes stay until the part of the index that has them is
    written anew. ``begin`` takes all parts in hand, the calls that follow go on.
    """
    before = _changes()
    fetch_all("insert into search_words (search_words, rank) values ('merge', ?)", (-pages if begin else pages,))
    return _changes() - before >= 2


def _changes() -> int:
    return int(fetch_all("select total_changes()")[0][0])


def candidates(asked: Wanted, below: int, limit: int) -> list[Row]:
    """Messages that have all that is wanted, from the newest before ``below`` on: the way FTS5 walks by itself."""
    if any(token.is_common for token in asked.tokens) and (found := _newest(asked, below, limit)):
        return found
    terms = [_term(token) for token in sorted(asked.tokens, key=lambda token: token.begins)]
    if asked.places:
        terms.append(f"({' OR '.join(_term(Token(place(one))) for one in asked.places)})")
    if not terms:
        return _ask("search_message s", "s.id", "", [], asked, below, limit)
    source = "search_words w cross join search_message s on s.id = w.rowid"
    return _ask(source, "w.rowid", "w.search_words match ? and", [" AND ".join(terms)], asked, below, limit)


def _newest(asked: Wanted, below: int, limit: int) -> list[Row]:
    """Messages among the newest, when there are enough: FTS5 puts all words together that begin with a letter."""
    source = f"(select * from search_message where id < ? order by id desc limit {NEWEST}) s"
    conditions = "instr(' ' || s.words || ' ', ?) > 0 and " * len(asked.tokens)
    parts = [f" {token.text}" if token.begins else f" {token.text} " for token in asked.tokens]
    found = _ask(source, "s.id", conditions, parts, asked, below, limit, (below,))
    return found if len(found) == limit else []


def _ask(
    source: str,
    id_: str,
    conditions: str,
    parameters: Sequence[str],
    asked: Wanted,
    below: int,
    limit: int,
    first: Sequence[int] = (),
) -> list[Row]:
    return fetch_all(
        f"select {ROW} from {source} cross {MEMBER} cross {MESSAGE} "
        f"where {conditions} {id_} < ? and {id_} >= ? and {IN_TIME} order by {id_} desc limit ?",
        (*first, asked.account_id, *parameters, below, asked.lowest, asked.after, asked.before, limit),
    )


def _term(token: Token) -> str:
    return f'"{token.text}"{" *" if token.begins else ""}'
