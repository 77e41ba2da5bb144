"""All workers of one parent: run until it is told to end, restarted one after another when it is told so."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

import structlog

from server.supervisor.keeper import Keeper, NotReady
from server.supervisor.pid_file import PidFile, RestartLog
from server.supervisor.times import Times
from server.workers import Place

_log = structlog.get_logger(__name__)


def supervise(
    places: Sequence[Place],
    command_of: Callable[[Place], Sequence[str]],
    files: PidFile,
    pid_file: TextIO,
    times: Times | None = None,
) -> None:
    """Runs a worker at each place until SIGINT or SIGTERM; SIGHUP restarts them one after another.

    ``pid_file`` is held, and gets the process id as soon as signals are understood.
    """
    # Workers read from this pipe, nobody ever writes: it ends when this process does, however that comes about.
    theirs, ours = os.pipe()
    try:
        asyncio.run(_run(places, command_of, files, pid_file, theirs, times or Times()))
    finally:
        os.close(theirs)
        os.close(ours)


async def _run(
    places: Sequence[Place],
    command_of: Callable[[Place], Sequence[str]],
    files: PidFile,
    pid_file: TextIO,
    alive: int,
    times: Times,
) -> None:
    keepers = [Keeper(place, command_of(place), alive, times) for place in places]
    supervisor = Supervisor(keepers, files, times)
    supervisor.listen_to_signals()
    pid_file.write(f"{os.getpid()}\n")
    pid_file.flush()
    await supervisor.run()


class Supervisor:
    """Keeps workers, restarts them in turn, ends them in turn."""

    def __init__(self, keepers: Sequence[Keeper], files: PidFile, times: Times) -> None:
        self._keepers = keepers
        self._files = files
        self._times = times
        self._is_to_end = asyncio.Event()
        self._is_to_restart = asyncio.Event()
        self._asked = 0
        self._has_terminal = sys.stderr.isatty()

    def listen_to_signals(self) -> None:
        """From now on signals mean what ``supervise`` says."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    async def run(self) -> None:
        """Until it is told to end, and all workers have."""
        for keeper in self._keepers:
            keeper.start()
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._tell_when_all_are_ready()), loop.create_task(self._restart_when_asked())]
        await self._is_to_end.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end_all()

    def _end(self) -> None:
        """At first in turn; asked again, all at once; asked a third time, without a goodbye."""
        self._asked += 1
        self._is_to_end.set()
        if self._asked == 2:
            for keeper in self._keepers:
                keeper.ask_to_end()
        elif self._asked > 2:
            for keeper in self._keepers:
                keeper.kill()

    def _hang_up(self) -> None:
        # The same signal says that the terminal is gone which this was started from.
        if self._has_terminal and not sys.stderr.isatty():
            self._end()
        else:
            self._is_to_restart.set()

    async def _end_all(self) -> None:
        for keeper in self._keepers:
            keeper.release()
        began = time.monotonic()
        half_s = self._times.end_s / 2
        left = list(self._keepers)
        while left and time.monotonic() - began < half_s:
            await left.pop(0).end(began + half_s - time.monotonic())
        await asyncio.gather(*(keeper.end(half_s) for keeper in left))
        _log.info("all workers have ended", after_s=round(time.monotonic() - began, 1))

    async def _tell_when_all_are_ready(self) -> None:
        await asyncio.gather(*(keeper.ready.wait() for keeper in self._keepers))
        _log.info(f"all {len(self._keepers)} workers are ready")

    async def _restart_when_asked(self) -> None:
        while True:
            await self._is_to_restart.wait()
            self._is_to_restart.clear()
            log = self._files.new_log()
            try:
                await self._restart(log)
            finally:
                log.close()

    async def _restart(self, log: RestartLog) -> None:
        """Each worker in turn, the next only when the one before is ready again."""
        count = len(self._keepers)
        for number, keeper in enumerate(self._keepers, 1):
            log.say(f"{keeper.name} ({number} of {count}) says goodbye to its people and starts anew ...")
            try:
                seconds = await keeper.replace()
            except NotReady as error:
                untouched = [other.name for other in self._keepers[number:]]
                rest = f" Not touched: {', '.join(untouched)}." if untouched else ""
                _log.error("the rolling restart stops", why=str(error), not_touched=untouched)
                log.say(f"Stopped: {error}{rest}", "failed")
                return
            log.say(f"{keeper.name} is ready after {seconds:.1f} s.")
        _log.info(f"all {count} workers were restarted")
        log.say(f"All {count} workers were restarted.", "done")
