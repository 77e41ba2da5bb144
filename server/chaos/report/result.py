"""One run in short: its verdict, and figures that are counted in its history; small enough to be kept for a report."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field

from server.chaos import history
from server.chaos.checker import Verdict, check
from server.chaos.checker.indexed import Indexed

_LONG = re.compile(r'("text":"(?:[^"\\]|\\.){60})(?:[^"\\]|\\.){20,}')
KEPT = 3
"""So many violations of each invariant are kept with their slices."""


class Broken(Struct):
    """A violation, with the slice of the history that shows it as lines of JSON."""

    invariant: str
    sentence: str
    lines: list[str]


class Outcomes(Struct):
    """How operations of one kind ended. ``later``: refused for now; ``unknown``: no answer came."""

    ok: int = 0
    refused: int = 0
    later: int = 0
    unknown: int = 0

    @property
    def all(self) -> int:
        """How many were asked for."""
        return self.ok + self.refused + self.later + self.unknown


class FaultSeen(Struct):
    """What a nemesis did. ``healed_s``: so long after its end the last client showed what had been answered by then.

    None when the next fault came before that.
    """

    nemesis: str
    fired: bool
    detail: str
    lasted_s: float
    healed_s: float | None


class Result(Struct):
    """What is known of one run. Times of answers are in milliseconds."""

    setup: str
    workers: int
    seed: int
    bug: str | None = None
    invalid: list[str] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    records: int = 0
    lasted_s: float = 0.0
    entries: int = 0
    operations: dict[str, Outcomes] = field(default_factory=dict)
    in_peace_ms: list[float] = field(default_factory=list)
    in_trouble_ms: list[float] = field(default_factory=list)
    faults: list[FaultSeen] = field(default_factory=list)
    healed_s: float | None = None
    shown: dict[str, int] = field(default_factory=dict)
    returned: int = 0
    recovered: int = 0

    @property
    def clean(self) -> bool:
        """Whether it counts and nothing was broken."""
        return not self.invalid and not self.found

    @property
    def name(self) -> str:
        """What was run, without the seed."""
        return f"{self.setup}, {self.workers} worker{'s' if self.workers > 1 else ''}"

    @classmethod
    def of(cls, records: Sequence[history.AnyRecord], verdict: Verdict | None = None) -> Result:
        """What a history says. The verdict is found unless it is given."""
        verdict = verdict or check(records)
        run = Indexed(records)
        about = run.run or history.Run(0, "unknown", 0)
        peace, trouble = _answers(run)
        return cls(
            setup=about.setup,
            workers=about.workers,
            seed=about.seed,
            bug=about.bug,
            invalid=verdict.invalid,
            broken=[
                Broken(one.invariant, one.sentence, [_line(record) for record in one.records])
                for judgement in verdict.judgements
                for one in judgement.violations[:KEPT]
            ],
            found={judgement.invariant: judgement.found for judgement in verdict.judgements if judgement.found},
            cases={judgement.invariant: judgement.cases for judgement in verdict.judgements},
            records=len(records),
            lasted_s=records[-1].t if records else 0.0,
            entries=sum(len(final.entries) for copies in run.finals.values() for final in [*copies.values()][:1]),
            operations=_operations(run),
            in_peace_ms=peace,
            in_trouble_ms=trouble,
            faults=_faults(run),
            healed_s=_caught_up(run, run.healed.t, None) if run.healed else None,
            shown=_shown(run),
            **_returns(run),
        )


def save(path: Path, result: Result) -> None:
    """Adds a result to a file of lines."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(result) + b"\n")


def load(path: Path) -> list[Result]:
    """The results in a file of lines."""
    with path.open("rb") as file:
        return [msgspec.json.decode(line, type=Result) for line in file]


def quantile(values: Sequence[float], part: float) -> float:
    """What so large a part of the values does not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _line(record: history.AnyRecord) -> str:
    """A record as a line, with the beginning of each long text."""
    return _LONG.sub(r"\1...", history.line(record).decode().rstrip())


def _operations(run: Indexed) -> dict[str, Outcomes]:
    found: dict[str, Outcomes] = defaultdict(Outcomes)
    for op in run.ops.values():
        outcomes = found[type(op.invoke.call).__name__.lower()]
        if op.answer is not None:
            outcomes.ok += 1
        elif op.refused:
            outcomes.refused += 1
        elif isinstance(op.outcome, history.Fail):
            outcomes.later += 1
        else:
            outcomes.unknown += 1
    return dict(found)


def _answers(run: Indexed) -> tuple[list[float], list[float]]:
    """How long answers took: of those without and with a fault in the meantime. Coming back is not counted."""
    faults = [(begin.t, end.t) for begin, end in _spans(run)]
    peace: list[float] = []
    trouble: list[float] = []
    for op in run.ops.values():
        if op.answer is not None and not isinstance(op.invoke.call, history.Connect):
            asked_t, answered_t = op.invoke.t, run.t(op.done)
            meets = any(begin_t <= answered_t and asked_t <= end_t for begin_t, end_t in faults)
            (trouble if meets else peace).append(round(1000 * (answered_t - asked_t), 1))
    return peace, trouble


def _spans(run: Indexed) -> list[tuple[history.Fault, history.Fault]]:
    """Each fault's beginning and end."""
    open_: dict[str, history.Fault] = {}
    spans = []
    for fault in run.faults:
        if fault.phase == "begin":
            open_[fault.nemesis] = fault
        elif fault.nemesis in open_:
            spans.append((open_.pop(fault.nemesis), fault))
    return spans


def _faults(run: Indexed) -> list[FaultSeen]:
    spans = _spans(run)
    seen = []
    for number, (begin, end) in enumerate(spans, 1):
        next_t = spans[number][0].t if number < len(spans) else None
        healed_s = _caught_up(run, end.t, next_t)
        seen.append(FaultSeen(end.nemesis, end.fired, end.detail, round(end.t - begin.t, 3), healed_s))
    return seen


def _caught_up(run: Indexed, from_t: float, until_t: float | None) -> float | None:
    """How long after ``from_t`` the last screen got what had been answered by then; None: not before ``until_t``."""
    answered: dict[tuple[int, int], float] = {}
    for op, call in run.asked(history.Send):
        if isinstance(op.answer, history.Sent):
            place = (call.conversation_id, op.answer.seq)
            answered[place] = min(answered.get(place, float("inf")), run.t(op.done))
    late = [
        shown.t
        for _, shown in run.of(history.Shown)
        if shown.t > from_t and answered.get((shown.conversation_id, shown.seq), float("inf")) <= from_t
    ]
    last = max(late, default=from_t)
    return None if until_t is not None and last > until_t else round(last - from_t, 3)


def _shown(run: Indexed) -> dict[str, int]:
    found = {"live": 0, "replay": 0, "fetch": 0}
    for _, shown in run.of(history.Shown):
        found[shown.by] += 1
    return found


def _returns(run: Indexed) -> dict[str, int]:
    back = [op.answer for op, call in run.asked(history.Connect) if call.resume]
    connected = [answer for answer in back if isinstance(answer, history.Connected)]
    return {"returned": len(connected), "recovered": sum(answer.recovered for answer in connected)}


def by_name(results: Sequence[Result]) -> dict[str, list[Result]]:
    """Results of the same setup together, in the order in which they first came."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.name, []).append(result)
    return groups
