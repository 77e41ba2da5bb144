"""The messages that somebody looks for, among those that they may see now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from server.protocol import chat
from server.protocol.base import MAX_SAFE_INTEGER
from server.records import StoredFile
from server.storage import files, followers, log, membership
from server.storage.search import hits
from server.storage.search.folding import folded
from server.storage.search.index import FOLLOWER, Key, words
from server.storage.search.queries import Phrase, Token
from server.storage.search.wanted import Row, Wanted, has, sender
from server.storage.unit import fetch_all, wanted

MOST_LOOKED_AT = 4000
"""So many messages are looked at for one page; one that is not full by then says where to go on."""
BEST_OF = 300
"""The best are chosen among so many of the newest."""
FEW = 100_000
"""Who may see no more messages than that has them looked up by their conversations."""
MOST_PLACES = 400
CLOCKS_MS = 86_400_000
"""So far the clocks of a deployment may have been wrong: times follow the log's order that well."""
BEHIND = 500
"""Entries that the index may be behind before whoever searches hears of it."""
_FIRST_PAGE = 64
_LONGEST_PAGE = 1000
_MINE = (
    "select me.conversation_id, c.head_seq from membership me join conversation c on c.id = me.conversation_id "
    "where me.account_id = ?"
)
_NAMES = (
    "select conversation_id, message_seq, name from wanted "
    "cross join file where conversation_id = in_conversation and message_seq = of_seq and place >= 0 order by place"
)

Cursor = tuple[int, int]
"""Where a page begins: below which id, and behind how many of the best."""
START = (MAX_SAFE_INTEGER, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody asks for; see ``SearchMessages``."""

    account_id: int
    phrases: Sequence[Phrase]
    conversation_id: int | None
    from_id: int | None
    after: int | None
    before: int | None
    has: str | None
    best_first: bool
    limit: int
    now: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A message that has everything; ``spelled``: its text and the names of its files, folded."""

    row: Row
    spelled: Sequence[str]


def search(asked: Search, cursor: Cursor = START) -> tuple[list[chat.SearchHit], Cursor | None, bool]:
    """A page of hits, where the next one begins if there may be more, and whether the index knows everything yet.

    Raises NotFound when the conversation is none of theirs.
    """
    is_complete = followers.position_of(FOLLOWER) >= log.last_position() - BEHIND
    below, skipped = cursor
    request = _request(asked)
    if request is None:
        return [], None, is_complete
    below = min(below, _position_since(asked.before + CLOCKS_MS)) if asked.before is not None else below
    if asked.best_first and asked.phrases:
        if below == MAX_SAFE_INTEGER:
            below = log.last_position() + 1
        ranked = _ranked(_collect(request, asked.phrases, below, BEST_OF)[0], asked)
        page = ranked[skipped : skipped + asked.limit]
        more = len(ranked) > skipped + len(page)
        return _shown(page, asked.phrases), (below, skipped + len(page)) if more else None, is_complete
    found, next_below = _collect(request, asked.phrases, below, asked.limit + 1)
    page = found[: asked.limit]
    if len(found) > len(page):
        next_below = page[-1].row[0]
    return _shown(page, asked.phrases), (next_below, 0) if next_below is not None else None, is_complete


def _request(asked: Search) -> Wanted | None:
    """What the index is asked; None when there is nothing that it could find."""
    if asked.conversation_id is not None:
        membership.of(asked.conversation_id, asked.account_id)
        places: Collection[int] = (asked.conversation_id,)
    else:
        mine = fetch_all(_MINE, (asked.account_id,))
        if not mine:
            return None
        is_few = sum(head for _, head in mine) <= FEW and len(mine) <= MOST_PLACES
        places = sorted(row[0] for row in mine) if is_few else ()
    tokens: set[Token] = set().union(*(phrase.tokens for phrase in asked.phrases))
    if asked.from_id is not None:
        tokens.add(Token(sender(asked.from_id)))
    if asked.has is not None:
        tokens.add(Token(has(asked.has)))
    after = asked.after or 0
    return Wanted(
        account_id=asked.account_id,
        tokens=tokens,
        places=places,
        after=after,
        before=MAX_SAFE_INTEGER if asked.before is None else asked.before,
        lowest=_position_since(after - CLOCKS_MS) if after > CLOCKS_MS else 0,
    )


def _position_since(at: int) -> int:
    """About the position of the first entry that was written at that time or later, as far as clocks were right."""
    low, high = 1, log.last_position() + 1
    while low < high:
        middle = (low + high) // 2
        rows = fetch_all("select position, at from entry where position >= ? order by position limit 1", (middle,))
        if rows and rows[0][1] < at:
            low = rows[0][0] + 1
        else:
            high = middle
    return low


def _collect(request: Wanted, phrases: Sequence[Phrase], below: int, count: int) -> tuple[list[_Found], int | None]:
    """The newest before ``below`` that have everything, and below which id there may be more."""
    found: list[_Found] = []
    looked_at, size = 0, max(_FIRST_PAGE, count)
    while True:
        rows = words().candidates(request, below, size)
        names = _names([(row[1], row[2]) for row in rows if row[7]])
        for row in rows:
            below = row[0]
            if row[6] is None:
                continue
            own = names.get((row[1], row[2]), [])
            # The text of now: the index may be a moment behind it, and knows no places.
            spelled = [folded(text) for text in (row[6], *own)] if phrases else []
            if hits.has_all(spelled, phrases):
                found.append(_Found(row, spelled))
                if len(found) == count:
                    return found, below
        looked_at += len(rows)
        if len(rows) < size:
            return found, None
        if looked_at >= MOST_LOOKED_AT:
            return found, below
        size = min(4 * size, _LONGEST_PAGE)


def _ranked(found: Iterable[_Found], asked: Search) -> list[_Found]:
    scores = hits.Scores(asked.phrases, asked.now)
    return sorted(found, key=lambda one: (scores.of(one.spelled, one.row[4]), one.row[0]), reverse=True)


def _shown(found: Sequence[_Found], phrases: Sequence[Phrase]) -> list[chat.SearchHit]:
    attached = _files([(one.row[1], one.row[2]) for one in found if one.row[7]])
    return [hits.hit(one.row, attached.get((one.row[1], one.row[2]), []), phrases) for one in found]


def _names(keys: Sequence[Key]) -> dict[Key, list[str]]:
    names: dict[Key, list[str]] = {}
    if keys:
        begin, parameters = wanted("in_conversation, of_seq", keys)
        for conversation_id, seq, name in fetch_all(f"{begin} {_NAMES}", parameters):
            names.setdefault((conversation_id, seq), []).append(name)
    return names


def _files(keys: Iterable[Key]) -> dict[Key, list[StoredFile]]:
    by_conversation: dict[int, list[int]] = {}
    for conversation_id, seq in keys:
        by_conversation.setdefault(conversation_id, []).append(seq)
    return {
        (conversation_id, seq): stored
        for conversation_id, seqs in by_conversation.items()
        for seq, stored in files.of_messages(conversation_id, seqs).items()
    }
