"""Embedded databases to be moved: one that is large, one with everything in it that is awkward."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from server.protocol import chat
from server.storage import server_values
from server.storage.database import Database

EPOCH = "0123456789abcdef"
BEGAN_AT = 1_700_000_000_000
MEMBERS = 8
_ENTRY = (
    "insert into entry (position, conversation_id, seq, kind, actor_id, at, target_seq, data, salt, body_hash) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LARGEST = 2**63 - 1
AWKWARD = [
    "", " ", "점심 먹자 🍊", "👩‍👩‍👧‍👦\u200d\ufe0f", "tab\tline\nreturn\r\x01\x1b\x7f\u0085\u2028",
    "back\\slash \\N \\x00 \\.", "'\"`;--",
    "e\u0301 ﬁ ﷽ \u202e\ufeff", '{"a":1}', "\U0010ffff\ud7ff\ue000", "ß" * 4000,
]  # fmt: skip
SENTENCES = [
    "Shall we eat together?",
    "오늘 저녁에 뭐 먹을까요?",
    "The build is green again. 🎉",
    "明日の会議は十時からです。",
]


def house(path: Path, *, conversations: int, messages: int) -> None:
    """A database in which ``messages`` were said, in turn in each conversation, each with ``MEMBERS`` people."""
    _tables(path)
    accounts = max(MEMBERS, conversations // 4)
    with filling(path) as connection:
        _people(connection, accounts)
        heads = [messages // conversations + (one < messages % conversations) for one in range(conversations)]
        connection.executemany(
            "insert into conversation (id, kind, title, created_by, head_seq, last_message_seq, member_count, rules, "
            "created_at, last_active_at) values (?, 'group', ?, 1, ?, ?, ?, '{}', ?, ?)",
            ((at + 1, f"Room {at + 1}", head, head, MEMBERS, BEGAN_AT, BEGAN_AT) for at, head in enumerate(heads)),
        )
        connection.executemany(
            "insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, notify, "
            "pinned, archived) values (?, ?, 'member', ?, 1, ?, 'all', ?, 0)",
            (
                (at + 1, _account(at, one, accounts), BEGAN_AT, head, one == 0)
                for at, head in enumerate(heads)
                for one in range(MEMBERS)
            ),
        )
        connection.executemany(_ENTRY, _entries(conversations, messages, accounts))
        connection.execute(
            "insert into message (conversation_id, seq, sender_id, client_id, content_hash, sent_at, text, "
            "changed_seq, file_count) select conversation_id, seq, actor_id, json_extract(data, '$.client_id'), "
            "body_hash, at, json_extract(data, '$.text'), seq, 0 from entry order by position"
        )
        connection.execute("insert into follower values ('notifier', ?)", (messages,))


def awkward_house(path: Path) -> None:
    """A small database with rows in every table, and every kind of value that two databases may see differently."""
    house(path, conversations=5, messages=103)
    with filling(path) as connection:
        connection.executemany(
            "insert into account (id, username, username_key, display_name, search_key, role, password_hash, "
            "picture_file_id, account_version, notification_seq, seen_notification_seq, created_at, disabled_at) "
            "values (?, ?, ?, ?, '', 'person', null, ?, ?, 0, 0, 0, null)",
            [(1000 + at, text, f"{at}{text}", text, LARGEST - at, -at) for at, text in enumerate(AWKWARD)],
        )
        connection.execute("insert into account_change values (1000, 3, 'account_changed', cast('{\"a\": 1}' as blob))")
        connection.executemany(
            "insert into contact values (?, ?, 'sent', ?, ?, null)",
            [(1000 + at, 1, text, LARGEST - at) for at, text in enumerate(AWKWARD)],
        )
        connection.execute("insert into session values (7, 1, x'00ff005c0a', '', 0, 1, ?)", (LARGEST,))
        connection.execute("insert into session values (9, 1, x'', 'phone', 0, 1, 2)")
        connection.execute("insert into invitation values (3, x'00', null, 0, 1, 2147483647)")
        connection.execute("insert into conversation_invite values (3, 1, x'00', 1, 0, 1, 0, null)")
        connection.execute("insert into conversation_removal values (3, 1, ?)", (LARGEST,))
        for at, text in enumerate(AWKWARD):
            client_id, position, seq = f"awkward-{at}", 10_000 + 7 * at, 1 + at
            data = msgspec.json.encode({"text": text, "n": LARGEST})
            # As an old version may have left it: bytes lie in the column for text.
            connection.execute(
                _ENTRY, (position, 77, seq, "message_created", 1, -at, None if at % 2 else seq, data, None, b"")
            )
            connection.execute(
                "insert into message (conversation_id, seq, sender_id, client_id, sent_at, text, changed_seq, "
                "file_count, deleted_at) values (77, ?, 1, ?, 0, ?, ?, 0, ?)",
                (seq, client_id, text, seq, 5 if at == 3 else None),
            )
            connection.execute("insert into mention values (77, ?, 0)", (seq,))
            # Two databases may well disagree about the order of these.
            connection.executemany(
                "insert into reaction values (77, ?, 1, ?, ?, 4)", [(seq, emoji, at % 2) for emoji in "aAbBäÄ👍가나"]
            )
            connection.execute(
                "insert into notification (id, account_id, seq, type, group_key, title, body, url, data, created_at, "
                "count) values (?, 1, ?, 'mention', ?, ?, '', '', '{\"a\" :  1}', 0, 1)",
                (at + 1, at + 1, text, text),
            )
            connection.execute(
                "insert into file (id, account_id, key, name, media_type, size_bytes, created_at, has_thumbnail, "
                "place) values (?, 1, ?, ?, '', 5, 0, 0, 0)",
                (at + 500, f"key{at}", text),
            )
        connection.execute("insert into upload values ('kä', 1, ?, 'filename w6Q=', 0, null)", (LARGEST,))
        connection.execute("insert into notification_rules values (1, '{\"paused_until\":7}')")
        connection.executemany("insert into follower values (?, ?)", [("Notifier", 0), ("ängstlich", LARGEST)])


@contextlib.contextmanager
def filling(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one quick transaction."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma synchronous = off")
        connection.execute("pragma cache_size = -200000")
        yield connection


def rows_of(path: Path, table: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"select * from {table}").fetchall()


def _tables(path: Path) -> None:
    asyncio.run(_opened_once(path))


async def _opened_once(path: Path) -> None:
    db = Database(path)
    await db.open()
    await db.write(server_values.put, "epoch", EPOCH)
    await db.close()


def _people(connection: sqlite3.Connection, count: int) -> None:
    connection.executemany(
        "insert into account (id, username, username_key, display_name, search_key, role, account_version, "
        "notification_seq, seen_notification_seq, created_at) values (?, ?, ?, ?, '', 'person', 0, 0, 0, ?)",
        ((at, f"person{at}", f"person{at}", f"Person {at}", BEGAN_AT) for at in range(1, count + 1)),
    )


def _entries(conversations: int, messages: int, accounts: int) -> Iterator[tuple[Any, ...]]:
    random_bytes = random.Random(5).randbytes
    for at in range(messages):
        room, turn = at % conversations, at // conversations
        body = chat.Message(
            conversation_id=room + 1, seq=turn + 1, client_id=f"{at:020x}", sender_id=_account(room, turn, accounts),
            sent_at=BEGAN_AT + at, text=" ".join(SENTENCES[: 1 + at % 4]), attachments=[], mentions=[], reactions=[],
            reply_to=None,
        )  # fmt: skip
        data, salt = msgspec.json.encode(body), random_bytes(16)
        body_hash = hashlib.blake2b(data, key=salt, digest_size=16).digest()
        kind, sender = "message_created", body.sender_id
        yield at + 1, body.conversation_id, body.seq, kind, sender, body.sent_at, None, data.decode(), salt, body_hash


def _account(room: int, turn: int, accounts: int) -> int:
    return 1 + (room + turn % MEMBERS) % accounts
