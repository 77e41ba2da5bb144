"""The index in PostgreSQL: a GIN over the words that we have made ourselves, without any extension.

It finds all messages that have a word, in no order. Where those may be very many, the newest messages are looked at
one by one first: a word that is in one of a hundred fills a page from these, or tells how far it is worth to go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.storage.search.queries import Token
from server.storage.search.wanted import IN_TIME, MEMBER, MESSAGE, ROW, Row, Statement, Wanted
from server.storage.unit import among, fetch_all, wanted

NAME = "gin"
STORED = "array_to_string(tsvector_to_array(s.words), ' ')"
_MADE = "array_to_tsvector(string_to_array({}, ' '))"
NEWEST = 2048
"""So many messages are looked at one by one first."""


def add(rows: Sequence[tuple[int, int, int, str]]) -> None:
    """Messages by (id, conversation, seq, words); their ids are not there yet."""
    begin, parameters = wanted("id, conversation_id, seq, words", rows)
    made = f"select id, conversation_id, seq, {_MADE.format('words')} from wanted"
    fetch_all(f"{begin} insert into search_message {made}", parameters)


def remove(rows: Sequence[tuple[int, str]]) -> None:
    """Messages by (id, words)."""
    these, parameters = among("id", [row[0] for row in rows])
    fetch_all(f"delete from search_message where {these}", parameters)


def addition(row: tuple[int, int, int, str]) -> list[Statement]:
    """What ``add`` does for one."""
    return [(f"insert into search_message values (?, ?, ?, {_MADE.format('?')})", row)]


def removal(id_: int, words: str) -> list[Statement]:
    """What ``remove`` does for one."""
    return [("delete from search_message where id = ?", (id_,))]


def clear() -> None:
    """Forgets everything."""
    fetch_all("truncate search_message")


def tidy(pages: int, *, begin: bool) -> bool:
    """PostgreSQL does so by itself, by its vacuum; false."""
    return False


def candidates(asked: Wanted, below: int, limit: int) -> list[Row]:
    """Messages that have all that is wanted, from the newest before ``below`` on."""
    found = _ask(asked, *_newest(asked, below, NEWEST), limit)
    if len(found) < limit <= len(found) ** 2:
        # To go on costs the less the more there are, and the index the more; there they cost about the same, in a
        # million messages. In powers of two, so that there are few texts.
        enough = 2 * NEWEST * limit // len(found)
        found = _ask(asked, *_newest(asked, below, 1 << enough.bit_length()), limit)
    return found if len(found) == limit else _ask(asked, *_indexed(asked, below), limit)


def _newest(asked: Wanted, below: int, count: int) -> tuple[str, list[object]]:
    """Those among the newest, of everybody or of the one conversation that is asked for."""
    conditions, order = "id < ? and id >= ?", "id"
    parameters: list[object] = [below, asked.lowest]
    if len(asked.places) == 1:
        conditions, order = f"{conditions} and conversation_id = ?", "seq"
        parameters += asked.places
    newest = f"(select * from search_message where {conditions} order by {order} desc limit {count}) newest"
    has_words = ""
    if asked.tokens:
        has_words = " where words @@ ?::tsquery"
        parameters.append(_query(asked.tokens))
    return f"select id, conversation_id, seq from {newest}{has_words}", parameters


def _indexed(asked: Wanted, below: int) -> tuple[str, list[object]]:
    """All of them."""
    conditions = "id < ? and id >= ?"
    parameters: list[object] = [below, asked.lowest]
    if asked.tokens:
        # Not by their ids: not knowing how many those are, the planner would read through most messages for them.
        conditions = "id + 0 < ? and id + 0 >= ? and words @@ ?::tsquery"
        parameters.append(_query(asked.tokens))
    if asked.places:
        these, places = among("conversation_id", asked.places)
        conditions += f" and {these}"
        parameters += places
    return f"select id, conversation_id, seq from search_message where {conditions}", parameters


def _ask(asked: Wanted, source: str, parameters: Sequence[object], limit: int) -> list[Row]:
    """Of these the newest that somebody may see.

    Each step by itself: the planner would walk from the newest on in the hope of the best, or read all messages for a
    few; and the limit stands in the text, as it would plan for a tenth of the table where it does not know it.
    """
    return fetch_all(
        f"with s as materialized ({source}), "
        f"mine as materialized (select s.* from s {MEMBER} order by s.id desc limit {limit}) "
        f"select {ROW} from mine s left {MESSAGE} and {IN_TIME} order by s.id desc",
        (*parameters, asked.account_id, asked.after, asked.before),
    )


def _query(tokens: Iterable[Token]) -> str:
    return " & ".join(f"'{token.text}'{':*' if token.begins else ''}" for token in tokens)
