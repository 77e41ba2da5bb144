"""A PostgreSQL for tests: a server of their own on loopback, and a new database with the tables for each test.

with PostgresServer() as server:
    address = server.new_database()       # postgresql://..., the migrations are done
    server.execute("select 1", address)   # beside whoever uses it
    server.restart("immediate")           # as after a power cut
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import psycopg

from server.storage.database import Database
from tests.services_under_test import START_TIMEOUT_S, STOP_TIMEOUT_S, free_port, wait_until

TEMPLATE = "madang_template"


class PostgresServer:
    """A server that nobody else uses. ``fsync`` is for tests of what outlives a crash of the machine."""

    def __init__(self, *, fsync: bool = False) -> None:
        self.port = free_port()
        self._fsync = fsync
        self._numbers = itertools.count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="madang-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str) -> str:
        """Where a database of this server is."""
        return f"postgresql://madang@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of a new database that has Madang's tables."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"create database {name} template {TEMPLATE}")
        return self.address(name)

    def empty_database(self, more: str = "") -> str:
        """The address of a new database without any table."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"create database {name} {more}")
        return self.address(name)

    def drop(self, address: str) -> None:
        """A test needs its database no more."""
        self.execute(f"drop database if exists {address.rpartition('/')[2]} with (force)")

    def execute(self, sql: str, address: str | None = None, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement, on a connection of its own."""
        with contextlib.closing(psycopg.connect(address or self.address("postgres"), autocommit=True)) as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def end_backends(self, address: str, application: str = "madang%") -> int:
        """Ends the connections of Madang to a database; how many there were."""
        rows = self.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and application_name like %s",
            None,
            (address.rpartition("/")[2], application),
        )
        return len(rows)

    def start(self) -> None:
        """Returns when it takes connections."""
        fsync = "on" if self._fsync else "off"
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "fsync": fsync,
            "full_page_writes": fsync,
            "max_connections": 60,
            "shared_buffers": "64MB",
            "autovacuum_naptime": "10s",
        }
        options = [f"-c{name}={value}" for name, value in settings.items()]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = self._as_owner([_program("postgres"), "-D", f"{self._folder}/data", *options], log)
        wait_until(self._is_ready, START_TIMEOUT_S, (self._folder / "log").read_text)

    def stop(self, mode: str = "fast") -> None:
        """Ends it; ``immediate`` is as sudden as a power cut that the disk survives."""
        process = self._process
        if process is None:
            return
        self._process = None
        control = [_program("pg_ctl"), "-D", f"{self._folder}/data", "-m", mode, "-w", "stop"]
        self._as_owner(control, subprocess.DEVNULL).wait(STOP_TIMEOUT_S)
        process.wait(STOP_TIMEOUT_S)

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def __enter__(self) -> Self:
        if os.getuid() == 0:
            owner = _owner()
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        try:
            self._create()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _create(self) -> None:
        places = ["-D", f"{self._folder}/data", "-U", "madang", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        with (self._folder / "initdb.log").open("wb") as log:
            code = self._as_owner([_program("initdb"), *places], log).wait(START_TIMEOUT_S)
        assert code == 0, (self._folder / "initdb.log").read_text()
        self.start()
        self.execute(f"create database {TEMPLATE}")

        async def migrate() -> None:
            database = Database(self.address(TEMPLATE))
            await database.open()
            await database.close()

        # In a thread of its own: the caller may be on an event loop already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, migrate()).result()

    def _as_owner(self, command: Sequence[str], output: Any) -> subprocess.Popen[bytes]:
        """PostgreSQL does not run as root."""
        user: dict[str, Any] = {}
        if os.getuid() == 0:
            owner = _owner()
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        return subprocess.Popen(
            command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **user
        )

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"PostgreSQL ended; its log:\n{(self._folder / 'log').read_text()}")
        try:
            self.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True


def _owner() -> pwd.struct_passwd:
    """Whom the server runs as, where the tests run as root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")


def _program(name: str) -> str:
    """Debian keeps them by version, outside the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    program = shutil.which(name, path=os.pathsep.join([str(path) for path in versions[::-1]] + [os.environ["PATH"]]))
    assert program, "PostgreSQL is not installed; `tools/system_packages` says what the tests need"
    return program
