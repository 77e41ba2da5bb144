"""What changes often, handed over many at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_log = logging.getLogger(__name__)
AGAIN_S = 1.0

Value = TypeVar("Value")


class Gathering(Generic[Value]):
    """Hands ``handle`` the newest value of each account that changed: at once, and then at most every ``pause_s``.

    What could not be handled comes again, unless something newer has been heard meanwhile.
    """

    def __init__(self, name: str, handle: Callable[[dict[int, Value]], Awaitable[None]], pause_s: float) -> None:
        self._name = name
        self._handle = handle
        self._pause_s = pause_s
        self._changed: dict[int, Value] = {}
        self._task: asyncio.Task[None] | None = None

    def put(self, account_id: int, value: Value) -> None:
        """An account's newest value."""
        self._changed[account_id] = value
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=self._name)

    def get(self, account_id: int) -> Value | None:
        """What waits for an account."""
        return self._changed.get(account_id)

    async def stop(self) -> None:
        """Ends; what waits is not told any more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, {}
            try:
                await self._handle(changed)
            except Exception:
                _log.exception("%s of %d failed; it is tried again", self._name, len(changed))
                self._changed = changed | self._changed
                await asyncio.sleep(AGAIN_S)
            else:
                await asyncio.sleep(self._pause_s)
