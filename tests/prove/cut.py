"""Killed at every call to the database, until a whole loop of everything that writes passes: all or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from server.chaos.report import CutPoints
from tests.postgres_server import PostgresServer
from tests.prove.delivery_report import keep_cuts
from tests.prove.proof import ROOT, Options, Proof

MOST_S = 1800


def prove(options: Options) -> Proof:
    """``options.rounds`` of N: only every N-th call."""
    every = options.rounds or 1
    proof = Proof()
    outcomes: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as server:
        running = {
            name: _cutting(database, Path(folder) / name, every)
            for name, database in (("SQLite", "sqlite"), ("PostgreSQL", server.address("postgres")))
        }
        for name, process in running.items():
            said, complaint = process.communicate(timeout=MOST_S)
            proof.must(process.returncode == 0, f"{name}: it ended with {process.returncode}: {complaint[-1000:]}")
            if process.returncode == 0:
                outcomes[name] = json.loads(said)
                _add(proof, name, outcomes[name])
    if every == 1 and len(outcomes) == len(running):
        keep_cuts([CutPoints(name, **outcome) for name, outcome in outcomes.items()])
    return proof


def _cutting(database: str, folder: Path, every: int) -> subprocess.Popen[str]:
    folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.cut_points", database, str(folder), "--every", str(every)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _add(proof: Proof, name: str, outcome: dict[str, Any]) -> None:
    proof.figures |= {
        "steps": outcome["commands"],
        f"{name} cut points": outcome["points"],
        f"{name} while a commit was on its way": outcome["in_commit"],
        f"{name} of those it stood": outcome["stood"],
    }
    proof.must(outcome["points"] > 0, f"{name}: nothing was cut")
    proof.failures += [f"{name}: {failure}" for failure in outcome["failures"]]
