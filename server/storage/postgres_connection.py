"""A connection to PostgreSQL: made for its part with the options it rests on, and the statements of its thread."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from server.storage import postgres_arrays
from server.storage.postgres_arrays import Longs, columns_of, kinds_of
from server.storage.postgres_silence import MARGIN_S, BoundedConnection
from server.storage.postgres_sql import at_once, translated
from server.storage.unit import Query, Rows

RawConnection = psycopg.Connection[tuple[Any, ...]]

CONNECT_TIMEOUT_S = 3
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 1, "keepalives_count": 3}
"""A machine that dies behind a statement it has received owes us nothing but the answer: only asking shows it."""
_COMMON = {"timezone": "UTC", "jit": "off"}


@dataclass(frozen=True, slots=True)
class Part:
    """What a connection is for: its name in ``pg_stat_activity``, and its session's options in PostgreSQL's units."""

    name: str
    options: dict[str, str]


WRITER = Part(
    "madang writer",
    {
        "synchronous_commit": "on",  # an answer means that the row is on the disk
        "default_transaction_isolation": "read committed",  # a look behind a lock sees what was just committed
        "default_transaction_read_only": "off",
        "lock_timeout": "1000",
        "statement_timeout": "10000",
        "idle_in_transaction_session_timeout": "3000",
    },
)
READER = Part(
    "madang reader",
    {
        "default_transaction_isolation": "repeatable read",
        "default_transaction_read_only": "on",
        "statement_timeout": "10000",
        "idle_in_transaction_session_timeout": "60000",
    },
)
MIGRATIONS = Part("madang migrations", {"lock_timeout": "0", "statement_timeout": "0"})


def connect(address: str, part: Part) -> RawConnection:
    """A new connection with the options of its part. Raises psycopg.OperationalError."""
    given: dict[str, Any] = conninfo_to_dict(address)
    own = (f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in (_COMMON | part.options).items())
    given["options"] = " ".join([given.get("options") or "", *own, "-c tcp_user_timeout=5000"]).strip()
    given = {"connect_timeout": CONNECT_TIMEOUT_S, **KEEPALIVES, **given}
    given |= {"application_name": part.name, "client_encoding": "UTF8", "tcp_user_timeout": 5000}
    raw = BoundedConnection.connect(autocommit=True, **given)
    if limit_ms := int(part.options["statement_timeout"]):
        raw.bound_s = limit_ms / 1000 + MARGIN_S
    raw.prepared_max = 400
    # One width for all whole numbers: else a statement is prepared for each mixture of small and large ones.
    raw.adapters.register_dumper(int, Int8Dumper)
    postgres_arrays.register(raw)
    return raw


def assert_options(raw: RawConnection, part: Part) -> None:
    """Raises RuntimeError when a session has not got what was asked for, because of a pooler between us, say."""
    rows = raw.execute("select name, setting from pg_settings where name = any(%s)", (list(part.options),)).fetchall()
    for name, found in rows:
        if found != part.options[name]:
            raise RuntimeError(f"PostgreSQL gives {name}={found} to {part.name}, but {part.options[name]} is needed.")


_HOLD_CONVERSATIONS = "select 1 from conversation where id = any(%s::bigint[]) order by id for no key update"
_HOLD_ACCOUNTS = "select 1 from account where id = any(%s::bigint[]) order by id for no key update"
_HOLD_MEMBERSHIPS = (
    "select 1 from membership m join unnest(%s::bigint[], %s::bigint[]) as wanted (in_conversation, of_account) "
    "on m.conversation_id = in_conversation and m.account_id = of_account "
    "order by m.conversation_id, m.account_id for no key update of m"
)


class PostgresConnection:
    """The statements of one thread.

    What has no answer waits for the next statement that has one, and goes with it: a round trip less. So its
    failure shows there, or in ``flush``.
    """

    several_write = True

    def __init__(self, raw: RawConnection, *, writes: bool) -> None:
        self.raw = raw
        self._writes = writes
        self._waiting: list[tuple[str, Sequence[Any]]] = []
        self._held: set[object] = set()
        self._is_doubtful = False

    @property
    def is_lost(self) -> bool:
        """Whether the other end has gone."""
        return self.raw.closed or self.raw.broken

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction stands that has not failed."""
        return self.raw.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.ACTIVE)

    def fetch_all(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        cursor = self.ask(translated(sql), parameters)
        return cursor.fetchall() if cursor.description else []

    def fetch_each(self, queries: Sequence[Query]) -> list[list[tuple[Any, ...]]]:
        with self.pipeline():
            cursors = [self.raw.execute(translated(sql), parameters) for sql, parameters in queries]
        return [cursor.fetchall() for cursor in cursors]

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) > 1 and (many := at_once(sql)):
            self.later(many.sql, columns_of(rows, many.kinds))
        else:
            for row in rows:
                self.later(translated(sql), row)

    def hold(self, rows: Rows) -> None:
        if not self._writes:
            return
        conversations = self._new("conversation", rows.conversations)
        accounts = self._new("account", rows.accounts)
        memberships = self._new("membership", rows.memberships)
        # The same order everywhere, so that no two transactions wait for each other.
        if conversations:
            self.later(_HOLD_CONVERSATIONS, (Longs(conversations),))
        if accounts:
            self.later(_HOLD_ACCOUNTS, (Longs(accounts),))
        if memberships:
            self.later(_HOLD_MEMBERSHIPS, columns_of(memberships, kinds_of(memberships[0])))

    def _new(self, table: str, keys: Collection[Any]) -> list[Any]:
        """Those that are not held yet; they are from now on."""
        new = sorted(key for key in set(keys) if (table, key) not in self._held)
        self._held.update((table, key) for key in new)
        return new

    def holds_nothing(self) -> None:
        """Locks have been let go; to hold again what is still held does no harm."""
        self._held.clear()

    def wanted(self, columns: str, keys: Iterable[tuple[Any, ...]]) -> tuple[str, Sequence[Any]]:
        rows = list(set(keys))
        kinds = kinds_of(rows[0])
        arrays = ", ".join(f"?::{kind}[]" for kind in kinds)
        return f"with wanted ({columns}) as (select * from unnest({arrays}))", columns_of(rows, kinds)

    def among(self, column: str, numbers: Iterable[int]) -> tuple[str, Sequence[Any]]:
        return f"{column} = any(?::bigint[])", [Longs(set(numbers))]

    def for_update(self) -> str:
        return " for no key update" if self._writes else ""

    def moment(self) -> object:
        """Never the same: another process may have changed anything."""
        return object()

    # Statements in PostgreSQL's own words

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Runs a statement behind all that waits, and returns its cursor."""
        if not self._waiting:
            return self.raw.execute(sql, parameters)
        with self.pipeline():
            return self.raw.execute(sql, parameters)

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Runs a statement of which only a failure matters, with the next one that has an answer."""
        self._waiting.append((sql, parameters))

    def flush(self) -> None:
        """Runs what waits now."""
        if self._waiting:
            with self.pipeline():
                pass

    def drop(self) -> list[str]:
        """What waits is not to be run any more; returns its texts."""
        dropped, self._waiting = self._waiting, []
        return [sql for sql, _ in dropped]

    @contextlib.contextmanager
    def pipeline(self) -> Iterator[None]:
        """What is executed inside goes in one round trip, behind all that waits; answers are there afterwards."""
        waiting, self._waiting = self._waiting, []
        try:
            with self.raw.pipeline():
                for sql, parameters in waiting:
                    self.raw.execute(sql, parameters)
                yield
        except BaseException:
            # What stood behind the failure was not prepared, and psycopg believes that it was.
            self._is_doubtful = True
            raise

    def take_back(self, *statements: str) -> None:
        """Rolls back, all or to a savepoint; what waits goes too."""
        self.drop()
        threshold, self.raw.prepare_threshold = self.raw.prepare_threshold, None
        try:
            # Not to be looked at as statements that could be prepared: psycopg prepares all anew after a rollback.
            for sql in statements:
                self.raw.execute(sql)
        finally:
            self.raw.prepare_threshold = threshold
        if self._is_doubtful:
            with self.raw.transaction(force_rollback=True):
                self._is_doubtful = False  # at its end psycopg forgets what it has prepared
