"""What clean runs say about the runs that were not made."""

from __future__ import annotations

from math import comb, pow

CONFIDENCE = 0.95


def failing_at_most(runs: int, failed: int) -> float:
    """The highest chance of a failing run that goes with so many failures in so many runs, at 95 %.

    Exact (Clopper-Pearson, one side): with a higher chance, so few failures come in less than one of twenty series.
    Without a failure it is 1 - 0.05^(1/runs); without a run it is 1.
    """
    if runs == 0 or failed >= runs:
        return 1.0
    if failed == 0:
        return 1 - pow(1 - CONFIDENCE, 1 / runs)
    low, high = failed / runs, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(failed, runs, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(failed: int, runs: int, chance: float) -> float:
    """How likely at most so many of the runs fail."""
    return float(sum(comb(runs, count) * chance**count * (1 - chance) ** (runs - count) for count in range(failed + 1)))
