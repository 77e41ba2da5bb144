"""One timer wakes everybody, never early, hardly late."""

from __future__ import annotations

import logging
import random

import pytest

from server.engine.wheel import Wheel
from tests.engine.stepped import SteppedLoop


class Sleeper:
    def __init__(self) -> None:
        self.woken: list[tuple[int, float]] = []

    def timer(self, kind: int, now: float) -> None:
        self.woken.append((kind, now))


def test_nobody_is_woken_early_or_more_than_a_tick_late() -> None:
    loop, dice = SteppedLoop(), random.Random(7)
    wheel = Wheel(loop, 1.0, slots=8)
    sleepers = [(Sleeper(), loop.now + dice.uniform(0, 60)) for _ in range(300)]
    for sleeper, when in sleepers:
        wheel.at(when, sleeper)
    assert loop.timers == 1
    loop.step(70)
    for sleeper, when in sleepers:
        ((_, woken),) = sleeper.woken
        assert when <= woken <= when + 1.0
    assert len(wheel) == 0


def test_an_idle_wheel_sets_no_timer_and_starts_again() -> None:
    loop = SteppedLoop()
    wheel = Wheel(loop, 0.1)
    first, second = Sleeper(), Sleeper()
    wheel.at(loop.now + 1, first, 3)
    loop.step(2)
    assert loop.timers == 0
    loop.step(1000)
    begun = loop.now
    wheel.at(begun + 5, second)
    loop.step(10)
    assert [kind for kind, _ in first.woken] == [3]
    assert begun + 5 <= second.woken[0][1] <= begun + 5.11


def test_who_is_woken_may_ask_again() -> None:
    loop = SteppedLoop()
    wheel = Wheel(loop, 1.0, slots=4)

    class Again(Sleeper):
        def timer(self, kind: int, now: float) -> None:
            super().timer(kind, now)
            if len(self.woken) < 5:
                wheel.at(now, self)

    again = Again()
    wheel.at(loop.now, again)
    loop.step(20)
    assert len(again.woken) == 5


def test_a_blocked_loop_makes_up_for_what_it_missed() -> None:
    loop = SteppedLoop()
    wheel = Wheel(loop, 1.0, slots=4)
    sleepers = [Sleeper() for _ in range(30)]
    for number, sleeper in enumerate(sleepers):
        wheel.at(loop.now + number, sleeper)
    loop.block(40)
    assert all(len(sleeper.woken) == 1 for sleeper in sleepers)
    assert loop.timers == 0


def test_one_that_fails_stops_nobodys_time(caplog: pytest.LogCaptureFixture) -> None:
    """R20: an error in one connection's timer must not be the last thing that the timer of all does."""
    loop = SteppedLoop()
    wheel = Wheel(loop, 1.0)

    class Fails(Sleeper):
        def timer(self, kind: int, now: float) -> None:
            raise RuntimeError("a bug")

    before, after, later = Sleeper(), Sleeper(), Sleeper()
    for target in (before, Fails(), after):
        wheel.at(loop.now + 1, target)
    wheel.at(loop.now + 5, later)
    with caplog.at_level(logging.ERROR, "engine"):
        loop.step(10)
    assert [len(sleeper.woken) for sleeper in (before, after, later)] == [1, 1, 1]
    assert len(caplog.records) == 1
