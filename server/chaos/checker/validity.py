"""Whether a run proves anything: enough came through, every fault was real, and the results were read back."""

from __future__ import annotations

from collections.abc import Iterator

from server.chaos import history
from server.chaos.checker.indexed import Indexed


def reasons_against(run: Indexed) -> list[str]:
    """Why a run does not count; empty when it does."""
    return [*_load(run), *_faults(run), *_results(run)]


def _load(run: Indexed) -> Iterator[str]:
    if run.run is None:
        yield "The history does not say what was run."
    wanted = _wanted(run)
    answered = sum(wanted.values())
    if 2 * answered < len(wanted) or not wanted:
        yield f"Only {answered} of {len(wanted)} operations were answered."


def _wanted(run: Indexed) -> dict[tuple[object, ...], bool]:
    """What people wanted, and whether it was answered at last: however often a message is sent, it is one.

    Whoever finds every door closed knocks again and again: that is no load.
    """
    wanted: dict[tuple[object, ...], bool] = {}
    for op in run.ops.values():
        call = op.invoke.call
        if isinstance(call, history.Connect):
            continue
        key = (op.account_id, call.client_id, call.text) if isinstance(call, history.Send) else (op.number,)
        wanted[key] = wanted.get(key, False) or op.answer is not None
    return wanted


def _faults(run: Indexed) -> Iterator[str]:
    fired = {fault.nemesis for fault in run.faults if fault.fired}
    for nemesis in run.run.nemeses if run.run else []:
        if nemesis not in fired:
            yield f"The nemesis {nemesis} did not fire."
    if run.faults and run.healed is None:
        yield "The faults were not healed."


def _results(run: Indexed) -> Iterator[str]:
    written = {
        op.invoke.call.conversation_id
        for op in run.ops.values()
        if isinstance(op.answer, history.Sent) and isinstance(op.invoke.call, history.Send)
    }
    if unread := sorted(written - run.finals.keys()):
        yield f"Conversations {unread} were not read back."
    if run.presence and not run.online_at_end():
        yield "No client was connected at the end."
