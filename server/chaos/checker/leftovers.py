"""I15: what a worker held for its clients is given back when they have gone."""

from __future__ import annotations

from server.chaos import history
from server.chaos.checker.indexed import Indexed
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

ROOM = {"connections": 0, "rooms": 0, "tasks": 3, "descriptors": 10}
"""How much more than at first may stand at the end: a pool may have grown, a round of a loop may be under way."""


def nothing_left_behind(run: Indexed, logs: dict[int, Log], judgement: Judgement) -> None:
    """I15. Each worker's connections, rooms, tasks and open files are back to what they were at first."""
    base = {found.worker: found for found in run.resources if found.moment == "base"}
    for end in run.resources:
        if end.moment != "end" or (first := base.get(end.worker)) is None:
            continue
        for name, room in ROOM.items():
            before, after = getattr(first, name), getattr(end, name)
            if before is None or after is None:
                continue
            judgement.cases += 1
            if after > before + room:
                sentence = f"Worker {end.worker} has {after} {name} at the end, and had {before} at first."
                judgement.blame(sentence, (first, end))


def measured(found: history.Resources) -> dict[str, int]:
    """What was counted on a worker, by name."""
    counts = {name: getattr(found, name) for name in ROOM}
    return {name: count for name, count in counts.items() if count is not None}
