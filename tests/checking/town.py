"""A large healthy database: many messages, some of them edited, deleted, answered, reacted to."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from server.protocol import chat
from server.storage.appending import Draft
from tests.moving.houses import BEGAN_AT, MEMBERS, SENTENCES, filling, house

RULES = '{"post":"member","invite":"member","mention_all":"admin","history":"all"}'
_BATCH = 20_000
_COLUMNS = {
    "entry": "position, conversation_id, seq, kind, actor_id, at, target_seq, data, salt, body_hash",
    "message": "conversation_id, seq, sender_id, client_id, content_hash, sent_at, text, reply_to_seq, edited_at, "
    "deleted_at, changed_seq, file_count",
    "mention": "conversation_id, seq, account_id",
    "reaction": "conversation_id, target_seq, account_id, emoji, active, seq",
}


def town(path: Path, *, conversations: int, messages: int) -> None:
    """A database with ``messages`` in it, a fifth of them in its first conversation."""
    house(path, conversations=1, messages=0)
    with filling(path) as connection:
        connection.execute("delete from membership")
        connection.execute("delete from conversation")
        connection.executemany(
            "insert into account (id, username, username_key, display_name, search_key, role, account_version, "
            "notification_seq, seen_notification_seq, created_at) values (?, ?, ?, ?, '', 'person', 0, 0, 0, ?)",
            (
                (at, f"person{at}", f"person{at}", f"Person {at}", BEGAN_AT)
                for at in range(MEMBERS + 1, conversations + MEMBERS)
            ),
        )
        _Builder(connection, conversations).build(messages)


class _Builder:
    def __init__(self, connection: sqlite3.Connection, conversations: int) -> None:
        self._connection = connection
        self._conversations = conversations
        self._bytes = random.Random(5).randbytes
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._position = 0
        self._heads = [0] * (conversations + 1)
        self._last = [(0, BEGAN_AT)] * (conversations + 1)
        self._read: dict[tuple[int, int], int] = {}

    def build(self, messages: int) -> None:
        for room in range(1, self._conversations + 1):
            for place in range(MEMBERS):
                self._join(room, room + place, "owner" if place == 0 else "member")
        for number in range(messages):
            room = 1 if number % 5 == 0 else 1 + number % self._conversations
            self._say(room, number)
            if len(self._rows["entry"]) >= _BATCH:
                self._write()
        self._write()
        self._places()

    def _append(
        self, room: int, kind: str, actor: int, body: Any, target: int | None, at: int, *, erased: bool = False
    ) -> int:
        self._position += 1
        self._heads[room] += 1
        data, salt = msgspec.json.encode(body), self._bytes(16)
        body_hash = hashlib.blake2b(data, key=salt, digest_size=16).digest()
        place = (self._position, room, self._heads[room], kind, actor, at, target)
        self._rows["entry"].append((*place, data.decode(), None if erased else salt, body_hash))
        return self._heads[room]

    def _join(self, room: int, account: int, role: Any) -> None:
        by = "self" if role == "owner" else "invite"
        body = chat.MemberChanged(account_id=account, role=role, by=by)  # type: ignore[arg-type]
        self._read[room, account] = self._append(room, "member_added", room, body, None, BEGAN_AT)

    def _say(self, room: int, number: int) -> None:
        at, sender, seq = BEGAN_AT + number, room + number % MEMBERS, self._heads[room] + 1
        is_deleted, is_edited = number % 100 == 7, number % 40 == 3
        text = "" if is_deleted else " ".join(SENTENCES[: 1 + number % 4])
        called = [room + 1] if number % 30 == 11 else []
        body = chat.Message(
            conversation_id=room, seq=seq, client_id=f"{number:020x}", sender_id=sender, sent_at=at, text=text,
            attachments=[], mentions=list(called), reactions=[],
        )  # fmt: skip
        self._append(room, "message_created", sender, body, None, at, erased=is_deleted)
        self._read[room, sender], self._last[room] = seq, (seq, at)
        content_hash = None if is_deleted else Draft(room, body.client_id, text).content_hash()
        changed, edited_at, deleted_at = seq, None, None
        if is_deleted:
            changed, deleted_at = (
                self._append(room, "message_deleted", sender, chat.MessageDeleted(target_seq=seq), seq, at),
                at,
            )
        elif is_edited:
            text, edited_at, called = "Changed", at, []
            edit = chat.MessageEdited(target_seq=seq, text=text, mentions=[], edited_at=at)
            changed = self._append(room, "message_edited", sender, edit, seq, at)
        if number % 20 == 13 and not is_deleted:
            reaction = chat.ReactionChanged(target_seq=seq, emoji="👍")
            self._rows["reaction"].append(
                (room, seq, room, "👍", True, self._append(room, "reaction_added", room, reaction, seq, at))
            )
        self._rows["message"].append(
            (room, seq, sender, body.client_id, content_hash, at, text, None, edited_at, deleted_at, changed, 0)
        )
        self._rows["mention"] += [(room, seq, account) for account in called]

    def _write(self) -> None:
        for table, columns in _COLUMNS.items():
            rows = self._rows.pop(table, [])
            marks = ", ".join("?" * (columns.count(",") + 1))
            self._connection.executemany(f"insert into {table} ({columns}) values ({marks})", rows)

    def _places(self) -> None:
        self._connection.executemany(
            "insert into conversation (id, kind, title, created_by, head_seq, last_message_seq, member_count, rules, "
            "created_at, last_active_at) values (?, 'group', ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    room,
                    f"Room {room}",
                    room,
                    self._heads[room],
                    self._last[room][0],
                    MEMBERS,
                    RULES,
                    BEGAN_AT,
                    self._last[room][1],
                )
                for room in range(1, self._conversations + 1)
            ),
        )
        self._connection.executemany(
            "insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, notify, "
            "pinned, archived) values (?, ?, ?, ?, 1, ?, 'all', 0, 0)",
            self._memberships(),
        )
        self._connection.execute("update follower set position = ?", (self._position,))

    def _memberships(self) -> Iterator[tuple[Any, ...]]:
        for (room, account), read in self._read.items():
            yield room, account, "owner" if account == room else "member", BEGAN_AT, read
