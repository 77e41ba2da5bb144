"""Bugs on purpose are found, the quickest of them here; `python -m tests.prove bugs` hunts all of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.bugs import BUGS, Bug
from tests.faults.bugs.patching import put
from tests.faults.hunt import hunt
from tests.services_under_test import ROOT


def test_each_bug_can_still_be_planted() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.bugs"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_bug_without_its_place_says_so() -> None:
    with pytest.raises(AssertionError, match="no _gone any more"):
        put(Bug, "_gone", lambda old: old)


@pytest.mark.parametrize("name", ["mark_without_max", "swallowed_commit_error", "resume_off_by_one"])
def test_a_bug_is_caught_within_three_seeds(name: str) -> None:
    tries = hunt(BUGS[name])
    assert tries[-1].catches(BUGS[name]), tries
