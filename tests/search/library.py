"""Databases of either kind with some thousand sentences in them, made by a few statements and indexed."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server.followers import search_index
from server.storage import followers, log
from server.storage.database import Database
from server.storage.search import index
from server.storage.unit import execute_many, fetch_all
from tests.search.sentences import LANGUAGES, sentences

BEGAN = 1_700_000_000_000
STEP_MS = 60_000
"""Between two messages."""
READER = 1
"""Belongs to every conversation."""
_RULES = '{"post":"member","invite":"member","mention_all":"admin","history":"all"}'
_ACCOUNT = (
    "insert into account (id, username, username_key, display_name, search_key, role, account_version, "
    "notification_seq, seen_notification_seq, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CONVERSATION = (
    "insert into conversation (id, kind, title, created_by, head_seq, last_message_seq, member_count, rules, "
    "created_at, last_active_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MEMBERSHIP = (
    "insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, notify, pinned, "
    "archived) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ENTRY = (
    "insert into entry (position, conversation_id, seq, kind, actor_id, at, target_seq, data, body_hash) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MESSAGE = (
    "insert into message (conversation_id, seq, sender_id, client_id, sent_at, text, changed_seq, file_count) "
    "values (?, ?, ?, ?, ?, ?, ?, ?)"
)
Message = tuple[int, int, str]
"""Conversation, sender, text."""


def everything_said(per_language: int) -> list[str]:
    """The sentences of all languages in turn; some as other keyboards write them, letter by letter or half as wide."""
    said = [list(sentences(language, per_language)) for language in LANGUAGES]
    mixed = [one for together in zip(*said, strict=True) for one in together]
    return [unicodedata.normalize("NFD", text) if place % 10 == 0 else text for place, text in enumerate(mixed)]


class Filler:
    """Fills an open database. The accounts and conversations are there first; positions begin at 1."""

    def __init__(self, people: int, places: int) -> None:
        self.people = people
        self.heads = [0] * (places + 1)
        self._position = 0

    def begin(self) -> None:
        """The accounts. In a write, like everything here."""
        execute_many(
            _ACCOUNT, [(n, f"p{n}", f"p{n}", f"Person {n}", f" p{n}", "person", 0, 0, 0, 1) for n in self._everybody]
        )

    def say(self, messages: Sequence[Message]) -> None:
        """These messages, one after another."""
        entries, rows = [], []
        for conversation_id, sender_id, text in messages:
            self._position += 1
            self.heads[conversation_id] += 1
            seq, at = self.heads[conversation_id], BEGAN + self._position * STEP_MS
            entries.append((self._position, conversation_id, seq, "message_created", sender_id, at, None, "{}", b"x"))
            rows.append((conversation_id, seq, sender_id, f"said-{self._position:09}", at, text, seq, 0))
        execute_many(_ENTRY, entries)
        execute_many(_MESSAGE, rows)

    def end(self, members: Callable[[int], Sequence[int]]) -> None:
        """The conversations, with the members of each."""
        heads = list(enumerate(self.heads))[1:]
        execute_many(
            _CONVERSATION, [(n, "group", f"Place {n}", READER, head, head, 1, _RULES, 1, 1) for n, head in heads]
        )
        execute_many(
            _MEMBERSHIP,
            [(n, who, "member", 1, 1, 0, "all", False, False) for n, _ in heads for who in members(n)],
        )

    @property
    def _everybody(self) -> range:
        return range(1, self.people + 1)


async def index_all(db: Database, batch: int = 500) -> None:
    """What the follower does, as quickly as it can be done."""
    await db.write(search_index.begin, True)
    last = await db.read(log.last_position)
    for after in range(0, last, batch):
        await db.write(_index, after, batch)


def _index(after: int, batch: int) -> None:
    rows = fetch_all(
        "select conversation_id, seq from entry where position > ? order by position limit ?", (after, batch)
    )
    index.refresh([(row[0], row[1]) for row in rows])
    followers.move_to(index.FOLLOWER, after + len(rows))


def filled(place: Path | str, said: Sequence[str], places: int = 6) -> None:
    """Fills a new database with these messages, which person 1 may see, and indexes them."""

    async def fill() -> None:
        db = Database(place)
        await db.open()
        try:
            filler = Filler(3, places)
            await db.write(filler.begin)
            await db.write(filler.say, [(at % places + 1, at % 3 + 1, text) for at, text in enumerate(said)])
            await db.write(filler.end, lambda _: [READER])
            await index_all(db)
        finally:
            await db.close()

    # In a thread of its own: the caller may be on an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, fill()).result()
