"""How the database is, looked at from outside: nothing is created or changed by looking."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

MIGRATIONS = Path(__file__).parent / "migrations"
_APPLIED = "select name from schema_migration"
_DEPLOYMENT = "select value from server_value where name = 'deployment'"


@dataclass(slots=True)
class Checkup:
    """``facts`` are for reading, ``complaints`` are pairs: what is wrong, and what to do. Its clock is
    ``ahead_s`` of ours, where it has one of its own.

    ``deployment`` heads the names of this deployment's channels in Redis, once a server has run.
    """

    kind: str
    facts: list[str] = field(default_factory=list)
    complaints: list[tuple[str, str]] = field(default_factory=list)
    ahead_s: float | None = None
    deployment: str | None = None


def look_at(database: Path | str) -> Checkup:
    """How the SQLite file, or the PostgreSQL at that address, is. Never raises for what is wrong with it."""
    return _look_at_file(database) if isinstance(database, Path) else _look_at_server(database)


def _look_at_file(path: Path) -> Checkup:
    found = Checkup(f"SQLite {sqlite3.sqlite_version}")
    if not path.exists():
        found.complaints.append(
            (f"There is no {path} yet.", "`madang serve` makes it; or name the folder with --data.")
        )
        return found
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=3)) as db:
            [(journal,)] = db.execute("pragma journal_mode").fetchall()
            applied = {name for (name,) in db.execute(_APPLIED)}
            found.deployment = _only(db.execute(_DEPLOYMENT).fetchall())
    except sqlite3.Error as error:
        found.complaints.append(
            (f"{path} cannot be read: {error}.", "Give it to the server's user, or restore a backup.")
        )
        return found
    found.facts.append(f"{path}, {journal.upper()}, {path.stat().st_size / 1e6:,.1f} MB")
    if journal != "wal":
        found.complaints.append(
            (f"Its journal is {journal}, not WAL.", "Put the data folder on a disk of this machine.")
        )
    _compare_migrations(found, applied)
    return found


def _look_at_server(address: str) -> Checkup:
    found = Checkup("PostgreSQL")
    try:
        import psycopg  # noqa: PLC0415 - it is an extra

        from server.storage import postgres_connection as ours  # noqa: PLC0415
        from server.storage.postgres import UNFINISHED_MOVE  # noqa: PLC0415
    except ImportError:
        found.complaints.append(("psycopg is not installed.", "pip install 'madang[postgres]'"))
        return found
    try:
        with contextlib.closing(ours.connect(address, ours.WRITER)) as raw:
            version = raw.info.server_version
            found.kind = f"PostgreSQL {version // 10_000}.{version % 10_000}"
            sent = time.time()
            row = raw.execute(
                "select pg_is_in_recovery(), pg_database_size(current_database()), current_database(), "
                "extract(epoch from clock_timestamp()), (select count(*) from pg_stat_activity), "
                "current_setting('max_connections')"
            ).fetchone()
            assert row is not None
            standby, size, name, now, used, most = row
            found.ahead_s = float(now) - (sent + time.time()) / 2
            found.facts.append(f"database {name}, {size / 1e6:,.1f} MB, {used} of {most} connections")
            if standby:
                found.complaints.append(
                    ("It is a standby and takes no writes.", "Name the primary in MADANG_DATABASE_URL.")
                )
            if used > 0.9 * int(most):
                found.complaints.append(("Nearly all its connections are taken.", "Raise max_connections."))
            try:
                ours.assert_options(raw, ours.WRITER)
                found.facts.append(f"synchronous_commit={ours.WRITER.options['synchronous_commit']}")
            except RuntimeError as error:
                found.complaints.append((str(error), "Connect to PostgreSQL itself, not to a pooler."))
            if raw.execute(f"select to_regclass('{UNFINISHED_MOVE}')").fetchone() != (None,):
                todo = "Run `madang move` again: it goes on. No server starts here before it is done."
                found.complaints.append(("A move into it is not finished.", todo))
            has_tables = raw.execute("select to_regclass('schema_migration') is not null").fetchone() == (True,)
            applied = {name for (name,) in raw.execute(_APPLIED).fetchall()} if has_tables else set()
            if has_tables:
                found.deployment = _only(raw.execute(_DEPLOYMENT).fetchall())
    except psycopg.Error as error:
        todo = "Start PostgreSQL, or correct MADANG_DATABASE_URL."
        found.complaints.append((f"It cannot be reached: {_first_line(error)}", todo))
        return found
    _compare_migrations(found, applied)
    return found


def _compare_migrations(found: Checkup, applied: set[str]) -> None:
    ours = {path.stem for path in MIGRATIONS.glob("[0-9]*.py")}
    if newer := sorted(applied - ours):
        todo = "Run the version of Madang that wrote this database, or a newer one."
        found.complaints.append((f"It was upgraded by a newer Madang: {', '.join(newer)} is unknown here.", todo))
    elif pending := sorted(ours - applied):
        todo = "The next start of the server does it."
        found.complaints.append((f"Its tables are older than this version: {', '.join(pending)} is to come.", todo))
    else:
        found.facts.append(f"tables up to {max(ours)}")


def _only(rows: list[Any]) -> str | None:
    return str(rows[0][0]) if rows else None


def _first_line(error: Exception) -> str:
    """Without what libpq adds in further lines; it never repeats a password."""
    return str(error).strip().split("\n")[0] or type(error).__name__
