"""Small jobs that come round again and again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from server.realtime.complaint import Complaint

_log = logging.getLogger(__name__)


class Periodic:
    """Runs ``job`` every ``interval_s``, the first time after one interval. A failure is logged and tried again."""

    def __init__(self, name: str, interval_s: float, job: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._interval_s = interval_s
        self._job = job
        self._complaint = Complaint(_log, f"the job {name!r} failed; it comes round again")
        self._early = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to wait."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    def now(self) -> None:
        """Runs it at once, and the next time after one interval."""
        self._early.set()

    async def stop(self) -> None:
        """Ends, in the middle of a run too."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._early.wait()
            self._early.clear()
            try:
                await self._job()
            except Exception as error:
                self._complaint.about(error)
            else:
                self._complaint.withdrawn()
