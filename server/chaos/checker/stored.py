"""I1 to I4 and I6: what was answered is stored, once, as it was said, and nothing else is."""

from __future__ import annotations

from collections import defaultdict

from server.chaos import history
from server.chaos.checker.indexed import NEVER, Indexed, Op
from server.chaos.checker.logs import Log, Writers, key_of
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]


def answered_is_stored(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I1. Every answered write is in the log.

    Where exactly a message stands is I6's. An edit or a reaction that changed nothing is answered with the earlier
    entry about its message. Each answered removal wrote an entry of its own; whoever was added has belonged.
    """
    stored = {(entry.actor_id, entry.client_id) for log in logs.values() for entry in log.entries.values()}
    for op in run.ops.values():
        call, answer = op.invoke.call, op.answer
        log = logs.get(getattr(call, "conversation_id", 0))
        if answer is None or log is None:
            continue
        judgement.cases += 1
        where = f"conversation {log.conversation_id}"
        match call, answer:
            case history.Send(client_id=client_id), history.Sent(seq=seq) if (op.account_id, client_id) not in stored:
                sentence = f"Message {client_id} was answered as entry {seq} of {where} and is not in the log."
                judgement.blame(sentence, run.slice(op, run.final(log.conversation_id, [seq])))
            case ((history.Edit() | history.Delete() | history.React()), history.Appended(seq=seq)):
                entry = log.entries.get(seq)
                if entry is None or call.seq not in (entry.seq, entry.target_seq):
                    sentence = f"A change of message {call.seq} of {where} was answered as entry {seq}: not about it."
                    judgement.blame(sentence, run.slice(op, run.final(log.conversation_id, [call.seq, seq])))
            case history.Add(account_ids=ids), _ if absent := [one for one in ids if not log.spans_of(one)]:
                judgement.blame(f"Adding {absent} to {where} was answered, and no entry says so.", run.slice(op))
    _removals(run, logs, judgement)


def _removals(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    answered: dict[tuple[int, int], list[Op]] = defaultdict(list)
    for op, call in run.asked(history.Remove):
        answered[call.conversation_id, call.account_id].append(op)
    for op, leave in run.asked(history.Leave):
        answered[leave.conversation_id, op.account_id].append(op)
    for (conversation_id, account_id), asked in answered.items():
        ops = [op for op in asked if op.answer is not None]
        log = logs.get(conversation_id)
        entries = [entry.seq for entry in log.entries.values() if _removes(entry, account_id)] if log else []
        if log is not None and len(entries) < len(ops):
            sentence = f"{len(ops)} removals of account {account_id} were answered, and {len(entries)} are in the log."
            judgement.blame(sentence, run.slice(*ops, run.final(conversation_id, entries)))


def stored_once(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I2. Each sender's ``client_id`` stands at most once in all logs together."""
    places: dict[tuple[int, str], list[history.Entry]] = defaultdict(list)
    for log in logs.values():
        for entry in log.final.entries:
            if entry.kind == "message_created" and entry.client_id is not None:
                places[entry.actor_id, entry.client_id].append(entry)
    judgement.cases += len(places)
    for (account_id, client_id), entries in places.items():
        if len(entries) > 1:
            where = " and ".join(f"entry {entry.seq} of conversation {entry.conversation_id}" for entry in entries)
            ops = [op for entry in entries for op in logs[entry.conversation_id].writers_of.get(entry.seq, [])]
            finals = [run.final(entry.conversation_id, [entry.seq]) for entry in entries]
            sentence = f"Message {client_id} of account {account_id} is stored {len(entries)} times: {where}."
            judgement.blame(sentence, run.slice(*ops, *finals))


def stored_was_sent(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I3. Nothing that was never asked for, and every text is the one that was said, in every copy.

    A text may be missing where a deletion can have taken it, since somebody had asked for one by then.
    """
    writers = Writers(run)
    for log in logs.values():
        for seq, entry in log.entries.items():
            if seq > log.start.head_seq and (key := key_of(entry)) is not None:
                judgement.cases += 1
                if not writers.by_key.get(key):
                    sentence = f"Entry {seq} ({entry.kind}) of conversation {log.conversation_id} was never asked for."
                    judgement.blame(sentence, run.slice(run.final(log.conversation_id, [seq])))
    said = _Said(run, writers)
    for moment, entry, source in run.heard():
        if entry.kind in ("message_created", "message_edited"):
            judgement.cases += 1
            if said.otherwise(entry, moment):
                sentence = (
                    f"Entry {entry.seq} of conversation {entry.conversation_id} says {entry.text!r}, which nobody said."
                )
                seen = run.final(entry.conversation_id, [entry.seq], source) if source else moment
                judgement.blame(sentence, run.slice(*writers.by_key.get(key_of(entry) or (), []), seen, seq=entry.seq))


def refused_is_absent(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I4. What was refused for good, and by nobody's other try asked for, is not in the log."""
    judgement.cases += sum(op.refused for op in run.ops.values())
    for log in logs.values():
        for seq, ops in log.writers_of.items():
            if ops and all(op.refused for op in ops):
                sentence = f"Entry {seq} of conversation {log.conversation_id} was refused, and it is in the log."
                judgement.blame(sentence, run.slice(*ops, run.final(log.conversation_id, [seq])))


def answers_agree(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I6. All answers for one ``client_id`` name the same place and time, the log's, and one at most was the first."""
    answers: dict[tuple[int, str], list[tuple[Op, history.Sent]]] = defaultdict(list)
    for op, call in run.asked(history.Send):
        if isinstance(op.answer, history.Sent):
            answers[op.account_id, call.client_id].append((op, op.answer))
    stored: dict[tuple[int, str], list[history.Entry]] = defaultdict(list)
    for log in logs.values():
        for entry in log.entries.values():
            if entry.client_id is not None:
                stored[entry.actor_id, entry.client_id].append(entry)
    judgement.cases += len(answers)
    for (account_id, client_id), found in answers.items():
        first = [op for op, sent in found if not sent.duplicate]
        entries = stored[account_id, client_id]
        wrong = next((op for op, sent in found if entries and not any(_is_at(sent, entry) for entry in entries)), None)
        if len({(sent.seq, sent.sent_at) for _, sent in found}) > 1:
            judgement.blame(f"Message {client_id} was answered differently.", run.slice(*(op for op, _ in found)))
        elif wrong is not None:
            sentence = f"Message {client_id} is entry {entries[0].seq}, and it was answered otherwise."
            judgement.blame(sentence, run.slice(wrong, run.final(entries[0].conversation_id, [entries[0].seq])))
        elif len(first) > 1:
            sentence = f"Message {client_id} was answered {len(first)} times as if for the first time."
            judgement.blame(sentence, run.slice(*first))


class _Said:
    """What each operation said, to be held against what a copy says."""

    def __init__(self, run: Indexed, writers: Writers) -> None:
        self.writers = writers
        self.deletions: dict[tuple[int, int], int] = {}
        for op, call in run.asked(history.Delete):
            if not op.refused:
                self.deletions.setdefault((call.conversation_id, call.seq), op.at)

    def otherwise(self, entry: history.Entry, moment: int) -> bool:
        """Whether a copy's text, seen at a moment, is none that was said there."""
        ops = self.writers.by_key.get(key_of(entry) or (), [])
        if not ops or any(op.invoke.call.text == entry.text for op in ops):  # type: ignore[union-attr]
            return False
        return bool(entry.text) or not self._deletable(entry, moment)

    def _deletable(self, entry: history.Entry, moment: int) -> bool:
        """Whether a deletion had been asked for by then."""
        target = entry.target_seq or entry.seq
        return self.deletions.get((entry.conversation_id, target), NEVER) <= moment


def _removes(entry: history.Entry, account_id: int) -> bool:
    return entry.kind == "member_removed" and entry.account_id == account_id


def _is_at(sent: history.Sent, entry: history.Entry) -> bool:
    return sent.seq == entry.seq and entry.sent_at in (None, sent.sent_at)
