"""What a run takes place on: the seam between the driver and the processes and services underneath."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from server.chaos.proxy import Proxy
from server.chaos.workers import Worker


class Service(Protocol):
    """Something that stands behind the workers or before them, and that a run may make fail.

    Each returns when it is so, with a word about what was seen; an empty one says that nothing was.
    """

    async def kill(self) -> str:
        """It is gone, with whatever it did not keep."""

    async def start(self) -> None:
        """It is there again, at the same address. Harmless when it is."""

    async def freeze(self) -> str:
        """It keeps its connections and does nothing."""

    async def thaw(self) -> None:
        """It goes on. Harmless when it is not frozen."""


class Redis(Service, Protocol):
    """Where workers meet. ``can_flush``: it is the run's own."""

    can_flush: bool

    async def flush(self) -> str:
        """It forgets everything."""

    async def kick(self) -> str:
        """It ends the connections of those who listen."""


class Postgres(Protocol):
    """The database of several workers. ``can_restart``: it is the run's own."""

    can_restart: bool

    async def restart(self, mode: str) -> str:
        """It ends in this manner (``fast``, ``immediate``) and is there again."""

    async def end_backends(self) -> str:
        """It ends all connections to the run's database."""

    async def in_transaction(self) -> set[int]:
        """Backends of writers that wait for their client in the middle of a transaction."""


class Nginx(Protocol):
    """What stands before the workers."""

    async def reload(self) -> str:
        """It reads its configuration anew, in new processes."""

    async def restart(self) -> str:
        """It is ended and started."""


class Clock:
    """How far the workers' clocks are ahead: a number in a file that their launcher looks at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)

    def step(self, ahead_s: float) -> None:
        """From now on all workers are so far ahead; negative for behind."""
        self._memory[:] = struct.pack("=d", ahead_s)

    def close(self) -> None:
        """No more steps."""
        self._memory.close()


@dataclass
class Setup:
    """Workers that are not started yet, on a database that may hold nothing, with what a run may do to them.

    ``doors`` are the addresses that people come by. What is None cannot be made to fail here. ``small_disk`` is a
    folder on a disk that can be filled up, and holds the SQLite file. ``one_line`` leads from the first worker alone to
    Redis.
    """

    name: str
    folder: Path
    database: Path | str
    workers: Sequence[Worker]
    doors: Sequence[str]
    redis: Redis | None = None
    one_line: Proxy | None = None
    postgres: Postgres | None = None
    nginx: Nginx | None = None
    clock: Clock | None = None
    small_disk: Path | None = None
    lacking: list[str] = field(default_factory=list)
    """What cannot be tried here, in sentences."""

    async def heal(self) -> None:
        """Everything runs again, whatever was done to it. Raises when it does not."""
        if self.clock is not None:
            self.clock.step(0.0)
        if self.redis is not None:
            await self.redis.thaw()
            await self.redis.start()
        if self.one_line is not None:
            self.one_line.thaw()
        for worker in self.workers:
            worker.thaw()
            if not worker.is_alive:
                await worker.start()
