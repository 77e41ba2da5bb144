"""Damage that nobody has thought of: whatever stands wherever, a check ends with sentences, and so does a rebuild."""

from __future__ import annotations

import io
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.checking import rebuild
from server.storage.checking.checking import check
from server.storage.moving.tables import TABLES
from tests.checking.copies import FileCopies

SEEDS = range(40)
_NUMBERS = (0, 1, 2, 3, 4, 5, 6, 7, 18, 27, 99, -1, 2**62, None)
_TEXTS = ("", "{}", "[]", "null", "other", "message_created", "message_deleted", '{"reply_to": 5}', "1:x", None)
_BYTES = (b"", b"\x00" * 16, None)


def spoil(path: Path, chance: random.Random) -> list[str]:
    """Does a few things that the tables allow; what it was."""
    done = []
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        while len(done) < 3:
            table = chance.choice(
                [table for table in TABLES if table.name not in ("server_value", "session", "invitation")]
            )
            rows = [row[0] for row in file.execute(f'select rowid from "{table.name}"')]
            if not rows:
                continue
            rowid, at = chance.choice(rows), chance.randrange(len(table.columns))
            kind = table.kinds[at]
            value = chance.choice({"text": _TEXTS, "bytea": _BYTES, "bool": (0, 1)}.get(kind, _NUMBERS))
            sql = f'update or fail "{table.name}" set "{table.columns[at]}" = ? where rowid = ?'
            if chance.random() < 0.25:
                sql, value = f'delete from "{table.name}" where ? is null and rowid = ?', None
            try:
                file.execute(sql, (value, rowid))
            except sqlite3.IntegrityError:
                continue
            done.append(f"{sql} {value!r} {rowid}")
    return done


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_is_wrong_is_told_in_sentences(file_copies: FileCopies, seed: int) -> None:
    with file_copies.copy() as path:
        done = spoil(path, random.Random(seed))
        found = check(path)
        rebuild(path, name="here", out=io.StringIO())
        after = check(path)
        # What can be made anew is, but for what the rest contradicts; and what cannot stays as it was.
        assert after.count <= found.count, (done, found.sentences, after.sentences)
        assert rebuild(path, name="here", out=io.StringIO()) == (after.count == 0)
        assert check(path).sentences == after.sentences, done
