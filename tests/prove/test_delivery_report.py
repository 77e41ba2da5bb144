"""The report holds what each proof has left, and one of them can be made anew alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.chaos.report import CutPoints, Result
from tests.prove import delivery_report


@pytest.fixture(autouse=True)
def kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_report, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(delivery_report, "REPORT", tmp_path / "report.md")


def test_parts_are_put_together_whenever_one_is_new() -> None:
    report = delivery_report.keep_runs("sqlite", [Result("sqlite", 1, seed) for seed in range(1, 31)])
    assert "| sqlite, 1 worker | 1 to 30 | 30 | 30 | 0 | 0 | 0 | 0 | 9.5% |" in report.read_text()
    delivery_report.keep_cuts([CutPoints("SQLite", 60, 900, 40, 12)])
    delivery_report.keep_hunts([Result("postgres", 3, 1, bug="no_beacon", found={"I11": 2})])
    text = report.read_text()
    assert "| sqlite, 1 worker | 1 to 30 | 30 |" in text
    assert "| SQLite | 60 | 900 | 40 | 12 | 0 |" in text
    assert "| no_beacon | postgres, 3 workers | none | 1 | seed 1 | I11 |" in text
    delivery_report.keep_runs("postgres", [Result("postgres", 3, seed) for seed in range(1, 4)])
    delivery_report.keep_runs("sqlite", [Result("sqlite", 1, 7)])
    assert "| sqlite, 1 worker | 7 to 7 | 1 |" in report.read_text()
    assert "| postgres, 3 workers | 1 to 3 | 3 |" in report.read_text()
    assert "| no_beacon |" in report.read_text()
