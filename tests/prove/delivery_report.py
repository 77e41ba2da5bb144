"""docs/delivery-report.md, made of what whole proofs have left: runs with faults, hunts for seeded bugs, cut points.

Each of them is kept in build/faults with a line on when and on what it was made, so that one can be made anew alone.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct, field

from server import __version__
from server.chaos.report import CutPoints, Result, page
from tests.prove.proof import ROOT

KEPT = ROOT / "build" / "faults"
REPORT = ROOT / "docs" / "delivery-report.md"


class Kept(Struct):
    """What a proof has left."""

    about: str
    results: list[Result] = field(default_factory=list)
    cuts: list[CutPoints] = field(default_factory=list)


def keep_runs(setup: str, results: Sequence[Result]) -> Path:
    """Keeps the whole runs on one setup, and writes the report anew."""
    return _keep(setup, Kept(f"Runs on {setup}: {_when()}", results=list(results)))


def keep_hunts(results: Sequence[Result]) -> Path:
    """Keeps runs with seeded bugs, and writes the report anew."""
    return _keep("bugs", Kept(f"Seeded bugs: {_when()}", results=list(results)))


def keep_cuts(cuts: Sequence[CutPoints]) -> Path:
    """Keeps cut points, and writes the report anew."""
    return _keep("cuts", Kept(f"Cut points: {_when()}", cuts=list(cuts)))


def _keep(name: str, kept: Kept) -> Path:
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.json").write_bytes(msgspec.json.encode(kept))
    parts = [_kept(one) for one in ("sqlite", "postgres", "bugs", "cuts")]
    there = [part for part in parts if part is not None]
    results = [result for part in there for result in part.results]
    cuts = [cut for part in there for cut in part.cuts]
    REPORT.write_text(page(results, cuts, [part.about for part in there]))
    return REPORT


def _kept(name: str) -> Kept | None:
    path = KEPT / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Kept) if path.exists() else None


def _when() -> str:
    return (
        f"{datetime.now(UTC).date().isoformat()}, Madang {__version__}, Python {platform.python_version()}, "
        f"{platform.system()}, {os.cpu_count()} cores, which servers and clients share"
    )
