"""What differs after a move is found and named, whatever it is."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path

import psycopg
import pytest

from server.moving import move
from server.storage.moving.comparing import compare
from server.storage.moving.digests import LOG, groups
from server.storage.moving.source import Source
from server.storage.moving.tables import TABLES, Repairs
from server.storage.moving.target import Target
from tests.moving.houses import awkward_house, house, rows_of

_OTHER = {"int4": "4242", "int8": "4242", "bool": 'not "{0}"', "text": "'other'", "bytea": "'other'"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "delete from entry where conversation_id = 2 and seq = 7",
            "entry (conversation_id 2, seq 7) is missing in the target.",
        ),
        (
            "insert into entry select 9000, 3, 900, kind, actor_id, at, target_seq, data, salt, body_hash from entry "
            "where position = 1",
            "entry (conversation_id 3, seq 900) is only in the target.",
        ),
        (
            "update entry set data = data || ' ' where conversation_id = 2 and seq = 3",
            "entry (conversation_id 2, seq 3) differs in data.",
        ),
        (
            "update entry set body_hash = salt, at = at + 1 where conversation_id = 4 and seq > 3",
            "entry (conversation_id 4, seq 4) differs in at, body_hash.",
        ),
        (
            "delete from message where conversation_id = 5",
            "message (conversation_id 5, seq 1) is missing in the target.",
        ),
        (
            "update reaction set active = not active where emoji = 'ä'",
            "reaction (conversation_id 77, target_seq 1, account_id 1, emoji ä) differs in active.",
        ),
        ("delete from server_value", "server_value (name epoch) is missing in the target."),
        ("update account set disabled_at = 0 where id = 1005", "account (id 1005) differs in disabled_at."),
    ],
)
def test_what_somebody_changes_meanwhile_is_named(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    count_on = Target.count_on

    def changed(self: Target) -> None:
        count_on(self)
        with psycopg.connect(postgres_address) as connection:
            connection.execute(change)  # type: ignore[call-overload]

    monkeypatch.setattr(Target, "count_on", changed)
    out = io.StringIO()
    assert not move(f"sqlite:{path}", postgres_address, out=out)
    assert said in out.getvalue().splitlines()
    assert out.getvalue().count("  DIFFERS") == 1
    assert "NOT EQUAL: do not use the target." in out.getvalue()
    # It is looked at again, not called moved; and thrown away when asked to.
    monkeypatch.setattr(Target, "count_on", count_on)
    assert not move(f"sqlite:{path}", postgres_address, out=io.StringIO())
    assert move(f"sqlite:{path}", postgres_address, out=io.StringIO(), anew=True)


def test_no_column_is_forgotten(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    assert move(f"sqlite:{path}", postgres_address, out=io.StringIO())
    looked_at = 0
    with (
        psycopg.connect(postgres_address, autocommit=True) as connection,
        Source(path) as source,
        Target(postgres_address) as target,
    ):
        for table in TABLES:
            for column, kind in zip(table.columns, table.kinds, strict=True):
                row = f'"{table.name}" where ctid = (select max(ctid) from "{table.name}")'
                connection.execute(f"create table kept as select * from {row}")  # type: ignore[call-overload]
                connection.execute(
                    f'update "{table.name}" set "{column}" = {_OTHER[kind].format(column)} '
                    f'where ctid = (select max(ctid) from "{table.name}")'
                )  # type: ignore[call-overload]
                found = compare(source, target, lambda name, rows: None, Repairs())
                assert [one.table.name for one in found if one.different] == [table.name], column
                connection.execute(f"delete from {row}")  # type: ignore[call-overload]
                connection.execute(f'insert into "{table.name}" select * from kept')  # type: ignore[call-overload]
                connection.execute("drop table kept")
                looked_at += 1
        assert not any(one.different for one in compare(source, target, lambda name, rows: None, Repairs()))
    assert looked_at == sum(len(table.columns) for table in TABLES)


def test_the_digest_of_a_log_is_what_the_documents_say(tmp_path: Path) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=2, messages=11)
    [entry] = [table for table in TABLES if table.name == "entry"]
    with Source(path) as source:
        found = {group.conversation_id: group for group in groups(entry, source.ordered(entry, Repairs()))}
    made = hashlib.sha256()
    for row in sorted(rows_of(path, "entry")):
        fields = dict(zip(entry.columns, row, strict=True))
        if fields["conversation_id"] == 2:
            body_hash = base64.b64encode(fields["body_hash"]).decode()
            line = [fields[name] for name in LOG[:-1]] + [body_hash]
            made.update(json.dumps(line, separators=(",", ":")).encode() + b"\n")
    assert found.keys() == {1, 2}
    assert (found[2].log, found[2].count) == (made.hexdigest(), 5)
    assert found[1].log != found[2].log
