"""All runs as a page of Markdown: what was run, what was found, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from server.chaos.checker import BESIDES, INVARIANTS
from server.chaos.report.bound import failing_at_most
from server.chaos.report.result import FaultSeen, Outcomes, Result, by_name, quantile

NEEDED = 3
"""A seeded bug has to be caught within so many seeds."""


class CutPoints(Struct):
    """Processes killed at each of their calls to the database, on one setup."""

    setup: str
    commands: int
    points: int
    in_commit: int
    stood: int
    failures: list[str] = field(default_factory=list)


def page(results: Sequence[Result], cuts: Sequence[CutPoints] = (), about: Sequence[str] = ()) -> str:
    """The whole report. ``about`` are lines on when and on what it was made. Runs with a bug are told apart."""
    plain = [result for result in results if result.bug is None]
    seeded = [result for result in results if result.bug is not None]
    parts = [
        ["# Delivery: what was run, and what was found", "", _INTRODUCTION, *(f"- {line}" for line in about)],
        _runs(plain),
        _operations(plain),
        _times(plain),
        _screens(plain),
        _nemeses(plain),
        _invariants(plain),
        _violations(plain),
        _bugs(seeded) if seeded else [],
        _cuts(cuts) if cuts else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


_INTRODUCTION = """\
Generated from the histories of the runs. The contract and the meaning of the invariants are in
[delivery.md](delivery.md)."""


def _runs(results: Sequence[Result]) -> list[str]:
    rows = []
    for name, group in by_name(results).items():
        valid = [result for result in group if not result.invalid]
        failed = sum(not result.clean for result in valid)
        bound = f"{failing_at_most(len(valid), failed):.1%}"
        seeds = f"{min(result.seed for result in group)} to {max(result.seed for result in group)}"
        counts = [len(group), len(valid) - failed, failed, len(group) - len(valid)]
        totals = [sum(result.records for result in group), sum(result.entries for result in group)]
        rows.append([name, seeds, *counts, *totals, bound])
    head = ["setup", "seeds", "runs", "clean", "broken", "invalid", "records", "entries in the logs", "chance"]
    return [
        "## Runs",
        "",
        *_table(head, rows),
        "",
        "*chance*: the highest chance of a failing run that goes with this, at 95 % (1 - 0.05^(1/n) for n clean runs).",
        "A run is invalid, and proves nothing, when fewer than half its operations were answered or a fault did not",
        "happen.",
        *_reasons(results),
    ]


def _reasons(results: Sequence[Result]) -> list[str]:
    invalid = [
        f"- {result.name}, seed {result.seed}: {' '.join(result.invalid)}" for result in results if result.invalid
    ]
    return ["", "Invalid:", "", *invalid] if invalid else []


def _operations(results: Sequence[Result]) -> list[str]:
    rows = []
    for name, group in by_name(results).items():
        kinds: dict[str, Outcomes] = {}
        for result in group:
            for kind, one in result.operations.items():
                sum_ = kinds.setdefault(kind, Outcomes())
                sum_.ok, sum_.refused = sum_.ok + one.ok, sum_.refused + one.refused
                sum_.later, sum_.unknown = sum_.later + one.later, sum_.unknown + one.unknown
        for kind, one in sorted(kinds.items(), key=lambda pair: -pair[1].all):
            rows.append([name, kind, one.all, one.ok, one.refused, one.later, one.unknown])
    head = ["setup", "operation", "asked", "answered", "refused", "refused for now", "no answer"]
    note = "Each try counts: a message that is sent three times until it is answered is asked for three times here."
    return ["## Operations", "", *_table(head, rows), "", note]


def _times(results: Sequence[Result]) -> list[str]:
    rows = []
    for name, group in by_name(results).items():
        for when, values in (
            ("without a fault", [ms for result in group for ms in result.in_peace_ms]),
            ("while something was broken", [ms for result in group for ms in result.in_trouble_ms]),
        ):
            p50, p99 = quantile(values, 0.5), quantile(values, 0.99)
            rows.append([name, when, len(values), f"{p50:.1f}", f"{p99:.1f}"])
    note = "The load, all workers, their services and the clients share one machine: these are no benchmarks."
    return ["## Answers", "", *_table(["setup", "", "answers", "p50 ms", "p99 ms"], rows), "", note]


def _screens(results: Sequence[Result]) -> list[str]:
    rows = []
    for name, group in by_name(results).items():
        shown = [sum(result.shown.get(by, 0) for result in group) for by in ("live", "replay", "fetch")]
        healed = [result.healed_s for result in group if result.healed_s is not None]
        returns = [sum(result.returned for result in group), sum(result.recovered for result in group)]
        rows.append([name, *shown, *returns, f"{quantile(healed, 0.5):.1f}", f"{max(healed, default=0.0):.1f}"])
    head = ["setup", "live", "replayed", "fetched", "came back", "recovered", "healed s, p50", "max"]
    return [
        "## What came to the screens",
        "",
        *_table(head, rows),
        "",
        "Entries shown by all clients, by the way they came; connections that were taken up again; and how long after",
        "the last fault of a run the last client showed everything that had been answered by then.",
    ]


def _nemeses(results: Sequence[Result]) -> list[str]:
    rows = []
    for name, group in by_name(results).items():
        seen: dict[str, list[FaultSeen]] = {}
        for result in group:
            for fault in result.faults:
                seen.setdefault(fault.nemesis, []).append(fault)
        for nemesis, faults in sorted(seen.items()):
            healed = [fault.healed_s for fault in faults if fault.healed_s is not None]
            times = [f"{quantile(healed, 0.5):.1f}", f"{max(healed):.1f}"] if healed else ["-", "-"]
            rows.append([name, nemesis, len(faults), sum(fault.fired for fault in faults), *times])
    head = ["setup", "fault", "runs", "happened", "up to date s, p50", "max"]
    return ["## Faults", "", *_table(head, rows)] if rows else []


def _invariants(results: Sequence[Result]) -> list[str]:
    rows = []
    for invariant, (sentence, _) in {**INVARIANTS, **BESIDES}.items():
        cases = sum(result.cases.get(invariant, 0) for result in results)
        rows.append([invariant, sentence, cases, sum(result.found.get(invariant, 0) for result in results)])
    return ["## Invariants", "", *_table(["", "promise", "cases looked at", "broken"], rows)]


def _violations(results: Sequence[Result]) -> list[str]:
    broken = [(result, one) for result in results for one in result.broken]
    if not broken:
        return []
    lines = ["## Violations"]
    for result, one in broken:
        lines += ["", f"**{result.name}, seed {result.seed}, {one.invariant}.** {one.sentence}", "", "```json"]
        lines += [*one.lines, "```"]
    return lines


def _bugs(results: Sequence[Result]) -> list[str]:
    bugs: dict[str, list[Result]] = {}
    for result in results:
        bugs.setdefault(result.bug or "", []).append(result)
    rows = []
    for bug, runs in bugs.items():
        ordered = sorted(runs, key=lambda result: result.seed)
        # A hunt ends with the run that caught it.
        last = ordered[-1]
        by = ", ".join(sorted(last.found, key=_number))
        faults = ", ".join(dict.fromkeys(fault.nemesis for fault in last.faults)) or "none"
        rows.append([bug, last.name, faults, len(runs), f"seed {last.seed}" if by else "**never**", by or "-"])
    head = ["bug", "setup", "faults", "runs", "caught with", "by"]
    return [
        "## Seeded bugs",
        "",
        "Each was put into the product for these runs alone, and has to be caught within "
        f"{NEEDED} seeds: a checker that never failed proves nothing.",
        "",
        *_table(head, rows),
    ]


def _cuts(cuts: Sequence[CutPoints]) -> list[str]:
    rows = [[cut.setup, cut.commands, cut.points, cut.in_commit, cut.stood, len(cut.failures)] for cut in cuts]
    head = ["setup", "commands", "cut points", "in a commit", "which stood", "not all or nothing"]
    failures = [f"- {cut.setup}: {failure}" for cut in cuts for failure in cut.failures]
    return [
        "## Cut points",
        "",
        "A process killed at its n-th call to the database, for every n, until a whole loop of everything that writes",
        "passes.",
        "",
        *_table(head, rows),
        *(["", *failures] if failures else []),
    ]


def _number(invariant: str) -> tuple[int, str]:
    return (int(invariant[1:]), "") if invariant[1:].isdigit() else (99, invariant)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else str(cell).replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
