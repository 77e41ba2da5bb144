"""Runs the proofs; see the package."""

from __future__ import annotations

import argparse
import sys
import time

from tests.prove.proof import Options, Proof
from tests.prove.running import PROOFS, run


def main(arguments: list[str] | None = None) -> int:
    """0 when everything that was asked for holds."""
    names, options = _asked(arguments)
    done: dict[str, tuple[Proof, float]] = {}
    for name in names:
        began = time.monotonic()
        proof = run(name, options)
        done[name] = proof, time.monotonic() - began
        print(f"{name}: {_said(proof)}", flush=True)
    print()
    for name, (proof, seconds) in done.items():
        print(f"{name:<12}{'holds' if not proof.failures else 'DOES NOT HOLD':<16}{seconds:6.1f} s")
    return 1 if any(proof.failures for proof, _ in done.values()) else 0


def _said(proof: Proof) -> str:
    figures = ", ".join(f"{name} {_short(value)}" for name, value in proof.figures.items())
    return "; ".join([figures or "no figures", *(f"DOES NOT HOLD: {failure}" for failure in proof.failures)])


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _asked(arguments: list[str] | None) -> tuple[list[str], Options]:
    parser = argparse.ArgumentParser(
        prog="python -m tests.prove", description="What Madang promises, shown by running it."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(PROOFS)}; all when none is named")
    parser.add_argument("--seed", type=int, default=Options.seed, help="of fuzz, frames and faults")
    parser.add_argument("--first", type=int, default=0, help="the first input of fuzz and frames")
    parser.add_argument("--inputs", type=int, help="how many inputs, connections, events or members")
    parser.add_argument(
        "--rounds",
        type=int,
        help="how often behaviours and broadcast are repeated, and of how many seeds faults are made",
    )
    parser.add_argument("--setup", choices=("sqlite", "postgres"), help="what faults are made on; both if left out")
    parser.add_argument("--seconds", type=float, help="how long reader goes on")
    asked = vars(parser.parse_args(arguments))
    names = asked.pop("names") or list(PROOFS)
    if unknown := set(names) - set(PROOFS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return names, Options(**asked)


if __name__ == "__main__":
    sys.exit(main())
