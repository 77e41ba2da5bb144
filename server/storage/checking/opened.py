"""A database that is looked at: as it was at one moment, as it is now, or held by this process alone."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from server.storage import alone
from server.storage.checking import CannotCheck, Contradicts
from server.storage.engine import MIGRATIONS
from server.storage.sqlite import SqliteConnection
from server.storage.unit import fetch_all, here

if TYPE_CHECKING:  # it needs an extra
    from server.storage.postgres_connection import RawConnection

PATIENCE_S = 1.0
_APPLIED = "select name from schema_migration"
_OTHERS = (
    "select coalesce(string_agg(distinct application_name, ', '), '') from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid() and application_name like 'madang %' "
    # A check only reads, and a server that starts waits at the lock that we have.
    "and application_name not in ('madang check', 'madang migrations')"
)


@contextlib.contextmanager
def as_it_was(database: Path | str) -> Iterator[None]:
    """Statements of this thread see the database as it was at one moment, whoever writes to it meanwhile.

    Nothing can be written. Raises CannotCheck when it cannot be opened, or is not of this version.
    """
    with as_it_is(database):
        with _in_words():
            _raw().execute("begin" if is_sqlite() else "begin isolation level repeatable read read only")
            fetch_all("select 1 from schema_migration limit 1")  # the moment is that of the first look
        yield


@contextlib.contextmanager
def as_it_is(database: Path | str) -> Iterator[None]:
    """The same, but each statement sees what is there just then."""
    with _sqlite(database) if isinstance(database, Path) else _postgres(database, "check"):
        yield


@contextlib.contextmanager
def alone_with(database: Path | str) -> Iterator[None]:
    """Statements of this thread may also write, and no server uses the database, nor begins to.

    Raises CannotCheck when one does, or as above.
    """
    with _sqlite_alone(database) if isinstance(database, Path) else _postgres(database, "rebuild"):
        if not isinstance(database, Path):
            with _in_words():
                _hold_off_others()
        yield


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    """What is written inside stands as a whole, or not at all. Only where nobody else writes.

    Raises CannotCheck when a server has begun to use the database after all.
    """
    with _in_words():
        if not is_sqlite():
            _refuse_others()
        _raw().execute("begin")
        try:
            yield
        except BaseException:
            with contextlib.suppress(Exception):
                _raw().execute("rollback")
            raise
        _raw().execute("commit")


def is_sqlite() -> bool:
    """Whether it is a file."""
    return not here.connection.several_write


def size_bytes() -> int:
    """What the database takes on the disk."""
    if is_sqlite():
        return int(_one("pragma page_count")) * int(_one("pragma page_size"))
    return int(_one("select pg_database_size(current_database())"))


def _one(sql: str) -> Any:
    return fetch_all(sql)[0][0]


def _raw() -> Any:
    """The driver's own connection, for what is no query."""
    return cast(Any, here.connection).raw


# SQLite


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[None]:
    with _connected(_open_to_read(path)):
        _check_version(path)
        yield


@contextlib.contextmanager
def _sqlite_alone(path: Path) -> Iterator[None]:
    raw = _open(path, "mode=rw")
    with _connected(raw):
        try:
            raw.execute(f"pragma busy_timeout = {int(alone.PATIENCE_S * 1000)}")
            alone.hold(raw)
            raw.execute("commit")  # in this mode the lock stays
        except alone.OpenElsewhere:
            raise CannotCheck(f"{path} is open in another program. Stop the server that uses it first.") from None
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            raise CannotCheck(f"{path} is no SQLite database.") from None
        raw.execute("pragma synchronous = full")
        _check_version(path)
        yield


@contextlib.contextmanager
def _connected(raw: sqlite3.Connection) -> Iterator[None]:
    before, here.connection = getattr(here, "connection", None), SqliteConnection(raw)
    try:
        with _in_words():
            yield
    finally:
        here.connection = cast(Any, before)
        raw.close()


def _open_to_read(path: Path) -> sqlite3.Connection:
    raw = _open(path, "mode=ro")
    try:
        raw.execute("select 1 from sqlite_master limit 1")
    except sqlite3.OperationalError:
        # In a folder that nobody may write to, a file in WAL mode can be read if nothing waits beside it.
        raw.close()
        wal = path.with_name(f"{path.name}-wal")
        if wal.exists() and wal.stat().st_size:
            raise CannotCheck(f"{path} cannot be read by this user.") from None
        return _open(path, "mode=ro&immutable=1")
    except sqlite3.DatabaseError:
        raw.close()
        raise CannotCheck(f"{path} is no SQLite database.") from None
    return raw


def _open(path: Path, mode: str) -> sqlite3.Connection:
    if not path.is_file():
        raise CannotCheck(f"There is no database {path}.")
    try:
        raw = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?{mode}", uri=True, isolation_level=None, timeout=alone.PATIENCE_S
        )
    except sqlite3.Error as error:
        raise CannotCheck(f"{path} cannot be opened: {error}.") from None
    # Bytes that are no text are to be found, not to end the search.
    raw.text_factory = lambda text: text.decode(errors="replace")
    return raw


# PostgreSQL


@contextlib.contextmanager
def _postgres(address: str, what: str) -> Iterator[None]:
    try:
        import psycopg  # noqa: PLC0415 - it is an extra

        from server.storage.postgres import UNFINISHED_MOVE  # noqa: PLC0415
        from server.storage.postgres_connection import Part, PostgresConnection, connect  # noqa: PLC0415
    except ImportError:
        raise CannotCheck("PostgreSQL needs its driver: pip install 'madang[postgres]'.") from None
    no_limits = {"lock_timeout": "0", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    part = Part(f"madang {what}", {"synchronous_commit": "on", **no_limits})
    try:
        raw: RawConnection = connect(address, part)
    except psycopg.Error as error:
        raise CannotCheck(f"PostgreSQL cannot be reached: {_first_line(error)}") from None
    before, here.connection = getattr(here, "connection", None), PostgresConnection(raw, writes=what == "rebuild")
    try:
        with _in_words():
            if _one(f"select to_regclass('{UNFINISHED_MOVE}') is not null"):
                raise CannotCheck("A move into this database is not finished: run `madang move` again before this.")
            _check_version(address)
            yield
    finally:
        here.connection = cast(Any, before)
        raw.close()


def _hold_off_others() -> None:
    """A server that starts waits at this lock, which goes with the connection."""
    if not _comes_true("select pg_try_advisory_lock(7201, 0)"):
        raise CannotCheck("A server is starting on this database, or another rebuild is under way.")
    _refuse_others()


def _comes_true(sql: str) -> bool:
    """What has just been closed may still be there for a moment: PostgreSQL ends its side a little later."""
    until = time.monotonic() + PATIENCE_S
    while not _one(sql):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _refuse_others() -> None:
    _comes_true(f"select ({_OTHERS}) = ''")
    if others := _one(_OTHERS):
        raise CannotCheck(f"A server uses this database ({others}). Stop all its workers first.")


# Both


def _check_version(database: Path | str) -> None:
    """Raises CannotCheck unless the tables are those of this version."""
    name = str(database) if isinstance(database, Path) else "The database"
    try:
        applied = {row[0] for row in fetch_all(_APPLIED)}
    except Exception as error:
        if _is_damage(error):
            raise
        raise CannotCheck(f"{name} is no database of Madang's.") from None
    known = {script.stem for script in MIGRATIONS.glob("[0-9]*.py")}
    if newer := sorted(applied - known):
        raise CannotCheck(f"{name} comes from a newer Madang (it has {newer[0]}); look at it with that one.")
    if missing := sorted(known - applied):
        raise CannotCheck(
            f"{name} was last used by an older Madang (it lacks {missing[0]}). Upgrade it with this one first, for "
            "instance by `madang account list`; or look at it with the version that used it."
        )


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What the database itself says, as a sentence without the address or anybody's words."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Contradicts(f"{error}.") from None
    except sqlite3.Error as error:
        raise CannotCheck(f"The database cannot be read to its end: {error}.") from None
    except Exception as error:
        if any(kind.__name__ == "IntegrityError" for kind in type(error).__mro__):
            raise Contradicts(_first_line(error)) from None
        if type(error).__module__.partition(".")[0] != "psycopg":
            raise
        raise CannotCheck(f"PostgreSQL: {_first_line(error)}") from None


def _is_damage(error: Exception) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__).rstrip(".") + "."
