"""I13: a mark never goes back, and never past what is there."""

from __future__ import annotations

from collections import defaultdict

from server.chaos import history
from server.chaos.checker.indexed import Indexed, Op
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]
Mark = tuple[int, int, str]
"""Whose, where, and which: account, conversation, and ``read`` or ``received``."""
Best = tuple[int, int | Op]
"""The furthest place that was seen, and what showed it: an operation, or the moment of a receipt."""


def marks_never_go_back(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I13. Not in answers, one before the other; not in what one connection hears; not at the end; not past the head.

    A message moves its sender's own mark, and what was read was received. A client that comes to another worker may
    hear once more what it knows: one cannot know what another one has told, and every client keeps the furthest.
    """
    best = {mark: _in_answers(run, mark, found, judgement) for mark, found in _answers(run, logs).items()}
    for op, call in run.asked(history.Mark):
        mark = (op.account_id, call.conversation_id, "received")
        if call.received and op.answer is not None and call.seq > best.get(mark, (0, 0))[0]:
            best[mark] = (call.seq, op)
    _in_receipts(run, best, judgement)
    _at_the_end(run, logs, best, judgement)


def _answers(run: Indexed, logs: Logs) -> dict[Mark, list[tuple[Op, int]]]:
    """Operations that were answered with a read mark, or moved it by a message that is there."""
    found: dict[Mark, list[tuple[Op, int]]] = defaultdict(list)
    for op in run.ops.values():
        match op.invoke.call, op.answer:
            case history.Mark(conversation_id=conversation_id), history.Marked(read_seq=read_seq):
                found[op.account_id, conversation_id, "read"].append((op, read_seq))
            case history.Send(conversation_id=conversation_id, client_id=client_id), history.Sent(seq=seq):
                entry = logs[conversation_id].entries.get(seq) if conversation_id in logs else None
                if entry is not None and (entry.actor_id, entry.client_id) == (op.account_id, client_id):
                    found[op.account_id, conversation_id, "read"].append((op, seq))
    return found


def _in_answers(run: Indexed, mark: Mark, found: list[tuple[Op, int]], judgement: Judgement) -> Best:
    best: tuple[int, Op] | None = None
    waiting = sorted(found, key=lambda pair: pair[0].done, reverse=True)
    for op, read_seq in found:
        while waiting and waiting[-1][0].done < op.at:
            earlier, reached = waiting.pop()
            if best is None or reached > best[0]:
                best = (reached, earlier)
        if not isinstance(op.answer, history.Marked):
            continue
        judgement.cases += 1
        if best is not None and read_seq < best[0]:
            sentence = f"The read mark of account {mark[0]} in conversation {mark[1]} was {read_seq} after {best[0]}."
            judgement.blame(sentence, run.slice(best[1], op))
    last, reached = max(found, key=lambda pair: pair[1])
    return reached, last


def _in_receipts(run: Indexed, best: dict[Mark, Best], judgement: Judgement) -> None:
    """What each connection hears of a mark ascends; the furthest is added to ``best``."""
    heard: dict[tuple[str, int, Mark], tuple[int, int]] = {}
    for moment, receipt in run.of(history.Receipt):
        judgement.cases += 1
        which, seq = ("received", receipt.received_seq) if receipt.read_seq is None else ("read", receipt.read_seq)
        seq = seq or 0
        mark = (receipt.account_id, receipt.conversation_id, which)
        hearing = (receipt.client, run.presence[receipt.client].online_since(moment), mark)
        known = heard.get(hearing)
        if known is not None and seq < known[0]:
            sentence = (
                f"Client {receipt.client} heard that account {receipt.account_id} has {which} conversation "
                f"{receipt.conversation_id} up to {seq}, having heard of {known[0]}."
            )
            judgement.blame(sentence, run.slice(known[1], moment))
        else:
            heard[hearing] = (seq, moment)
        if mark not in best or seq > best[mark][0]:
            best[mark] = (seq, moment)


def _at_the_end(run: Indexed, logs: Logs, best: dict[Mark, Best], judgement: Judgement) -> None:
    for (account_id, conversation_id, which), (reached, witness) in best.items():
        log = logs.get(conversation_id)
        if log is None:
            continue
        judgement.cases += 1
        where = f"The {which} mark of account {account_id} in conversation {conversation_id}"
        if reached > log.head:
            judgement.blame(f"{where} is {reached}, past the last entry, {log.head}.", run.slice(witness))
            continue
        for source, final in run.finals[conversation_id].items():
            stands = _standing(final, account_id, which)
            if stands is not None and stands < reached:
                end = history.Final(
                    t=final.t,
                    source=source,
                    conversation_id=conversation_id,
                    entries=[],
                    **{which: {account_id: stands}},  # type: ignore[arg-type]
                )
                sentence = f"{where} ends as {stands} on {source}, having been {reached}."
                judgement.blame(sentence, run.slice(witness, end))


def _standing(final: history.Final, account_id: int, which: str) -> int | None:
    """Where a mark stands at the end; None where it was not read, or does not exist any more."""
    read, received = (final.read or {}).get(account_id), (final.received or {}).get(account_id)
    if which == "read":
        return read
    return None if received is None else max(received, read or 0)
