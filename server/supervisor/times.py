"""How patient the parent of the workers is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """In seconds."""

    steady_s: float = 10.0
    """A worker that lived so long was started well; one that ends before is paused longer each time."""
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    drain_s: float = 20.0
    """For one worker's goodbye; a worker itself takes fifteen at most."""
    end_s: float = 40.0
    """For all of them when the parent ends: half of it one after another, then all together."""
    ready_s: float = 60.0
    """From a worker's start until it can work."""

    def pause_s(self, failures: int) -> float:
        """Before a worker is started again that has ended early so many times in a row."""
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(failures, 16))
