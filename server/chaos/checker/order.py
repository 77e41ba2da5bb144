"""I5, I7, I8 and I9: one log for all, without gaps, in the order in which people saw things happen."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from server.chaos import history
from server.chaos.checker.indexed import NEVER, Indexed, Op
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]


def one_log(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I5. Seqs run from 1 without gap; every copy, and everything heard or read on the way, is the same log.

    Texts are I3's and I14's. A page that leaves out what stands in its range is I9's.
    """
    for log in logs.values():
        for source, final in run.finals[log.conversation_id].items():
            judgement.cases += 1
            seqs = [entry.seq for entry in final.entries]
            if wrong := next((seq for at, seq in enumerate(seqs, 1) if seq != at), None):
                sentence = (
                    f"Conversation {log.conversation_id} read from {source} is not 1, 2, 3 ... around entry {wrong}."
                )
                around = range(wrong - 1, wrong + 2)
                judgement.blame(sentence, run.slice(run.final(log.conversation_id, around, source)))
            elif len(seqs) != log.head:
                sentence = (
                    f"Conversation {log.conversation_id} has {len(seqs)} entries on {source}, and {log.head} elsewhere."
                )
                last = run.final(log.conversation_id, [log.head, len(seqs)])
                judgement.blame(sentence, run.slice(last, run.final(log.conversation_id, [len(seqs)], source)))
    blamed: set[tuple[int, int]] = set()
    for moment, entry, source in run.heard():
        judgement.cases += 1
        log_of = logs.get(entry.conversation_id)
        place = (entry.conversation_id, entry.seq)
        if log_of is None or place in blamed:
            continue
        known = log_of.entries.get(entry.seq)
        if known is None or _identity(known) != _identity(entry):
            blamed.add(place)
            what = "is another one" if known else "does not exist"
            sentence = f"Entry {entry.seq} ({entry.kind}) of conversation {entry.conversation_id} {what} in the log."
            seen = run.final(entry.conversation_id, [entry.seq], source) if source else moment
            judgement.blame(sentence, run.slice(seen, run.final(entry.conversation_id, [entry.seq]), seq=entry.seq))


def real_time_order(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I7. What was answered before something else was asked for stands before it in the conversation."""
    for log in logs.values():
        last_asked, by = -1, 0
        for seq in range(1, log.head + 1):
            judgement.cases += 1
            if log.answered[seq] < last_asked:
                sentence = (
                    f"Entry {by} of conversation {log.conversation_id} was asked for "
                    f"when entry {seq}, which stands behind it, had been answered."
                )
                final = run.final(log.conversation_id, [by, seq])
                judgement.blame(sentence, run.slice(log.answered[seq], last_asked, final))
            if log.asked[seq] > last_asked:
                last_asked, by = log.asked[seq], seq


def own_order(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I8. The messages of one outbox stand in each conversation in the order of the outbox."""
    queues: dict[tuple[int, str, int], dict[int, Op]] = defaultdict(dict)
    for op, call in run.asked(history.Send):
        if call.outbox is not None and call.number is not None:
            queues[op.account_id, call.outbox, call.conversation_id].setdefault(call.number, op)
    places = {
        (entry.actor_id, entry.client_id): entry.seq
        for log in logs.values()
        for entry in log.entries.values()
        if entry.client_id is not None
    }
    for (account_id, outbox, conversation_id), ops in queues.items():
        before: tuple[int, Op] | None = None
        for number in sorted(ops):
            op = ops[number]
            seq = places.get((account_id, op.invoke.call.client_id))  # type: ignore[union-attr]
            if seq is None:
                continue
            judgement.cases += 1
            if before is not None and seq < before[0]:
                sentence = (
                    f"Message {number} of outbox {outbox} is entry {seq} of conversation {conversation_id}, "
                    f"before one that stood in front of it, entry {before[0]}."
                )
                judgement.blame(sentence, run.slice(before[1], op, run.final(conversation_id, [seq, before[0]])))
            if before is None or seq > before[0]:
                before = (seq, op)


def reads_contain_answers(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I9. A read holds everything in its range that was answered before it was asked for, whichever worker is asked.

    What stands in a page shows that everything before it was committed too, so a page has no holes either. Members
    who see the past from their joining on only are asked from there.
    """
    answered = {conversation_id: _heads_answered(log) for conversation_id, log in logs.items()}
    for op, call in run.asked(history.Read):
        page, log = op.answer, logs.get(call.conversation_id)
        if not isinstance(page, history.Page) or log is None:
            continue
        judgement.cases += 1
        seqs = [entry.seq for entry in page.entries]
        moments, heads = answered[call.conversation_id]
        place = bisect_left(moments, op.at)
        known = heads[place - 1] if place else 0
        last = seqs[-1] if seqs else 0
        upper = last if page.more and seqs else max(known, last, page.head_seq if not page.more else 0)
        first = max(call.after_seq + 1, _history_from(log, op))
        there = set(seqs)
        missing = next((seq for seq in range(first, upper + 1) if seq in log.entries and seq not in there), None)
        if missing is not None or page.head_seq < known:
            seq = missing if missing is not None else known
            sentence = (
                f"A read of conversation {call.conversation_id} after entry {call.after_seq} "
                f"from {op.invoke.worker or 'a worker'} does not know entry {seq}, though it was there."
            )
            witness = log.answered[seq] if log.answered[seq] < op.at else log.latest[seq]
            judgement.blame(sentence, run.slice(witness, op, run.final(call.conversation_id, [seq]), seq=seq))


def _heads_answered(log: Log) -> tuple[list[int], list[int]]:
    """Moments of answers, ascending, and the highest seq that was answered up to each."""
    answers = sorted((moment, seq) for seq, moment in enumerate(log.answered) if moment < NEVER)
    heads, highest = [], 0
    for _, seq in answers:
        highest = max(highest, seq)
        heads.append(highest)
    return [moment for moment, _ in answers], heads


def _history_from(log: Log, op: Op) -> int:
    """The first entry that a reader may be sure to see: of the last membership that can have begun by the answer."""
    if log.start.history == "all":
        return 1
    begun = [span.first for span in log.spans_of(op.account_id) if log.earliest[span.first] <= op.done]
    return max(begun, default=1)


def _identity(entry: history.Entry) -> tuple[object, ...]:
    return (entry.kind, entry.actor_id, entry.client_id, entry.target_seq, entry.account_id, entry.emoji)
