"""R24, R25, R26: what is written when: together, in slices, and less often while much is written."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from server.engine.limits import Limits
from server.engine.outflow import APART_S, SMALL_FLUSH, WRITE_COST_S, Outflow, Parcel
from tests.engine.stepped import SteppedLoop


class Outlet:
    def __init__(self) -> None:
        self.flushed = 0
        self.slow = False
        self.holding = 0

    def unsent(self) -> int:
        return self.holding

    def flush(self) -> None:
        self.flushed += 1

    def too_slow(self) -> None:
        self.slow = True


def outflow(loop: SteppedLoop, **limits: Any) -> Outflow:
    return Outflow(loop, Limits(**limits))  # type: ignore[arg-type]


def test_a_parcel_has_text_and_attachments_in_one_write() -> None:
    """R24."""
    parcel = Parcel('51-["a",{"_placeholder":true,"num":0}]', [b"xyz"])
    assert parcel.packets == ('451-["a",{"_placeholder":true,"num":0}]', b"xyz")
    assert parcel.frames.endswith(b"\x82\x03xyz")


def test_a_small_flush_never_waits() -> None:
    """R25: eight or fewer."""
    loop = SteppedLoop()
    flow = outflow(loop)
    outlets = [Outlet() for _ in range(SMALL_FLUSH)]
    for turn in range(1, 4):
        for outlet in outlets:
            flow.dirtied(outlet)
        loop.step(0)
        assert {outlet.flushed for outlet in outlets} == {turn}


def test_what_comes_later_waits_a_moment_even_if_something_was_due() -> None:
    loop = SteppedLoop()
    flow = outflow(loop)
    outlet = Outlet()
    flow.dirtied(outlet)
    flow.dirtied_later(outlet)
    loop.step(APART_S / 2)
    assert outlet.flushed == 0
    loop.step(APART_S)
    assert outlet.flushed == 1


def test_a_flush_makes_the_next_one_wait_about_as_long_as_it_cost() -> None:
    """R25: nine cost a tenth of a millisecond, and nobody waits for that; two hundred cost two."""
    for size, wait in ((SMALL_FLUSH + 1, 0.0), (200, 200 * WRITE_COST_S)):
        loop = SteppedLoop()
        flow = outflow(loop)
        outlets = [Outlet() for _ in range(size)]
        for outlet in outlets:
            flow.dirtied(outlet)
        loop.step(0)
        flow.dirtied(outlets[0])
        loop.step(wait * 0.9)
        assert outlets[0].flushed == (1 if wait else 2)
        loop.step(wait * 0.2)
        assert outlets[0].flushed == 2


def test_who_waits_for_a_large_flush_waits_once() -> None:
    """R25: a quiet moment ends the pause."""
    loop = SteppedLoop()
    flow = outflow(loop)
    outlets = [Outlet() for _ in range(500)]
    for outlet in outlets:
        flow.dirtied(outlet)
    loop.step(0.1)
    flow.dirtied(outlets[0])
    loop.step(0)
    assert outlets[0].flushed == 2
    flow.dirtied(outlets[0])
    loop.step(0)
    assert outlets[0].flushed == 3


def test_one_that_fails_keeps_nobody_from_writing(caplog: pytest.LogCaptureFixture) -> None:
    """R25: an error in one connection's write must not be the last write of all."""
    loop = SteppedLoop()
    flow = outflow(loop)

    class Fails(Outlet):
        def flush(self) -> None:
            raise RuntimeError("a bug")

    before, after = Outlet(), Outlet()
    for _ in range(2):
        for outlet in (before, Fails(), after):
            flow.dirtied(outlet)
        with caplog.at_level(logging.ERROR, "engine"):
            loop.step(0)
    assert (before.flushed, after.flushed) == (2, 2)
    assert len(caplog.records) == 2


def test_a_large_flush_makes_the_next_one_wait_but_not_for_long() -> None:
    """R25: at most pause_s."""
    loop = SteppedLoop()
    flow = outflow(loop, slice=10_000)
    outlets = [Outlet() for _ in range(5000)]
    for outlet in outlets:
        flow.dirtied(outlet)
    loop.step(0)
    flow.dirtied(outlets[0])
    loop.step(0.01)
    assert outlets[0].flushed == 1
    loop.step(0.011)
    assert outlets[0].flushed == 2


def test_a_slice_at_a_time() -> None:
    """R26."""
    loop = SteppedLoop()
    flow = outflow(loop, slice=10)
    outlets = [Outlet() for _ in range(25)]
    for outlet in outlets:
        flow.dirtied(outlet)
    sizes = []
    while loop.timers:
        before = sum(outlet.flushed for outlet in outlets)
        loop.turn()
        sizes.append(sum(outlet.flushed for outlet in outlets) - before)
    assert sizes == [10, 10, 5]
    assert {outlet.flushed for outlet in outlets} == {1}


def holds(flow: Outflow, outlet: Outlet, size: int) -> None:
    outlet.holding = size
    flow.holds(outlet, size)


def test_one_who_holds_too_much_goes_and_so_does_the_largest_of_many() -> None:
    """R17."""
    flow = outflow(SteppedLoop(), out_bytes=100, out_total=250)
    small, large, third, greedy = (Outlet() for _ in range(4))
    holds(flow, small, 80)
    holds(flow, large, 100)
    holds(flow, third, 90)
    assert (small.slow, large.slow, third.slow) == (False, True, False)
    assert flow.unsent_total == 170
    holds(flow, greedy, 101)
    assert greedy.slow
    holds(flow, small, 0)
    flow.forget(third)
    assert flow.unsent_total == 0


def test_nobody_is_cut_for_what_has_gone_out_since() -> None:
    """R17."""
    flow = outflow(SteppedLoop(), out_bytes=100, out_total=250)
    outlets = [Outlet() for _ in range(20)]
    for outlet in outlets:
        holds(flow, outlet, 90)
        outlet.holding = 0  # its transport took it all, and said nothing
    assert not any(outlet.slow for outlet in outlets)
    assert flow.unsent_total <= 250


def test_the_total_is_looked_at_when_it_is_asked_for() -> None:
    """R30: a gauge that nobody brings down would show what was once."""
    flow = outflow(SteppedLoop())
    one, other = Outlet(), Outlet()
    holds(flow, one, 90)
    holds(flow, other, 80)
    one.holding, other.holding = 0, 30
    assert flow.total() == 30
    assert flow.unsent_total == 30
