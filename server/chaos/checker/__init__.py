"""Fifteen promises held against a history. Each is a function of its own, and none of them knows the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.chaos import history
from server.chaos.checker import belonging, besides, changes, connections, leftovers, marks, order, screens, stored
from server.chaos.checker.indexed import Indexed
from server.chaos.checker.logs import Log, read_back
from server.chaos.checker.validity import reasons_against
from server.chaos.checker.verdict import Judgement, Verdict, Violation

Invariant = Callable[[Indexed, dict[int, Log], Judgement], None]


def _heard_and_shown(run: Indexed, logs: dict[int, Log], judgement: Judgement) -> None:
    screens.shown_once(run, logs, judgement)
    connections.heard_without_gap(run, logs, judgement)


INVARIANTS: dict[str, tuple[str, Invariant]] = {
    "I1": ("every answered write is in the log", stored.answered_is_stored),
    "I2": ("each client_id at most once", stored.stored_once),
    "I3": ("nothing that was never sent, and texts as they were sent", stored.stored_was_sent),
    "I4": ("what was refused is absent", stored.refused_is_absent),
    "I5": ("one log without gaps, equal on all workers and in the database", order.one_log),
    "I6": ("all answers for one client_id equal", stored.answers_agree),
    "I7": ("real-time order within a conversation", order.real_time_order),
    "I8": ("a client's own order", order.own_order),
    "I9": ("after an answer any later read contains it", order.reads_contain_answers),
    "I10": ("each client shows each entry once, ascending, without a hole at the end", _heard_and_shown),
    "I11": ("all connected members equal within 10 s after healing", screens.shown_soon),
    "I12": ("nothing from outside one's membership or from behind a block", belonging.within_membership),
    "I13": ("marks never go back", marks.marks_never_go_back),
    "I14": ("edits and deletions equal everywhere", changes.changes_everywhere),
    "I15": ("sockets, tasks, rooms and descriptors back to base", leftovers.nothing_left_behind),
}
"""What is promised, by name: in words, and as a check."""

BESIDES: dict[str, tuple[str, Invariant]] = {
    "meanwhile": ("what each fault is to leave alone", besides.left_alone),
    "stored": ("what is stored at the end fits together, as `madang check` sees it", besides.fits_together),
}
"""What is judged beside the fifteen."""


def check(records: Sequence[history.AnyRecord]) -> Verdict:
    """The verdict on a whole history."""
    run = Indexed(records)
    logs = read_back(run)
    judgements = []
    for name, (_, invariant) in {**INVARIANTS, **BESIDES}.items():
        judgement = Judgement(name)
        invariant(run, logs, judgement)
        judgements.append(judgement)
    return Verdict(judgements, reasons_against(run))


__all__ = ["BESIDES", "INVARIANTS", "Judgement", "Verdict", "Violation", "check"]
