"""On PostgreSQL, too, the statements behind each message find their rows by an index, whatever the parameters are."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import psycopg
import pytest

from server.storage import appending, commit_order, followers, log, membership, receipts, replay, traces
from server.storage.database import Database
from server.storage.postgres_connection import PostgresConnection
from server.storage.search import searching
from server.storage.search.queries import phrases
from server.storage.unit import here
from tests.storage.crowd import make_crowd
from tests.storage.worker import ALLOW

GROWING = ("message", "entry", "membership", "notification", "mention", "account", "conversation")
_GROWN = """
insert into message (conversation_id, seq, sender_id, client_id, sent_at, text, changed_seq, file_count)
select c, s, 1, 'old-' || c || '-' || s, 1, 'text', s, 0 from generate_series(1, 50) c, generate_series(1, 400) s;
insert into entry (position, conversation_id, seq, kind, actor_id, at, data, body_hash)
select nextval('entry_position'), conversation_id, seq, 'message_created', 1, 1, '{"mentions": []}', '' from message;
update conversation set head_seq = 400, last_message_seq = 400;
insert into conversation (kind, created_by, title, head_seq, last_message_seq, member_count, rules, created_at,
                          last_active_at)
select 'group', 1, '', 0, 0, 0, '{}', 1, 1 from generate_series(1, 20000);
insert into account (username, username_key, display_name, search_key, role, account_version, notification_seq,
                     seen_notification_seq, created_at)
select 'other' || n, 'other' || n, '', '', 'person', 0, 0, 0, 1 from generate_series(1, 20000) n;
insert into notification (account_id, seq, type, group_key, title, body, url, data, created_at, count)
select a, s, 'mention', 'conversation:' || s, '', '', '', '{}', 1, 1
from generate_series(1, 300) a, generate_series(1, 30) s
"""


@pytest.fixture
async def db(postgres_address: str) -> AsyncIterator[Database]:
    """A database that has been used for a while."""
    make_crowd(postgres_address, 300, 60)
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        for statement in _GROWN.split(";"):
            connection.execute(statement)  # type: ignore[call-overload]
        connection.execute("vacuum analyze")
    opened = Database(postgres_address)
    await opened.open()
    yield opened
    await opened.close()


Statements = dict[str, Sequence[Any]]
"""Texts, each with parameters of the right kinds."""


async def statements_of(db: Database, work: Callable[[], Any]) -> Statements:
    """What ``work`` sends to PostgreSQL."""
    found: Statements = {}

    def traced() -> None:
        connection = here.connection
        assert isinstance(connection, PostgresConnection)
        execute = connection.raw.execute

        def noting(sql: Any, parameters: Sequence[Any] = (), **more: Any) -> Any:
            found[sql] = parameters
            return execute(sql, parameters, **more)

        connection.raw.execute = noting  # type: ignore[method-assign]
        try:
            work()
            connection.flush()
        finally:
            connection.raw.execute = execute  # type: ignore[method-assign]

    await db.write(traced)
    return {sql: found[sql] for sql in found if sql.split()[0] in ("select", "with", "update", "insert")}


def scans(address: str, statements: Statements) -> list[str]:
    """The statements whose generic plan reads a growing table from end to end."""
    return [
        f"{sql}\n{plan}"
        for sql, plan in plans(address, statements).items()
        if any(re.search(rf"Seq Scan on {table}\b", plan) for table in GROWING)
    ]


def plans(address: str, statements: Statements) -> dict[str, str]:
    """The generic plan of each: what PostgreSQL does with parameters that it does not look at."""
    found = {}
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("set plan_cache_mode = force_generic_plan")
        for number, (sql, parameters) in enumerate(statements.items()):
            numbers = itertools.count(1)
            text = re.sub("%s", lambda _: f"${next(numbers)}", sql)  # noqa: B023 - it is called at once
            # As psycopg sends them: whole numbers with their type, everything else as its place wants it.
            kinds = ", ".join("bigint" if isinstance(value, int) else "unknown" for value in parameters)
            connection.execute(f"prepare p{number} {f'({kinds})' if kinds else ''} as {text}")  # type: ignore[call-overload]
            nothing = ", ".join(["null"] * len(parameters))
            rows = connection.execute(f"explain execute p{number} {f'({nothing})' if nothing else ''}")  # type: ignore[call-overload]
            found[sql] = "\n".join(row[0] for row in rows)
    return found


async def test_appending_messages(db: Database, postgres_address: str) -> None:
    pieces: list[appending.Piece] = [
        (sender, appending.Draft(sender, f"client-{sender}", "hello"), 1, *ALLOW) for sender in range(1, 9)
    ]
    statements = await statements_of(db, lambda: appending.append_messages(pieces))
    assert len(statements) >= 8
    assert scans(postgres_address, statements | {commit_order._INSERT: [None] * 9}) == []


async def test_reading_a_conversation(db: Database, postgres_address: str) -> None:
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(
            "insert into mention select c, s, 2 from generate_series(1, 50) c, generate_series(1, 400) s"
        )
        connection.execute("analyze")
    for mark in (lambda: receipts.mark_received(2, 1, 399, 100), lambda: receipts.mark_read(2, 1, 400, 1)):
        assert scans(postgres_address, await statements_of(db, mark)) == []


async def test_tracing_a_message(db: Database, postgres_address: str) -> None:
    def work() -> None:
        message = traces.said(1, 200)
        assert message
        traces.counts(1, message)
        traces.hidden(1, message)
        traces.reached(1, message, (-1, -1), 101)
        traces.told(1, 200, [2, 3])

    assert scans(postgres_address, await statements_of(db, work)) == []


async def test_following_the_log(db: Database, postgres_address: str) -> None:
    def work() -> None:
        followers.held_position_of("notifier")
        log.read_after(10, 500)
        log.last_position()
        membership.held(3, 7)

    statements = await statements_of(db, work)
    assert scans(postgres_address, statements) == []


async def test_coming_back(db: Database, postgres_address: str) -> None:
    def work() -> None:
        replay.start(2)
        assert replay.entries(2, log.last_position() - 50, 500, 500_000)
        assert replay.notifications_after(2, 0, 500)

    statements = await statements_of(db, work)
    assert len(statements) >= 6
    assert scans(postgres_address, statements) == []


async def test_searching(db: Database, postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FEW", 0)  # as for somebody who sees very many messages
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute(
            "insert into search_message select position, conversation_id, seq, "
            "array_to_tsvector(array['roof', 'word' || position]) from entry"
        )
        connection.execute("vacuum analyze search_message")
    asked = searching.Search(
        account_id=2, phrases=phrases('"roof" "word7"'), conversation_id=None, from_id=None, after=None, before=None,
        has=None, best_first=False, limit=20, now=1,
    )  # fmt: skip
    statements = await statements_of(db, lambda: searching.search(asked))
    assert scans(postgres_address, statements) == []
    [whole] = [plan for sql, plan in plans(postgres_address, statements).items() if "@@" in sql and "newest" not in sql]
    # And not by ids, whose bounds hold for every message.
    assert "Bitmap Index Scan on search_message_words" in whole
    assert "search_message_pkey" not in whole
