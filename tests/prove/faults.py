"""Everything that may go wrong, under load, in thirty mixtures on each setup; what is found becomes a report.

    python -m tests.prove faults                                both setups, and docs/delivery-report.md
    python -m tests.prove faults --setup postgres               one of them; the report keeps what it has of the other
    python -m tests.prove faults --setup postgres --seed 17     one run again; a failed one named it
    python -m tests.prove faults --rounds 3                     three seeds on each, and no report

The histories of runs that are not clean stay in build/faults.
"""

from __future__ import annotations

from server.chaos import report
from server.chaos.report import Result
from tests.faults import runs
from tests.prove.delivery_report import keep_runs
from tests.prove.proof import Options, Proof

SEEDS = 30
NEMESES = 3
WORKERS = {"sqlite": 1, "postgres": 3}


def prove(options: Options) -> Proof:
    """Each run counts, and is clean."""
    setups = [options.setup] if options.setup else list(runs.SETUPS)
    is_whole = options.rounds is None and not options.is_seed_named
    seeds = [options.seed] if options.is_seed_named else range(1, (options.rounds or SEEDS) + 1)
    proof = Proof()
    results: list[Result] = []
    for setup in setups:
        there = [_run(setup, seed, proof) for seed in seeds]
        results += there
        if is_whole:
            print(f"The report is {keep_runs(setup, there)}.", flush=True)
    for line in report.many(results).splitlines():
        print(line, flush=True)
    proof.figures = {
        "runs": len(results),
        "clean": sum(result.clean for result in results),
        "operations": sum(outcomes.all for result in results for outcomes in result.operations.values()),
        "faults": sum(len(result.faults) for result in results),
    }
    return proof


def _run(setup: str, seed: int, proof: Proof) -> Result:
    try:
        result = runs.run(setup, seed, count=NEMESES)
    except Exception as error:
        # It counts as a run that proves nothing, so that the report does not look better than it is.
        result = Result(setup, WORKERS[setup], seed, invalid=[f"It failed: {type(error).__name__}: {error}"])
    print(report.one(result), flush=True)
    broken = ", ".join(result.found) or " ".join(result.invalid)
    proof.must(result.clean, f"seed {seed} on {setup}: {broken}. {_again(setup, seed)}")
    return result


def _again(setup: str, seed: int) -> str:
    return f"Its history is in {runs.kept_in(setup, seed)}; again: {runs.repeat(setup, seed)}"
