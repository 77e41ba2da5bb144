"""I12: nobody learns anything from outside their membership, or from behind a block."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from server.chaos import history
from server.chaos.checker.indexed import NEVER, Indexed, Op
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]


def within_membership(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I12. Nobody hears, reads, is shown or writes what lies outside their membership, as the log draws it.

    The entry that removes somebody is the last one they get. Where newcomers see the whole past (``history: all``),
    what was written before their adding is theirs from the moment somebody can have asked for it; otherwise never.
    Between two people of whom one has blocked the other no message gets through; blocks count when the history
    holds them.
    """
    for log in logs.values():
        _writers(run, log, judgement)
    for moment, event in run.of(history.Event):
        account_id = run.account_of.get(event.client, 0)
        _learnt(run, logs, judgement, account_id, event.entry.conversation_id, event.entry.seq, moment, "heard")
    for (client, conversation_id), steps in run.screens.items():
        for moment, step in steps:
            if isinstance(step, history.Shown):
                account_id = run.account_of.get(client, 0)
                _learnt(run, logs, judgement, account_id, conversation_id, step.seq, moment, "was shown")
    for moment, receipt in run.of(history.Receipt):
        _mark(run, logs, judgement, receipt, moment)
    for op, call in run.asked(history.Read):
        if isinstance(op.answer, history.Page) and call.conversation_id in logs:
            _read(run, logs[call.conversation_id], judgement, op, op.answer)
    _blocks(run, logs, judgement)


def may_know(log: Log, account_id: int, seq: int, moment: int) -> bool:
    """Whether somebody may have learnt what an entry says by a moment."""
    if log.belongs(account_id, seq):
        return True
    return log.start.history == "all" and may_know_of(log, account_id, seq, moment)


def may_know_of(log: Log, account_id: int, seq: int, moment: int) -> bool:
    """Whether somebody may have learnt by a moment that there is such an entry, whatever it says."""
    return log.belongs(account_id, seq) or any(
        seq < span.first and log.earliest[min(span.first, log.head)] <= moment for span in log.spans_of(account_id)
    )


def _learnt(
    run: Indexed,
    logs: Logs,
    judgement: Judgement,
    account_id: int,
    conversation_id: int,
    seq: int,
    moment: int,
    how: str,
) -> None:
    log = logs.get(conversation_id)
    if log is None or seq not in log.entries:
        return
    judgement.cases += 1
    if not may_know(log, account_id, seq, moment):
        sentence = f"Account {account_id} {how} entry {seq} of conversation {conversation_id}, outside its membership."
        judgement.blame(sentence, run.slice(moment, run.final(conversation_id, [*_bounds(log, account_id), seq])))


def _mark(run: Indexed, logs: Logs, judgement: Judgement, receipt: history.Receipt, moment: int) -> None:
    account_id, log = run.account_of.get(receipt.client, 0), logs.get(receipt.conversation_id)
    seq = receipt.read_seq or receipt.received_seq or 0
    if log is None or seq not in log.entries:
        return
    judgement.cases += 1
    if not may_know_of(log, account_id, seq, moment):
        sentence = (
            f"Account {account_id} heard of a mark at entry {seq} of conversation "
            f"{log.conversation_id}, outside its membership."
        )
        bounds = [*_bounds(log, account_id), seq]
        judgement.blame(sentence, run.slice(moment, run.final(log.conversation_id, bounds)))


def _read(run: Indexed, log: Log, judgement: Judgement, op: Op, page: history.Page) -> None:
    """A page holds nothing foreign, and was not given to somebody who surely did not belong the whole time."""
    judgement.cases += 1
    bounds = _bounds(log, op.account_id)
    if _surely_outside(log, op):
        sentence = f"Account {op.account_id} read conversation {log.conversation_id} without belonging to it."
        judgement.blame(sentence, run.slice(op, run.final(log.conversation_id, bounds)))
        return
    for entry in page.entries:
        if entry.seq in log.entries and not may_know(log, op.account_id, entry.seq, op.done):
            sentence = (
                f"Account {op.account_id} read entry {entry.seq} of conversation {log.conversation_id}, "
                "outside its membership."
            )
            judgement.blame(
                sentence, run.slice(op, run.final(log.conversation_id, [*bounds, entry.seq]), seq=entry.seq)
            )
            return


def _surely_outside(log: Log, op: Op) -> bool:
    """Whether the account belonged at no moment between asking and answer, however the log's times are taken."""
    left = -1
    for span in log.spans_of(op.account_id):
        if left < op.at and op.done < log.earliest[min(span.first, log.head)]:
            return True
        left = log.latest[span.last] if span.last < NEVER else NEVER
    return left < op.at


def _writers(run: Indexed, log: Log, judgement: Judgement) -> None:
    for seq, entry in log.entries.items():
        if seq <= log.start.head_seq or seq not in log.writers_of or entry.kind == "member_added":
            continue
        judgement.cases += 1
        if not log.belongs(entry.actor_id, seq):
            sentence = (
                f"Account {entry.actor_id} wrote entry {seq} of conversation {log.conversation_id}, "
                "to which it did not belong."
            )
            bounds = _bounds(log, entry.actor_id)
            judgement.blame(sentence, run.slice(*log.writers_of[seq], run.final(log.conversation_id, [*bounds, seq])))


def _bounds(log: Log, account_id: int) -> list[int]:
    """The entries that added and removed somebody."""
    return [seq for span in log.spans_of(account_id) for seq in (span.first, span.last) if seq in log.entries]


def _blocks(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """No message between two people stands in a direct conversation that was asked for while a block surely held."""
    changes: dict[frozenset[int], list[Op]] = defaultdict(list)
    for op, call in run.asked(history.Block):
        changes[frozenset((op.account_id, call.account_id))].append(op)
    for log in logs.values():
        ops = changes.get(frozenset(log.start.members)) if log.start.direct else None
        for seq, entry in log.entries.items() if ops else ():
            if entry.kind != "message_created" or seq not in log.writers_of:
                continue
            judgement.cases += 1
            asked = log.asked[seq]
            block = _holding(ops or [], asked, min(log.answered[seq], run.end))
            if block is not None:
                sentence = f"Entry {seq} of conversation {log.conversation_id} was written from behind a block."
                writers = log.writers_of[seq]
                judgement.blame(sentence, run.slice(block, *writers, run.final(log.conversation_id, [seq])))


def _holding(ops: list[Op], first: int, last: int) -> Op | None:
    """The block that held from one moment to another, if one surely did: answered before, not taken back until then."""
    for account_id in {op.account_id for op in ops}:
        own = [op for op in ops if op.account_id == account_id]
        before = own[: bisect_left([op.at for op in own], first)]
        during = [op for op in own if first <= op.at < last]
        if (
            before
            and not during
            and _is_block(before[-1])
            and before[-1].answer is not None
            and before[-1].done < first
        ):
            return before[-1]
    return None


def _is_block(op: Op) -> bool:
    return isinstance(op.invoke.call, history.Block) and op.invoke.call.active
