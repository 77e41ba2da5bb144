"""Madang that tells a while after each commit what was committed, and looks often whether all is told.

What is read and what is told are far apart then, as on a machine that is busy. Run as a module, like the server itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Any

from server import app
from server.__main__ import main
from server.realtime.sweep import Sweep
from server.storage.database import Database

LATE_S = 0.15

_settle: Any = Database._settle
_committed: deque[tuple[Database, Any]] = deque()


def settle_late(db: Database, pieces: Any) -> None:
    """The same in its order, a while later."""
    _committed.append((db, pieces))
    asyncio.get_running_loop().call_later(LATE_S, lambda: _settle(*_committed.popleft()))


if __name__ == "__main__":
    Database._settle = settle_late  # type: ignore[method-assign]
    app.Sweep = partial(Sweep, interval_s=0.1, patience_s=0.05)  # type: ignore[misc, assignment]
    main()
