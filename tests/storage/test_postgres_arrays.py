"""Arrays arrive at PostgreSQL as they are: every kind, empty, with nulls, and with what only looks like syntax."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from server.storage import postgres_connection
from server.storage.postgres_arrays import ARRAYS

VALUES: dict[str, list[Any]] = {
    "bigint": [0, -1, 2**63 - 1, -(2**63)],
    "integer": [0, -1, 2**31 - 1, -(2**31)],
    "boolean": [True, False],
    "text": ["", "null", '{"a", b}', "back\\slash", "김민준 👍", "line\nbreak"],
    "bytea": [b"", b"\x00\xff", b"\\x41"],
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_what_is_put_in_comes_out(postgres_address: str, kind: str) -> None:
    raw = postgres_connection.connect(postgres_address, postgres_connection.READER)
    values = VALUES[kind]
    for given in ([], values, [None, *values, None], [None]):
        rows = raw.execute(f"select * from unnest(%s::{kind}[])", [ARRAYS[kind](given)])  # type: ignore[call-overload]
        assert [row[0] for row in rows] == given
    raw.close()


def test_nul_is_refused_as_psycopg_refuses_it(postgres_address: str) -> None:
    raw = postgres_connection.connect(postgres_address, postgres_connection.READER)
    with pytest.raises(psycopg.DataError, match="NUL"):
        raw.execute("select %s::text[]", [ARRAYS["text"](["a\0b"])])
    raw.close()
