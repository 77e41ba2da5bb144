"""The proofs by name; each runs in a process of its own."""

from __future__ import annotations

import multiprocessing
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from tests.prove import (
    behaviours,
    broadcast,
    bugs,
    checking,
    cut,
    drain,
    ends,
    faults,
    flood,
    frames,
    fuzz,
    heads,
    lossy,
    moving,
    reader,
    recovered,
    redis_away,
    rolling,
    slow,
    told,
)
from tests.prove.proof import Options, Proof, Prove

PROOFS: dict[str, Prove] = {
    "fuzz": fuzz.prove,
    "frames": frames.prove,
    "behaviours": behaviours.prove,
    "ends": ends.prove,
    "broadcast": broadcast.prove,
    "flood": flood.prove,
    "slow": slow.prove,
    "drain": drain.prove,
    "reader": reader.prove,
    "move": moving.prove,
    "check": checking.prove,
    "redis": redis_away.prove,
    "told": told.prove,
    "rolling": rolling.prove,
    "heads": heads.prove,
    "recovered": recovered.prove,
    "lossy": lossy.prove,
    "cut": cut.prove,
    "bugs": bugs.prove,
    "faults": faults.prove,
}


def run(name: str, options: Options) -> Proof:
    """What it found. The memory and the garbage of one proof are not the next one's."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_proved, name, options).result()
        except BrokenProcessPool:
            return Proof(failures=["its process died"])


def _proved(name: str, options: Options) -> Proof:
    try:
        return PROOFS[name](options)
    except Exception as error:
        traceback.print_exc()
        return Proof(failures=[f"{type(error).__name__}: {error}"])
