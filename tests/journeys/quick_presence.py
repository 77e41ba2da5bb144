"""Madang that calls people away, and gone, sooner than in earnest. Run as a module, like the server itself."""

from __future__ import annotations

from functools import partial

from server import parts
from server.__main__ import main
from server.realtime.online import Online

GRACE_S = 0.5
AWAY_S = 0.5

if __name__ == "__main__":
    parts.Online = partial(Online, grace_s=GRACE_S, away_s=AWAY_S)  # type: ignore[attr-defined, assignment]
    main()
