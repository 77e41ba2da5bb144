"""Prints what Madang does beside Node's Socket.IO and stock python-socketio: JSON lines, then one table.

    python -m tests.bench                       every row
    python -m tests.bench fanout crowded        these
    python -m tests.bench --quick               the firmest within two minutes; fails when one is missed by over 20 %

The server runs on the first core and the load on the last; the peers take turns. Needs Linux and two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import shlex
import sys
from pathlib import Path

from tests.bench import rows, table
from tests.bench.peers import LOAD_CORE, SERVER_CORE, versions
from tests.bench.rounds import Outcome, print_line, run
from tests.bench.rows import FULL, QUICK, Row, Sizes

TOLERANCE = 0.2
_SPARE_FILES = 200


def main(arguments: list[str] | None = None) -> None:
    """Runs what the command line asks for; ends with 1 when a quick run is too far from a target."""
    options = _options(arguments)
    if not sys.platform.startswith("linux"):
        raise SystemExit("The benchmark pins processes to cores and reads /proc: it needs Linux.")
    sizes = _sizes(options)
    chosen = _chosen(options, sizes)
    _allow_open_files(max(row.people for row in chosen) + _SPARE_FILES)
    used = versions()
    os.sched_setaffinity(0, {LOAD_CORE})
    if LOAD_CORE == SERVER_CORE:
        print("There is one core only: the load takes from the server's time.", file=sys.stderr)
    print_line(versions=used, sizes=dataclasses.asdict(sizes))
    outcomes = [run(row, print_line) for row in chosen]
    print("\n" + table.for_terminal(outcomes), flush=True)
    if options.markdown:
        table.write_markdown(options.markdown, table.as_markdown(outcomes, used, _command(arguments)))
    if options.quick and (far := too_far(outcomes)):
        raise SystemExit(f"Missed by more than {TOLERANCE:.0%}: {'; '.join(far)}.")


def too_far(outcomes: list[Outcome]) -> list[str]:
    """The lines that miss their target by more than noise explains."""
    return [
        f"{outcome.row.title}, {line.label}"
        for outcome in outcomes
        for line in outcome.row.lines
        if (outcome.miss(line) or 0) > TOLERANCE
    ]


def _chosen(options: argparse.Namespace, sizes: Sizes) -> list[Row]:
    known = rows.quick(sizes) if options.quick else rows.rows(sizes)
    unknown = [name for name in options.rows if name not in known]
    if unknown:
        raise SystemExit(f"There is no row {', '.join(unknown)} here, but {', '.join(known)}.")
    return [row for name, row in known.items() if not options.rows or name in options.rows]


def _allow_open_files(needed: int) -> None:
    """For this process and, as they inherit it, for the servers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{needed} open files are needed, this machine allows {hard} (`ulimit -Hn`).")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _sizes(options: argparse.Namespace) -> Sizes:
    given = {field.name: getattr(options, field.name) for field in dataclasses.fields(Sizes)}
    asked = {name: value for name, value in given.items() if value is not None}
    return dataclasses.replace(QUICK if options.quick else FULL, **asked)


def _command(arguments: list[str] | None) -> str:
    words = sys.argv[1:] if arguments is None else arguments
    return shlex.join(["python", "-m", "tests.bench", *words])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(rows.rows(FULL))}; all if left out")
    parser.add_argument("--quick", action="store_true", help="the firmest rows within two minutes, as a check")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="writes the table there, between a page's marks")
    for field in dataclasses.fields(Sizes):
        default = getattr(FULL, field.name)
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=type(default), metavar="N", help=f"{default:g} unless told")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
