"""Limits refuse to be nonsense."""

from __future__ import annotations

import pytest

from server.engine.limits import Limits


def test_the_usual_limits_stand() -> None:
    assert Limits().tick_s == 1.0
    assert Limits(ping_interval_s=0.3, ping_timeout_s=0.2).tick_s == pytest.approx(0.02)


def test_a_bound_of_nothing_names_itself() -> None:
    with pytest.raises(ValueError, match="inbox_packets, auth_s"):
        Limits(inbox_packets=0, auth_s=-1)


def test_an_endless_deadline_is_none() -> None:
    with pytest.raises(ValueError, match="body_s"):
        Limits(body_s=float("inf"))


def test_all_together_may_hold_what_one_may() -> None:
    with pytest.raises(ValueError, match="out_total"):
        Limits(out_bytes=1000, out_total=10)


def test_limits_stay_as_they_were_checked() -> None:
    with pytest.raises(AttributeError):
        Limits().out_bytes = 0  # type: ignore[misc]
