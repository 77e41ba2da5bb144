"""A database of PostgreSQL that is made beside another one, used for a while, and dropped."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from server.storage.postgres_connection import WRITER, Part, RawConnection, connect

PREFIX = "madang_chaos_"
_PART = Part("madang chaos", {"lock_timeout": "0", "statement_timeout": "0"})
_BACKENDS = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = current_database() and pid <> pg_backend_pid() and application_name like 'madang %'"
)
_IN_TRANSACTION = (
    "select pid from pg_stat_activity where datname = current_database() and application_name = %s "
    "and xact_start is not null and (wait_event = 'ClientRead' or state like 'idle in transaction%%')"
)


class CannotMake(Exception):
    """There can be no such database; the sentence says why, and what would help."""


class Throwaway:
    """A new database on the server of ``address``; runs within its ``with`` block, and is gone afterwards.

    ``address`` is its own then. Raises CannotMake.
    """

    def __init__(self, beside: str) -> None:
        self.name = f"{PREFIX}{secrets.token_hex(4)}"
        self.address = with_database(beside, self.name)
        self._beside = beside

    def __enter__(self) -> Throwaway:
        with _in_words(), contextlib.closing(connect(self._beside, _PART)) as raw:
            raw.execute(f"create database {self.name} encoding 'UTF8' template template0")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.closing(connect(self._beside, _PART)) as raw:
            raw.execute(f"drop database if exists {self.name} with (force)")

    def end_backends(self) -> int:
        """Ends Madang's connections to it; how many there were."""
        with contextlib.closing(connect(self.address, _PART)) as raw:
            return len(raw.execute(_BACKENDS).fetchall())

    def watch(self) -> RawConnection:
        """A connection that ``in_transaction`` asks; whoever takes it closes it."""
        return connect(self.address, _PART)

    def server_place(self) -> tuple[str, int]:
        """The host and the port of the server; a host that begins with a slash is the folder of a socket.

        Raises CannotMake when the address names several.
        """
        given: dict[str, Any] = conninfo_to_dict(self.address)
        host, port = str(given.get("hostaddr") or given.get("host") or "/var/run/postgresql"), given.get("port", 5432)
        if "," in host or "," in str(port):
            raise CannotMake("The address of the database names several servers.")
        return host, int(port)


def in_transaction(raw: RawConnection) -> set[int]:
    """Backends of writers to the connection's database that wait for their client in the middle of a transaction."""
    return {pid for (pid,) in raw.execute(_IN_TRANSACTION, (WRITER.name,)).fetchall()}


def with_database(address: str, name: str) -> str:
    """The address of another database on the same server."""
    parts = urlsplit(address)
    # By hand: an address without a host, by a Unix socket, loses its slashes otherwise.
    return f"{parts.scheme}://{parts.netloc}/{quote(name)}" + (f"?{parts.query}" if parts.query else "")


def through(address: str, port: int) -> str:
    """The same database by a proxy on this machine: a certificate is still looked at with the server's own name."""
    parts = urlsplit(address)
    user, _, _ = parts.netloc.rpartition("@")
    host = parts.hostname or "localhost"
    given = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("host", "hostaddr", "port")]
    query = urlencode([*given, ("hostaddr", "127.0.0.1")])
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return urlunsplit(parts._replace(netloc=f"{user}@{where}" if user else where, query=query))


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise CannotMake(
            "The user of MADANG_DATABASE_URL may not make a database, which this needs for a copy of its own: "
            "ALTER ROLE ... CREATEDB lets it."
        ) from None
    except psycopg.Error as error:
        said = str(error).strip().split("\n")[0]
        raise CannotMake(f"PostgreSQL (MADANG_DATABASE_URL) does not make a database: {said}") from None
