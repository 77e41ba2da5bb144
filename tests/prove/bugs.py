"""Every bug on purpose is caught within three seeds, and where there is none, nothing is."""

from __future__ import annotations

from server.chaos.report import Result
from tests.faults.bugs import ALL
from tests.faults.hunt import SEEDS, hunt, run
from tests.faults.setups import LAUNCHER
from tests.prove.delivery_report import keep_hunts
from tests.prove.proof import Options, Proof


def prove(options: Options) -> Proof:
    """Prints for each bug the seed and the invariants that caught it."""
    proof = Proof()
    caught = 0
    results: list[Result] = []
    for bug in ALL:
        tries = hunt(bug)
        results += [one.result for one in tries]
        last = tries[-1]
        by = last.catches(bug)
        caught += bool(by)
        proof.figures[bug.name] = f"seed {last.seed} by {'+'.join(by)}" if by else "not caught"
        proof.must(bool(by), f"{bug.name} was not caught with the seeds {SEEDS}: {last}")
        print(f"{bug.name}: {proof.figures[bug.name]} ({last.seconds:.0f} s): {last.sentence}", flush=True)
    for on in ("sqlite", "postgres"):
        faults = sorted({nemesis for bug in ALL if bug.on == on for nemesis in bug.nemeses})
        sound = run(on, SEEDS[0], faults, LAUNCHER)
        proof.must(not sound.broken, f"without a bug, {on}: {sound}")
        proof.must(not sound.invalid, f"without a bug, {on}: {sound}")
    keep_hunts(results)
    proof.figures = {"bugs": len(ALL), "caught": caught, **proof.figures}
    return proof
