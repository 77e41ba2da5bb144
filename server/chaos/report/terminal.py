"""A run, and many, in a few lines for whoever waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server.chaos.report.bound import failing_at_most
from server.chaos.report.result import Outcomes, Result, by_name, quantile

WIDTH = 300
"""A record may hold a long text: a line of it is cut."""


def one(result: Result) -> str:
    """What is to be said of a run: a line when all is well but for the figures, and what was broken, shown."""
    return "\n".join([f"seed {result.seed} on {result.name}: {verdict(result)}", *_figures(result), *_broken(result)])


def verdict(result: Result) -> str:
    """Clean, invalid with the reason, or what was broken and how often."""
    said = [f"INVALID: {' '.join(result.invalid)}"] if result.invalid else []
    if result.found:
        said.append("BROKEN: " + ", ".join(f"{invariant} ({count})" for invariant, count in result.found.items()))
    return " ".join(said) or "clean"


def many(results: Sequence[Result]) -> str:
    """What all runs together say, for each setup."""
    return "\n".join(_summary(name, group) for name, group in by_name(results).items())


def _figures(result: Result) -> Iterator[str]:
    total = Outcomes()
    for outcomes in (one for kind, one in result.operations.items() if kind != "connect"):
        total.ok += outcomes.ok
        total.refused += outcomes.refused
        total.later += outcomes.later
        total.unknown += outcomes.unknown
    yield (
        f"  {total.all:,} operations in {result.lasted_s:.1f} s: {total.ok:,} answered, {total.refused:,} refused, "
        f"{total.later:,} to be tried again, {total.unknown:,} without an answer"
    )
    yield (
        f"  answers {_times(result.in_peace_ms)} in peace, {_times(result.in_trouble_ms)} in trouble "
        f"(p50 / p99 of {len(result.in_peace_ms):,} and {len(result.in_trouble_ms):,})"
    )
    shown = result.shown
    yield (
        f"  shown {shown.get('live', 0):,} live, {shown.get('replay', 0):,} replayed, {shown.get('fetch', 0):,} "
        f"fetched; {result.returned:,} came back, {result.recovered:,} of them recovered"
    )
    for fault in result.faults:
        healed = "not before the next fault" if fault.healed_s is None else f"after {fault.healed_s:.1f} s"
        yield f"  {fault.nemesis}: {fault.lasted_s:.1f} s, everybody up to date {healed}. {fault.detail}"
    if result.healed_s is not None:
        yield f"  everybody up to date {result.healed_s:.1f} s after the last of it"


def _broken(result: Result) -> Iterator[str]:
    for broken in result.broken:
        yield f"  {broken.invariant}: {broken.sentence}"
        yield from (f"      {line if len(line) <= WIDTH else f'{line[:WIDTH]} ...'}" for line in broken.lines)


def _summary(name: str, results: Sequence[Result]) -> str:
    valid = [result for result in results if not result.invalid]
    failed = sum(not result.clean for result in valid)
    bound = failing_at_most(len(valid), failed)
    return (
        f"{name}: {len(valid) - failed} of {len(results)} runs clean, {failed} broken, {len(results) - len(valid)} "
        f"invalid; the chance of a failing run is at most {bound:.1%} (95 %)"
    )


def _times(values: Sequence[float]) -> str:
    return f"{quantile(values, 0.5):.0f} / {quantile(values, 0.99):.0f} ms" if values else "-"
