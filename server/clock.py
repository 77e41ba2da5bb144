"""The time, as everything here counts it."""

from __future__ import annotations

import time
from collections.abc import Callable

Now = Callable[[], int]


def now() -> int:
    """Milliseconds since 1970, UTC. Services take it as a parameter, so that tests can step it."""
    return time.time_ns() // 1_000_000
