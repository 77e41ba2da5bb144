"""Our frame reader beside wsproto, over 20,000 random conversations cut at random."""

from __future__ import annotations

from tests.engine.against_wsproto import compare
from tests.prove.proof import Options, Proof

CONVERSATIONS = 20_000


def prove(options: Options) -> Proof:
    """Both read the same."""
    proof = Proof()
    numbers = range(options.first, options.first + (options.inputs or CONVERSATIONS))
    try:
        ends = compare(options.seed, numbers)
    except AssertionError as difference:
        proof.failures.append(str(difference))
        return proof
    proof.figures = {"seed": options.seed, "conversations": ends.total(), "by code": dict(sorted(ends.items()))}
    return proof
