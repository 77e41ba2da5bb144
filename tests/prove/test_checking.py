"""The proof of a check runs, with few messages."""

from __future__ import annotations

from tests.prove.checking import prove
from tests.prove.proof import Options


def test_a_small_town_is_looked_at_and_made_anew() -> None:
    proof = prove(Options(inputs=3000))
    assert not proof.failures
    assert {"check on SQLite", "check on PostgreSQL", "rebuild on SQLite", "rebuild on PostgreSQL"} <= set(
        proof.figures
    )
