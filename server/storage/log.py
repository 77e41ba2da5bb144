"""The conversation log: append, read, redact. Everything else in the database follows from it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from peewee import fn

from server import records
from server.storage.models import Conversation, Entry
from server.storage.unit import among, announce, execute_many, fetch_all, here, several_write

SALT_BYTES = 16
_COLUMNS = "position, conversation_id, seq, kind, actor_id, at, data, target_seq"
_INSERT = (
    "insert into entry (position, conversation_id, seq, kind, actor_id, at, target_seq, data, salt, body_hash) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def append(
    conversation_id: int, kind: str, actor_id: int, at: int, data: msgspec.Struct, target_seq: int | None = None
) -> records.Entry:
    """The next entry of a conversation, written, its head moved, and announced."""
    query = (
        Conversation.update(head_seq=Conversation.head_seq + 1)
        .where(Conversation.id == conversation_id)
        .returning(Conversation.head_seq)
    )
    [head] = query.tuples().execute()
    entry = records.Entry(
        position_before() + 1, conversation_id, head[0], kind, actor_id, at, msgspec.json.encode(data), target_seq
    )
    insert([entry])
    return entry


def insert(entries: Sequence[records.Entry]) -> None:
    """Writes entries that already have their place, and announces them. The caller has moved the heads.

    Where several processes write, they are written at the end of the transaction and get their positions there.
    """
    if several_write():
        here.entries.extend(entries)
    else:
        execute_many(_INSERT, rows(entries))
    announce(*entries)


def rows(entries: Sequence[records.Entry]) -> list[tuple[Any, ...]]:
    """The entries as the table has them, salted and hashed; ``position`` comes first."""
    # The system is asked for randomness once: each time is a call into the kernel.
    salts = secrets.token_bytes(SALT_BYTES * len(entries))
    starts = range(0, len(salts), SALT_BYTES)
    return [_row(entry, salts[at : at + SALT_BYTES]) for entry, at in zip(entries, starts, strict=True)]


def position_before() -> int:
    """The position behind which a write's next entry comes.

    Right for one writer: entries are never removed, so no number comes again. Where several processes write, it is
    known only when the transaction ends; 0 until then.
    """
    return 0 if several_write() else last_position()


def last_position() -> int:
    """The position of the newest entry; 0 in an empty log."""
    return int(fetch_all("select coalesce(max(position), 0) from entry")[0][0])


def read(conversation_id: int, after_seq: int, from_seq: int, limit: int) -> list[records.Entry]:
    """At most ``limit`` entries of a conversation after ``after_seq``, none before ``from_seq``, oldest first."""
    rows = fetch_all(
        f"select {_COLUMNS} from entry where conversation_id = ? and seq > ? and seq >= ? order by seq limit ?",
        (conversation_id, after_seq, from_seq, limit),
    )
    return [_record(row) for row in rows]


def read_after(position: int, limit: int) -> list[records.Entry]:
    """At most ``limit`` entries of all conversations after ``position``, in commit order."""
    rows = fetch_all(f"select {_COLUMNS} from entry where position > ? order by position limit ?", (position, limit))
    return [_record(row) for row in rows]


def at(positions: Iterable[int]) -> list[records.Entry]:
    """The entries at these positions, in commit order."""
    these, parameters = among("position", positions)
    return [
        _record(row) for row in fetch_all(f"select {_COLUMNS} from entry where {these} order by position", parameters)
    ]


def newest_about(conversation_id: int, target_seq: int, *kinds: str) -> int | None:
    """The ``seq`` of the last entry of these kinds that has changed a message; None if there is none."""
    rows = fetch_all(
        f"select max(seq) from entry where conversation_id = ? and target_seq = ? "
        f"and kind in ({', '.join('?' * len(kinds))})",
        (conversation_id, target_seq, *kinds),
    )
    return None if rows[0][0] is None else int(rows[0][0])


def heads_after(position: int) -> tuple[int, dict[int, int]]:
    """The newest position, and the newest ``seq`` of each conversation that was written to after ``position``."""
    rows = (
        Entry.select(Entry.conversation_id, fn.MAX(Entry.seq), fn.MAX(Entry.position))
        .where(Entry.position > position)
        .group_by(Entry.conversation_id)
        .tuples()
    )
    found: list[tuple[int, int, int]] = list(rows)  # type: ignore[arg-type]
    return max((row[2] for row in found), default=position), {row[0]: row[1] for row in found}


def redact(conversation_id: int, seq: int) -> None:
    """Takes a deleted message's words out of the log: its own entry, its edits, its cards, and quotes of it.

    The salts go too, so that the hashes that stay behind say nothing about the words.
    """
    query = Entry.select().where(
        (Entry.conversation_id == conversation_id)
        & ((Entry.seq == seq) | ((Entry.target_seq == seq) & Entry.kind.in_(("message_edited", "previews_changed"))))
    )
    for entry in query:
        _rewrite(entry, _without_words)


def redact_quotes(conversation_id: int, quoting: Iterable[int]) -> None:
    """Empties the excerpt in the messages ``quoting``, which answer a deleted one, and takes their salts.

    The rest of such a message is still there to be read: with its salt, the hash would tell whether a guess of
    the excerpt is right.
    """
    query = Entry.select().where((Entry.conversation_id == conversation_id) & Entry.seq.in_(list(quoting)))
    for entry in query:
        _rewrite(entry, _without_excerpt)


def _without_words(data: dict[str, Any]) -> None:
    data.update(
        {name: "" if name == "text" else [] for name in ("text", "attachments", "mentions", "previews") if name in data}
    )
    _without_excerpt(data)


def _without_excerpt(data: dict[str, Any]) -> None:
    if "reply_to" in data:
        data["reply_to"]["excerpt"] = ""


def _rewrite(entry: Entry, change: Any) -> None:
    data = msgspec.json.decode(entry.data)
    change(data)
    Entry.update(data=msgspec.json.encode(data).decode(), salt=None).where(Entry.position == entry.position).execute()


def _row(entry: records.Entry, salt: bytes) -> tuple[Any, ...]:
    return (
        entry.position,
        entry.conversation_id,
        entry.seq,
        entry.kind,
        entry.actor_id,
        entry.at,
        entry.target_seq,
        entry.data.decode(),
        salt,
        hashlib.blake2b(entry.data, key=salt, digest_size=16).digest(),
    )


def _record(row: tuple[Any, ...]) -> records.Entry:
    position, conversation_id, seq, kind, actor_id, at, data, target_seq = row
    return records.Entry(position, conversation_id, seq, kind, actor_id, at, data.encode(), target_seq)
