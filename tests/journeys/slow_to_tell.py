"""Madang that tells a while after each commit what was committed, reads slowly, and looks often whether all is told.

What is read and what is told are far apart then, as on a machine that is busy. Run as a module, like the server itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import Any

from server import app
from server.__main__ import main
from server.realtime.sweep import Sweep
from server.storage.database import Database

LATE_S = 0.08
SLOW_S = 0.03

_settle: Any = Database._settle
_read: Any = Database._read
_committed: deque[tuple[Database, Any]] = deque()


def settle_late(db: Database, pieces: Any) -> None:
    """The same in its order, a while later."""
    _committed.append((db, pieces))
    asyncio.get_running_loop().call_later(LATE_S, lambda: _settle(*_committed.popleft()))


def read_slowly(db: Database, query: Any) -> Any:
    """The same, in no hurry to hand it over."""
    found = _read(db, query)
    time.sleep(SLOW_S)
    return found


if __name__ == "__main__":
    Database._settle = settle_late  # type: ignore[method-assign]
    Database._read = read_slowly  # type: ignore[method-assign]
    app.Sweep = partial(Sweep, interval_s=0.1, patience_s=0.05)  # type: ignore[misc, assignment]
    main()
