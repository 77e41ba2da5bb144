"""A bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import pytest

from server import progress
from server.progress import Progress, duration, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, in seconds."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_bar_with_rate_and_time_left(at: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = Terminal()
    shown = Progress("Copying", 10_000, out, done=2_000)
    at[0] += 2
    shown.add(3_000, "entry")
    assert out.getvalue() == (
        "\rCopying [############------------]  50%  5,000 of 10,000 rows, 1,500 a second, 3.3 s left (entry)"
    )
    at[0] += 0.05
    shown.add(1, "entry")
    assert out.getvalue().count("\r") == 1  # not so soon again
    at[0] += 2
    shown.add(4_999)
    shown.end()
    last = out.getvalue().rpartition("\r")[2]
    assert last.rstrip() == "Copying: 8,000 rows in 4.0 s, 1,975 a second"
    assert last.endswith(" \n")  # what was longer before is gone


def test_a_narrow_terminal_keeps_one_line(at: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = Terminal()
    shown = Progress("Copying", 10, out)
    at[0] += 1
    shown.add(5, "entry")
    assert len(out.getvalue()) == 40


def test_plain_lines_now_and_then(at: list[float]) -> None:
    out = io.StringIO()
    shown = Progress("Copying", 100, out)
    for _ in range(100):
        at[0] += 0.3
        shown.add(1, "entry")
    shown.end()
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0] == "Copying  34%  34 of 100 rows, 3 a second, 20 s left (entry)"
    assert lines[-1] == "Copying: 100 rows in 30 s, 3 a second"
    assert "\r" not in out.getvalue()


def test_nothing_to_do_is_done_at_once(at: list[float]) -> None:
    out = io.StringIO()
    Progress("Copying", 0, out).end()
    assert out.getvalue() == "Copying: 0 rows in 0.0 s, 0 a second\n"


def test_units() -> None:
    assert [duration(s) for s in (0.44, 9.9, 37.2, 125, 11_520)] == [
        "0.4 s",
        "9.9 s",
        "37 s",
        "2 min 5 s",
        "3 h 12 min",
    ]
    assert [size(b) for b in (812, 4_200_000, 999_900, 1_234_000_000, 5_000)] == [
        "812 bytes", "4.2 MB", "1 MB", "1.23 GB", "5 kB",
    ]  # fmt: skip
