"""Madang with shorter waits: what a test would otherwise sit through. Run as a module, like the server itself."""

from __future__ import annotations

from functools import partial

from server import app, parts
from server.__main__ import main
from server.realtime.bus import Bus, Timing
from server.realtime.everywhere import Everywhere
from server.realtime.heads import Beacon
from server.realtime.online import Online

EXPIRY_S = 5.0
BEACON_S = 1.0
TIMING = Timing(ping_s=0.3, deaf_s=1.5, check_s=0.3, timeout_s=0.5)

if __name__ == "__main__":
    for name, part in {
        "Bus": partial(Bus, timing=TIMING),
        "Beacon": partial(Beacon, interval_s=BEACON_S),
        "Everywhere": partial(Everywhere, every_s=0.4, expiry_s=EXPIRY_S),
        "Online": partial(Online, grace_s=0.3),
    }.items():
        setattr(parts if hasattr(parts, name) else app, name, part)
    main()
