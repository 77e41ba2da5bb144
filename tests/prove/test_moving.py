"""The proof of a move runs, with few messages."""

from __future__ import annotations

from tests.prove.moving import prove
from tests.prove.proof import Options


def test_a_small_house_is_moved_and_measured() -> None:
    proof = prove(Options(inputs=2000))
    assert not proof.failures
    assert proof.figures["logs with equal digests"] == "2,000 of 2,000"
    assert {"seconds", "copying", "comparing", "peak MB"} <= {name for name, value in proof.figures.items() if value}
