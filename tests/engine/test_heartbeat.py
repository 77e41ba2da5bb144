"""R20: who is still there, on a clock that a test moves."""

from __future__ import annotations

import pytest

from server.engine.heartbeat import Heartbeat
from server.engine.limits import Limits
from server.engine.wheel import Wheel
from tests.engine.stepped import SteppedLoop

LIMITS = Limits()


class Patient(Heartbeat):
    def __init__(self, loop: SteppedLoop, wheel: Wheel) -> None:
        self.pings: list[float] = []
        self.died: float | None = None
        self.loop = loop
        super().__init__(wheel, loop.now, LIMITS)

    def timer(self, kind: int, now: float) -> None:
        self.look_alive(now)

    def ping(self) -> None:
        self.pings.append(self.loop.now)

    def missed(self) -> None:
        self.died = self.loop.now


@pytest.fixture
def loop() -> SteppedLoop:
    return SteppedLoop()


@pytest.fixture
def patient(loop: SteppedLoop) -> Patient:
    return Patient(loop, Wheel(loop, LIMITS.tick_s))


def test_a_silent_client_is_gone_after_interval_and_timeout_and_a_tick(loop: SteppedLoop, patient: Patient) -> None:
    began = loop.now
    loop.step(60)
    (ping,) = patient.pings
    assert 0.8 * 18 <= ping - began <= 18 + 1
    assert patient.died is not None
    assert patient.died - began <= 18 + 10 + 1


def test_who_answers_stays_and_costs_one_entry(loop: SteppedLoop, patient: Patient) -> None:
    for _ in range(600):
        loop.step(1)
        patient.ponged(loop.now)
        assert len(patient._wheel) == 1
    assert patient.died is None
    assert 600 / 20 <= len(patient.pings) <= 600 / 17


def test_first_pings_after_a_restart_do_not_come_in_step(loop: SteppedLoop) -> None:
    """R20: after 80 to 100 % of the interval."""
    wheel = Wheel(loop, 0.1)
    patients = [Patient(loop, wheel) for _ in range(200)]
    began = loop.now
    loop.step(19)
    times = sorted(patient.pings[0] for patient in patients)
    assert times[0] - began >= 0.8 * 18
    assert times[-1] - began <= 18 + 0.1
    assert times[-1] - times[0] > 2.5


def test_a_poll_is_late_exactly_at_its_time(loop: SteppedLoop, patient: Patient) -> None:
    assert not patient.is_overdue(patient._dead_at - 0.001)
    assert patient.is_overdue(patient._dead_at)


def test_a_poll_is_not_late_while_the_loop_was_blocked(loop: SteppedLoop, patient: Patient) -> None:
    while not patient.pings:
        loop.step(1)
    # Polls are read before late timers run.
    assert not patient.is_overdue(patient._dead_at + 30)


def test_a_blocked_loop_takes_nobodys_time(loop: SteppedLoop, patient: Patient) -> None:
    while not patient.pings:
        loop.step(1)
    loop.block(60)
    assert patient.died is None
    patient.ponged(loop.now)  # what lay in the kernel meanwhile
    loop.step(17)
    assert patient.died is None


def test_whom_we_do_not_read_is_excused_and_then_has_the_whole_time(loop: SteppedLoop, patient: Patient) -> None:
    patient.excused(True, loop.now)
    loop.step(120)
    assert patient.died is None
    patient.excused(False, loop.now)
    loop.step(9)
    assert patient.died is None
    loop.step(3)
    assert patient.died is not None
