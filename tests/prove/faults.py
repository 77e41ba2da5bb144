"""Everything that may go wrong, under load, in thirty mixtures on each setup; what is found becomes a report.

    python -m tests.prove faults                                both setups, and docs/delivery-report.md
    python -m tests.prove faults --setup postgres --seed 17     one run again; a failed one named it
    python -m tests.prove faults --rounds 3                     three seeds on each, and no report

The histories of runs that are not clean stay in build/faults.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from server import __version__
from server.chaos import report
from server.chaos.report import Result
from tests.faults import runs
from tests.prove.proof import ROOT, Options, Proof

SEEDS = 30
NEMESES = 3
REPORT = ROOT / "docs" / "delivery-report.md"
RESULTS = runs.KEPT / "results.jsonl"


def prove(options: Options) -> Proof:
    """Each run counts, and is clean."""
    setups = [options.setup] if options.setup else list(runs.SETUPS)
    is_whole = options.rounds is None and options.setup is None and not options.is_seed_named
    seeds = [options.seed] if options.is_seed_named else range(1, (options.rounds or SEEDS) + 1)
    proof = Proof()
    results = [result for setup in setups for seed in seeds if (result := _run(setup, seed, proof))]
    for line in report.many(results).splitlines():
        print(line, flush=True)
    if is_whole:
        write(results)
    proof.figures = {
        "runs": len(results),
        "clean": sum(result.clean for result in results),
        "operations": sum(outcomes.all for result in results for outcomes in result.operations.values()),
        "faults": sum(len(result.faults) for result in results),
    }
    return proof


def _run(setup: str, seed: int, proof: Proof) -> Result | None:
    try:
        result = runs.run(setup, seed, count=NEMESES)
    except Exception as error:
        print(f"seed {seed} on {setup}: FAILED: {type(error).__name__}: {error}", flush=True)
        proof.must(False, f"seed {seed} on {setup} failed: {type(error).__name__}: {error}. {_again(setup, seed)}")
        return None
    print(report.one(result), flush=True)
    broken = ", ".join(result.found) or " ".join(result.invalid)
    proof.must(result.clean, f"seed {seed} on {setup}: {broken}. {_again(setup, seed)}")
    return result


def _again(setup: str, seed: int) -> str:
    return f"Its history is in {runs.kept_in(setup, seed)}; again: {runs.repeat(setup, seed)}"


def write(results: Sequence[Result]) -> None:
    """The report, and the figures that it is made of."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    for result in results:
        report.save(RESULTS, result)
    REPORT.write_text(report.page(results, about=about()))
    print(f"The report is {REPORT}.", flush=True)


def about() -> list[str]:
    """When and on what a report was made."""
    return [
        f"{datetime.now(UTC).date().isoformat()}, Madang {__version__}, Python {platform.python_version()}",
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, which servers and clients share",
    ]
