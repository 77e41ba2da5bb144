"""Peers take turns, round by round, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.measure import medians
from tests.bench.peers.crowd import new_disk_folder
from tests.bench.rows import Figures, Line, Row

UNSTEADY = 0.3
"""A round in which Node is so far from its own median is measured again; at most so many times as there are rounds."""
BUSY_LOAD = 90.0

Round = dict[str, Figures]
Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row came to; ``notes`` say what to keep in mind when reading it."""

    row: Row
    rounds: list[Round]
    notes: list[str]

    @property
    def medians(self) -> Round:
        return {peer: medians([each[peer] for each in self.rounds]) for peer in self.row.peers}

    def ratios(self, line: Line) -> list[float]:
        """Madang to the peer beside it, of the same round; none where nobody stands beside it."""
        if line.beside not in self.row.peers:
            return []
        pairs = [(each["madang"][line.figure], each[line.beside][line.figure]) for each in self.rounds]
        return [round(ours / theirs, 3) for ours, theirs in pairs if theirs]

    def ratio(self, line: Line) -> float | None:
        """The median of the rounds' own ratios."""
        ratios = self.ratios(line)
        return round(statistics.median(ratios), 3) if ratios else None

    def miss(self, line: Line) -> float | None:
        """By which part its target is missed, 0 when it is met; None without a target."""
        if line.target is None:
            return None
        value = self.medians["madang"][line.figure] if line.target.of_figure else self.ratio(line)
        return None if value is None else line.target.miss(value)


def run(row: Row, say: Say) -> Outcome:
    """Measures every peer in every round. ``say(**line)`` hears of each as it is done."""
    rounds = [_round(row, number, say) for number in range(1, row.rounds + 1)]
    again = 0
    while again < row.rounds and (worst := _unsteady(row, rounds)) is not None:
        again += 1
        rounds[worst] = _round(row, worst + 1, say)
    outcome = Outcome(row, rounds, _notes(row, rounds, again))
    say(
        row=row.name,
        result="medians",
        medians=outcome.medians,
        ratios={f"{line.figure}/{line.beside}": outcome.ratios(line) for line in row.lines},
        notes=outcome.notes,
    )
    return outcome


def _round(row: Row, number: int, say: Say) -> Round:
    found: Round = {}
    for peer, start in row.peers.items():
        with new_disk_folder() as folder, start(Path(folder), row.people, row.group_size) as running:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found[peer] = runner.run(row.measure(running))
        say(row=row.name, round=number, peer=peer, **found[peer])
    return found


def _unsteady(row: Row, rounds: list[Round]) -> int | None:
    """The round in which Node was furthest from what it usually is, if that is too far."""
    if "node" not in row.peers:
        return None
    figures = [each["node"][row.steady] for each in rounds]
    middle = statistics.median(figures)
    far = [abs(figure - middle) for figure in figures]
    return far.index(max(far)) if max(far) > UNSTEADY * abs(middle) else None


def _notes(row: Row, rounds: list[Round], again: int) -> list[str]:
    notes = [f"{again} of the rounds measured again, for Node's figure was unusual"] if again else []
    if _unsteady(row, rounds) is not None:
        notes.append("Node's figure stayed unsteady: the machine was busy with something else")
    for peer in row.peers:
        if (load := max(each[peer]["load_percent"] for each in rounds)) > BUSY_LOAD:
            notes.append(f"the load's own core was {load:g} % busy beside {peer}: it may be the load that was measured")
    return notes


def print_line(**line: Any) -> None:
    """The usual ``say``: a JSON line."""
    print(json.dumps(line), flush=True)
