"""A large flush over several turns of the loop: by count, and by time where writing is slow."""

from __future__ import annotations

from typing import Any

from server.engine.limits import Limits
from server.engine.outflow import LOOK_EVERY, SMALL_FLUSH, TURN_S, Outflow
from tests.engine.stepped import SteppedLoop


class Outlet:
    """Each write takes a moment."""

    def __init__(self, loop: SteppedLoop, cost_s: float, written: list[Outlet]) -> None:
        self._loop = loop
        self._cost_s = cost_s
        self._written = written

    def unsent(self) -> int:
        return 0

    def flush(self) -> None:
        self._loop.now += self._cost_s
        self._written.append(self)

    def too_slow(self) -> None:
        raise AssertionError


def crowd(count: int, cost_s: float, **limits: Any) -> tuple[SteppedLoop, Outflow, list[Outlet], list[Outlet]]:
    loop, written = SteppedLoop(), []  # type: ignore[var-annotated]
    flow = Outflow(loop, Limits(**limits))  # type: ignore[arg-type]
    return loop, flow, [Outlet(loop, cost_s, written) for _ in range(count)], written


def test_slow_writes_leave_the_rest_to_the_next_turn() -> None:
    cost = TURN_S / LOOK_EVERY * 1.5
    loop, flow, outlets, written = crowd(LOOK_EVERY * 4, cost)
    for outlet in outlets:
        flow.dirtied(outlet)
    sizes = []
    while len(written) < len(outlets):
        before = len(written)
        loop.turn()
        sizes.append(len(written) - before)
    assert sizes == [LOOK_EVERY] * 4
    assert written == outlets


def test_quick_writes_go_on_to_the_end_of_the_slice() -> None:
    loop, flow, outlets, written = crowd(300, 0.0, slice=200)
    for outlet in outlets:
        flow.dirtied(outlet)
    loop.turn()
    assert len(written) == 200


def test_the_pause_counts_all_slices_not_only_the_last() -> None:
    loop, flow, outlets, written = crowd(200 + SMALL_FLUSH, 0.0, slice=200)
    for outlet in outlets:
        flow.dirtied(outlet)
    loop.turn()
    loop.turn()
    assert len(written) == 200 + SMALL_FLUSH
    flow.dirtied(outlets[0])
    loop.step(0.001)
    assert len(written) == 200 + SMALL_FLUSH
    loop.step(0.002)
    assert len(written) == 201 + SMALL_FLUSH
