"""Messages, and what hangs on them, beside the entries that they follow from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from server.protocol import chat
from server.storage.checking import erasure
from server.storage.checking.findings import Finding, Findings, Statement, Tell, at, shown
from server.storage.checking.replay import MESSAGE_COLUMNS, Entry, Standing, standing
from server.storage.checking.walks import Beside, Key, Row, walk
from server.storage.unit import fetch_all

_CHANGES = (
    "select conversation_id, target_seq, seq, position, kind, actor_id, at, data, salt is not null from entry "
    "where target_seq is not null and (conversation_id, target_seq, seq) > (?, ?, ?) "
    "order by conversation_id, target_seq, seq"
)
_MESSAGES = (
    f"select conversation_id, seq, {', '.join(MESSAGE_COLUMNS)} from message "
    "where (conversation_id, seq) > (?, ?) order by conversation_id, seq"
)
_MENTIONS = (
    "select conversation_id, seq, account_id from mention where (conversation_id, seq, account_id) > (?, ?, ?) "
    "order by conversation_id, seq, account_id"
)
_REACTIONS = (
    "select conversation_id, target_seq, account_id, emoji, active, seq from reaction "
    "where (conversation_id, target_seq, account_id, emoji) > (?, ?, ?, ?) "
    "order by conversation_id, target_seq, account_id, emoji"
)
_FILES = (
    "select conversation_id, message_seq, id, place, account_id, name, media_type, size_bytes, width, height, blur, "
    "duration_ms, has_thumbnail from file where conversation_id is not null and message_seq is not null "
    "and (conversation_id, message_seq, id) > (?, ?, ?) "
    "order by conversation_id, message_seq, id"
)
_WORDS = ("text", "content_hash", "previews")
"""What a sentence does not show of a message."""
_INSERT = (
    f"insert into message (conversation_id, seq, {', '.join(MESSAGE_COLUMNS)}) "
    f"values ({', '.join('?' * (len(MESSAGE_COLUMNS) + 2))})"
)


class Messages:
    """What is stored of messages, taken in the order of their places."""

    def __init__(self, found: Findings, tell: Tell) -> None:
        self._found = found

        def beside(part: str, sql: str, columns: int, first: tuple[Any, ...]) -> Beside:
            def read(count: int) -> None:
                tell(part, count)
                if part != "log":  # those have been looked at before
                    found.looked(part, count)

            return Beside(walk(sql, first, lambda row: row[:columns], read), 2)

        self._changes = beside("log", _CHANGES, 3, (0, 0, 0))
        self._messages = beside("messages", _MESSAGES, 2, (0, 0))
        self._mentions = beside("mentions", _MENTIONS, 3, (0, 0, -1))
        self._reactions = beside("reactions", _REACTIONS, 4, (0, 0, 0, ""))
        self._files = beside("attachments", _FILES, 3, (0, 0, 0))

    def beside(self, conversation_id: int, created: Entry) -> Iterator[Finding]:
        """What is wrong with the message that ``created`` has made."""
        key = conversation_id, created.seq
        yield from self.before(key)
        changes = [Entry(*row[2:9]) for row in self._changes.at(key)]
        rows, files = list(self._messages.at(key)), list(self._files.at(key))
        called = [row[2] for row in self._mentions.at(key)]
        reactions = {(row[2], row[3]): (bool(row[4]), row[5]) for row in self._reactions.at(key)}
        try:
            message = standing(created, changes)
        except msgspec.DecodeError:
            return  # said of its entry already
        if message.deletion:
            self._found.looked("deletions", 1)
        yield from erasure.of_message(conversation_id, message, created, changes)
        yield from _row(key, message, rows)
        yield from _mentions(key, message.mentions, called)
        yield from _reactions(key, message.reactions, reactions)
        yield from _files(key, message, files)

    def before(self, key: Key) -> Iterator[Finding]:
        """What nobody has taken that stands before ``key``: it belongs to no message of the log."""
        for row in self._changes.before(key):
            yield Finding("log", f"{at(row[0], row[2])}it changes seq {row[1]}, which is no message.")
        for row in self._messages.before(key):
            # It may be all that is left of what was said.
            yield Finding("messages", f"{at(row[0], row[1])}there is a message, but no entry that created it.")
        for row in self._mentions.before(key):
            said = f"{at(row[0], row[1])}account {row[2]} is called by what is no message."
            where = "conversation_id = ? and seq = ? and account_id = ?"
            yield Finding("mentions", said, ((f"delete from mention where {where}", row[:3]),))
        for row in self._reactions.before(key):
            said = f"{at(row[0], row[1])}account {row[2]} has reacted to what is no message."
            yield Finding("reactions", said, (_without_reaction(row[:2], row[2:4]),))
        for row in self._files.before(key):
            yield Finding("attachments", f"{at(row[0], row[1])}file {row[2]} is attached to what is no message.")


def _row(key: Key, message: Standing, rows: Sequence[Row]) -> Iterator[Finding]:
    here, wanted = at(*key), message.row
    if not rows:
        other = fetch_all(
            "select conversation_id, seq from message where client_id = ? and sender_id = ?", (wanted[1], wanted[0])
        )
        if other:
            said = f"{here}it has the client_id of conversation {other[0][0]}, seq {other[0][1]}, by the same sender."
            yield Finding("messages", said)
        else:
            yield Finding("messages", f"{here}the message is missing.", ((_INSERT, (*key, *wanted)),))
        return
    different = {
        column: (found, expected)
        for column, found, expected in zip(MESSAGE_COLUMNS, rows[0][2:], wanted, strict=True)
        if found != expected
    }
    if not different:
        return
    said = ", ".join(
        f"{column} differs" if column in _WORDS else f"{column} is {shown(found)} and not {shown(expected)}"
        for column, (found, expected) in different.items()
    )
    sets = ", ".join(f"{column} = ?" for column in different)
    values = (*(expected for _, expected in different.values()), *key)
    mend: Statement = (f"update message set {sets} where conversation_id = ? and seq = ?", values)
    if message.deletion and rows[0][6]:
        yield Finding("deletions", f"{here}deleted by seq {message.deletion.seq}, its words are still there.", (mend,))
    else:
        yield Finding("messages", f"{here}the message is not what the log says: {said}.", (mend,))


def _mentions(key: Key, wanted: Sequence[int], found: Sequence[int]) -> Iterator[Finding]:
    if list(wanted) == list(found):
        return
    said = f"{at(*key)}it calls {_listed(found)}, but by the log {_listed(wanted)}."
    mends: list[Statement] = [("delete from mention where conversation_id = ? and seq = ?", key)]
    insert = "insert into mention (conversation_id, seq, account_id) values (?, ?, ?)"
    mends += [(insert, (*key, account_id)) for account_id in wanted]
    yield Finding("mentions", said, tuple(mends))


def _listed(account_ids: Sequence[int]) -> str:
    return ", ".join(f"account {each}" if each else "all" for each in account_ids) or "nobody"


def _reactions(
    key: Key, wanted: dict[tuple[int, str], tuple[bool, int]], found: dict[tuple[int, str], tuple[bool, int]]
) -> Iterator[Finding]:
    if wanted == found:
        return
    insert = (
        "insert into reaction (conversation_id, target_seq, account_id, emoji, active, seq) values (?, ?, ?, ?, ?, ?)"
    )
    for who, emoji in sorted(wanted.keys() | found.keys()):
        should, is_there = wanted.get((who, emoji)), found.get((who, emoji))
        if should == is_there:
            continue
        said = f"{at(*key)}the {emoji} of account {who} {_stands(is_there)}, but by the log {_stands(should)}."
        mends = [_without_reaction(key, (who, emoji))]
        if should is not None:
            mends.append((insert, (*key, who, emoji, *should)))
        yield Finding("reactions", said, tuple(mends))


def _stands(reaction: tuple[bool, int] | None) -> str:
    if reaction is None:
        return "is not known"
    return f"{'stands' if reaction[0] else 'was taken back'} since seq {reaction[1]}"


def _without_reaction(key: Sequence[Any], whose: Sequence[Any]) -> Statement:
    where = "conversation_id = ? and target_seq = ? and account_id = ? and emoji = ?"
    return f"delete from reaction where {where}", (*key, *whose)


def _files(key: Key, message: Standing, rows: Sequence[Row]) -> Iterator[Finding]:
    here = at(*key)
    found = {row[2]: row for row in rows}
    for place, file in message.files:
        row = found.pop(file.id, None)
        if row is None:
            yield _detached(key, place, file)
            continue
        if row[3] != place:
            said = f"{here}file {file.id} is at place {row[3]}, but by the log at {place}."
            mend: Statement = ("update file set place = ? where id = ?", (place, file.id))
            yield Finding("attachments", said, (mend,))
        if _described(row) != _described_by(file):
            yield Finding("attachments", f"{here}file {file.id} is not described as in the log.")
    for file_id in found:
        if message.deletion:
            # As the deletion did it: the server removes bytes that belong to nothing.
            said = f"{here}file {file_id} of the deleted message is still there."
            yield Finding("deletions", said, (("delete from file where id = ?", (file_id,)),))
        else:
            # To take it off would have its bytes removed, and there may be no other copy.
            yield Finding("attachments", f"{here}file {file_id} is attached to it, but not by the log.")


def _detached(key: Key, place: int, file: chat.File) -> Finding:
    rows = fetch_all("select conversation_id, message_seq from file where id = ?", (file.id,))
    if not rows:
        return Finding("attachments", f"{at(*key)}its file {file.id} has no row any more.")
    where = "to nothing" if rows[0][0] is None else f"to conversation {rows[0][0]}, seq {rows[0][1]}"
    said = f"{at(*key)}its file {file.id} is attached {where}."
    mend: Statement = (
        "update file set conversation_id = ?, message_seq = ?, place = ? where id = ?",
        (*key, place, file.id),
    )
    return Finding("attachments", said, (mend,))


def _described(row: Row) -> tuple[Any, ...]:
    return *row[5:12], bool(row[12])


def _described_by(file: chat.File) -> tuple[Any, ...]:
    described = (file.name, file.media_type, file.size_bytes, file.width, file.height, file.blur, file.duration_ms)
    return *described, file.thumbnail_url is not None
