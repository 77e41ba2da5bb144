"""Madang as a team runs it when one process is not enough: workers behind nginx, one PostgreSQL, one Redis."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.people import Person, make_people_in
from tests.redis_under_test import RedisProcess
from tests.services_under_test import (
    START_TIMEOUT_S,
    MadangProcess,
    free_ports,
    nginx_in_front_of,
    status_of,
    wait_until,
)


@dataclass
class Deployment:
    """``address`` leads through nginx to any worker; each of ``workers`` has an address of its own."""

    address: str
    workers: list[MadangProcess]
    redis: RedisProcess
    database_url: str
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def people(self, *names: str) -> dict[str, Person]:
        """New people with names nobody has yet; asked by the plain ones."""
        number = next(self._numbers)
        numbered = {name: f"{name}{number}" for name in names}

        made = make_people_in(self.database_url, *numbered.values())
        return {name: made[numbered[name]] for name in names}


@contextlib.contextmanager
def deployed(folder: Path, database_url: str, count: int = 3, **settings: str) -> Iterator[Deployment]:
    """So many workers, each started by itself, behind an nginx with the project's own configuration."""
    with _surrounded(folder, database_url, count) as around, contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(
                MadangProcess(
                    folder / "data",
                    port=around.first_port + number,
                    worker=f"w{number + 1}",
                    **around.settings,
                    **settings,
                )
            )
            for number in range(count)
        ]
        yield Deployment(around.address, workers, around.redis, database_url)


@contextlib.contextmanager
def supervised(folder: Path, database_url: str, count: int = 3) -> Iterator[Deployment]:
    """The same under one parent, `madang serve --workers N`, the only one of ``workers``."""
    with (
        _surrounded(folder, database_url, count) as around,
        MadangProcess(folder / "data", port=around.first_port, workers=count, **around.settings) as parent,
    ):
        for number in range(count):
            port = around.first_port + number
            wait_until(lambda port=port: status_of(port, "/readyz") == 200, START_TIMEOUT_S, lambda: parent.output)  # type: ignore[misc]
        yield Deployment(around.address, [parent], around.redis, database_url)


@dataclass(frozen=True)
class _Around:
    address: str
    first_port: int
    redis: RedisProcess
    settings: dict[str, str]


@contextlib.contextmanager
def _surrounded(folder: Path, database_url: str, count: int) -> Iterator[_Around]:
    """nginx and Redis, and what the workers have to know of them."""
    first = free_ports(count)
    with (
        RedisProcess(folder / "redis") as redis,
        nginx_in_front_of([first + number for number in range(count)], folder / "nginx") as address,
    ):
        settings = {
            "database_url": database_url,
            "redis_url": redis.url,
            "public_url": address,
            "trusted_proxies": "127.0.0.1",
            "message_rate": "off",
        }
        yield _Around(address, first, redis, settings)
