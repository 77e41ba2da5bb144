"""One worker, kept running: started, started again with growing pauses when it dies, replaced, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Sequence

import structlog

from server.supervisor.times import Times
from server.workers import Place, ask

TELL_AFTER = 3
"""Ends in a row after which it is said that this worker does not run, once."""
_ASK_S = 0.1

_log = structlog.get_logger(__name__)


class NotReady(Exception):
    """The worker did not come back; the sentence says how it went."""


class Keeper:
    """Runs ``command`` as the worker at ``place``. ``alive`` is a descriptor that ends with this process."""

    def __init__(self, place: Place, command: Sequence[str], alive: int, times: Times) -> None:
        self.place = place
        self._command = command
        self._alive = alive
        self._times = times
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0
        self._failures = 0
        self.ready = asyncio.Event()
        """Whether the process that runs now has been ready for work."""
        self._is_wanted = True
        self._is_asked_to_end = False
        self._news = asyncio.Event()
        self._hurry = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self.place.worker

    def start(self) -> None:
        """Starts it, and from then on whenever it has ended."""
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    def release(self) -> None:
        """It is not started again."""
        self._is_wanted = False
        self._hurry.set()

    def ask_to_end(self) -> None:
        """SIGTERM, once for each process: a second one would cut its goodbye short."""
        if self._process is not None and not self._is_asked_to_end:
            self._is_asked_to_end = True
            _signal(self._process, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL for it and what it has started."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                _signal(self._process, signal.SIGKILL)

    async def end(self, within_s: float) -> None:
        """Ends it for good."""
        self.release()
        await self._go(within_s)
        if self._keeping is not None:
            await self._keeping

    async def replace(self) -> float:
        """A new process in place of this one; returns after how many seconds it was ready. Raises NotReady."""
        starts = self._starts
        if self._process is not None:
            await self._go(self._times.drain_s)
        else:
            self._hurry.set()
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._times.ready_s):
                while self._starts == starts or not self.ready.is_set():
                    if self._starts > starts + 1 or (self._starts > starts and self._process is None):
                        raise NotReady(f"{self.name} ended instead of becoming ready; its lines in the log say why.")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise NotReady(f"{self.name} has not become ready within {self._times.ready_s:.0f} s.") from None
        return time.monotonic() - began

    async def _go(self, within_s: float) -> None:
        """Asks it to end, and sees to it that it does."""
        if (process := self._process) is None:
            return
        self.ask_to_end()
        try:
            async with asyncio.timeout(max(within_s, 0)):
                await process.wait()
        except TimeoutError:
            _log.warning(f"{self.name} did not say goodbye in time and is killed", after_s=round(within_s, 1))
            self.kill()
            await process.wait()

    async def _keep(self) -> None:
        while self._is_wanted:
            self._hurry.clear()
            began = time.monotonic()
            outcome = await self._run()
            if self._is_asked_to_end:
                self._is_asked_to_end = False
            elif self._is_wanted:
                await self._pause(outcome, time.monotonic() - began)

    async def _run(self) -> str:
        """Runs it until it ends; how it ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=self._alive,
                # Ctrl-C in a terminal reaches a whole group: it is for us, who end one after another.
                process_group=0,
            )
        except OSError as error:
            self._starts += 1
            self._news.set()
            return f"it cannot be started: {error.strerror}"
        self._process = process
        self._starts += 1
        self._news.set()
        watching = asyncio.get_running_loop().create_task(self._watch(time.monotonic()))
        try:
            return _ending(await process.wait())
        finally:
            watching.cancel()
            self.ready.clear()
            self._process = None
            self._news.set()

    async def _watch(self, began: float) -> None:
        """Notes when it is ready, and when it has been well for a while."""
        while True:
            answer = await ask(self.place)
            if answer is not None and answer.ready:
                break
            await asyncio.sleep(_ASK_S)
        self.ready.set()
        self._news.set()
        _log.info(f"{self.name} is ready", at=str(self.place), after_s=round(time.monotonic() - began, 1))
        await asyncio.sleep(self._times.steady_s)
        self._failures = 0

    async def _pause(self, outcome: str, lived_s: float) -> None:
        """Waits before the next start: the longer, the more often it ended soon after its start."""
        if lived_s >= self._times.steady_s:
            self._failures = 0
        pause_s = self._times.pause_s(self._failures)
        self._failures += 1
        if self._failures < TELL_AFTER:
            _log.warning(f"{self.name} has ended and is started again", how=outcome, in_s=pause_s)
        elif self._failures == TELL_AFTER:
            _log.error(
                f"{self.name} ends again and again soon after its start; its own lines above say why. It is tried "
                f"again after growing pauses, {self._times.longest_pause_s:.0f} s at most, without another word",
                how=outcome,
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()


def end_with_parent() -> None:
    """In a worker: ends it as SIGTERM does when its parent is gone, which standard input tells by its end."""
    threading.Thread(target=_wait_for_parent, name="parent", daemon=True).start()


def _wait_for_parent() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(Times().drain_s)
    os._exit(1)


def _ending(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _signal(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(which)
