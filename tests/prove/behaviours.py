"""Our tests of both protocols, ten times in a row, while a busy process has the other core."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import time

from tests.prove.proof import LOAD_CORE, ROOT, SERVER_CORE, Options, Proof

ROUNDS = 10
_PASSED = re.compile(r"(\d+) passed")


def prove(options: Options) -> Proof:
    """Every round passes."""
    proof = Proof()
    rounds = options.rounds or ROUNDS
    busy = multiprocessing.get_context("spawn").Process(target=_keep_busy, daemon=True)
    busy.start()
    passed, times = 0, []
    try:
        for number in range(1, rounds + 1):
            began = time.monotonic()
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    "--no-header",
                    "-p",
                    "no:cacheprovider",
                    "tests/engine/behaviours",
                ],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
                preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
            )
            times.append(time.monotonic() - began)
            if done.returncode:
                failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
                proof.failures.append(f"round {number}: {'; '.join(failed) or done.stdout[-500:]}")
            elif found := _PASSED.search(done.stdout):
                passed += int(found[1])
    finally:
        busy.terminate()
        busy.join()
    proof.figures = {"rounds": rounds, "tests passed": passed, "longest round s": round(max(times), 1)}
    return proof


def _keep_busy() -> None:
    os.sched_setaffinity(0, {LOAD_CORE})
    while True:
        pass
