"""I14: edits and deletions have come everywhere: to every worker, to the database, and to every screen."""

from __future__ import annotations

from server.chaos import history
from server.chaos.checker.indexed import Indexed
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]


def changes_everywhere(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I14. Every message reads at the end as the log says, wherever it is read, and deleted words are gone.

    They are gone from the log too, in every copy at the end and from any page that was asked for after the deletion
    was answered. A client answers for the messages on its screen whose last change it has shown.
    """
    for conversation_id, log in logs.items():
        states = log.states()
        for source, final in run.finals[conversation_id].items():
            _derived(run, log, states, source, final, judgement)
            for entry in final.entries:
                _erased(run, log, entry, source, judgement)
    for client in run.online_at_end():
        for conversation_id, view in run.views.get(client, {}).items():
            if conversation_id in logs:
                _screen(run, logs[conversation_id], client, view, judgement)
    for op, call in run.asked(history.Read):
        if isinstance(op.answer, history.Page) and (log_of := logs.get(call.conversation_id)) is not None:
            for entry in op.answer.entries:
                deletion = log_of.deleted_by.get(entry.target_seq or entry.seq)
                if deletion is not None and entry.text and log_of.answered[deletion.seq] < op.at:
                    sentence = f"Entry {entry.seq} was read with its words after they had been deleted."
                    judgement.blame(sentence, run.slice(log_of.answered[deletion.seq], op, seq=entry.seq))


def _derived(
    run: Indexed, log: Log, states: dict[int, history.Text], source: str, final: history.Final, judgement: Judgement
) -> None:
    if final.messages is None:
        return
    there = {entry.seq for entry in final.entries}
    for seq in states.keys() | final.messages.keys():
        change = log.changed_by.get(seq)
        # A copy that lacks the entries themselves is I5's.
        if (seq not in there and seq not in final.messages) or (change is not None and change.seq not in there):
            continue
        judgement.cases += 1
        if states.get(seq) != final.messages.get(seq):
            sentence = (
                f"Message {seq} of conversation {log.conversation_id} reads {_told(final.messages.get(seq))} "
                f"on {source}, and {_told(states.get(seq))} by the log."
            )
            about = [entry.seq for entry in log.entries.values() if seq in (entry.seq, entry.target_seq)]
            theirs = run.final(log.conversation_id, [seq], source)
            judgement.blame(sentence, run.slice(theirs, run.final(log.conversation_id, about)))


def _erased(run: Indexed, log: Log, entry: history.Entry, source: str, judgement: Judgement) -> None:
    deletion = log.deleted_by.get(entry.target_seq or entry.seq)
    if deletion is None or entry.kind not in ("message_created", "message_edited"):
        return
    judgement.cases += 1
    if entry.text:
        sentence = f"Entry {entry.seq} of conversation {log.conversation_id} still has its deleted words on {source}."
        judgement.blame(sentence, run.slice(run.final(log.conversation_id, [entry.seq, deletion.seq], source)))


def _screen(run: Indexed, log: Log, client: str, view: history.FinalView, judgement: Judgement) -> None:
    if log.current(run.account_of.get(client, 0)) is None:
        return
    steps = run.screens.get((client, log.conversation_id), [])
    shown = {step.seq for _, step in steps if isinstance(step, history.Shown)}
    states = log.states()
    for seq, text in view.messages.items():
        change = log.changed_by.get(seq)
        # A change that never came to this screen is I10's, or was made while its account did not belong.
        if seq not in states or (change is not None and change.seq not in shown):
            continue
        judgement.cases += 1
        if text != states[seq]:
            sentence = (
                f"Client {client} shows message {seq} of conversation {log.conversation_id} as {_told(text)}, "
                f"and it is {_told(states[seq])}."
            )
            about = [seq] if change is None else [seq, change.seq]
            seen = history.FinalView(
                t=view.t,
                client=client,
                conversation_id=log.conversation_id,
                shown_up_to=view.shown_up_to,
                messages={seq: text},
            )
            at = [moment for moment, step in steps if isinstance(step, history.Shown) and step.seq in about]
            judgement.blame(sentence, run.slice(*at, seen, run.final(log.conversation_id, about)))


def _told(text: history.Text | None) -> str:
    if text is None:
        return "nowhere"
    return "deleted" if text.deleted else repr(text.text)
