"""Everything that may go wrong goes wrong, once, under load; nothing is lost, doubled or out of order.

The full set, with other mixtures and longer faults, is `python -m tests.prove faults`.
"""

from __future__ import annotations

import pytest

from server.chaos import report
from server.chaos.nemeses import table
from tests.faults import runs

PACE = 0.1
PATIENCE = 5.0
"""Other tests run meanwhile. What is promised in seconds is judged by the full set, which runs alone."""
SETS = {
    ("sqlite", 1): ("worker_killed", "sqlite_held", "line_cut", "clock_stepped", "half_open", "last_event_lost"),
    ("sqlite", 2): (
        "worker_frozen",
        "disk_full",
        "no_writing",
        "reconnect_storm",
        "slow_reader",
        "worker_ended",
        "line_delayed",
        "byte_a_second",
    ),
    ("postgres", 3): (
        "worker_killed",
        "redis_killed",
        "backends_ended",
        "publish_lost",
        "last_publish_lost",
        "nginx_restarted",
        "frozen_in_transaction",
        "subscribers_kicked",
    ),
    ("postgres", 4): (
        "all_workers_killed",
        "redis_frozen",
        "postgres_restarted",
        "redis_flushed",
        "redis_cut_off_one",
        "nginx_reloaded",
        "rolling_restart",
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(600)  # a busy machine takes three times as long as a quiet one, which takes half a minute
@pytest.mark.parametrize(("setup", "seed"), SETS)
def test_nothing_is_lost_whatever_breaks(setup: str, seed: int) -> None:
    result = runs.run(setup, seed, nemeses=SETS[setup, seed], pace=PACE, patience=PATIENCE)
    print(report.one(result))
    assert result.clean, f"{report.one(result)}\nThe history is in {runs.kept_in(setup, seed)}."


def test_nothing_is_left_out() -> None:
    assert {name for names in SETS.values() for name in names} == set(table.NAMES)
