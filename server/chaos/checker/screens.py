"""I10 and I11: what people see is the log, each entry once, in order, to the end, and soon after the healing."""

from __future__ import annotations

from server.chaos import history
from server.chaos.checker.indexed import NEVER, Indexed
from server.chaos.checker.logs import Log, Span
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]

SETTLED_S = 10.0
"""So long after the last fault, or after it is connected, a client shows everything."""


def shown_once(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I10. Each client shows each entry once, ascending, without a hole, and at the end nothing is missing.

    It has to show what lies within its account's memberships, behind the place where it opened the conversation. The
    end of a membership may be missing when the client was away in the meantime: whoever was removed can read no more.
    So may one of less than ten seconds, behind a past that could not be fetched any more.
    The driver reads the results when every connected client has caught up, or has had ten seconds for it.
    """
    at_end = set(run.online_at_end())
    everywhere = {(client, conversation_id) for client in at_end for conversation_id in logs}
    for client, conversation_id in sorted(everywhere | run.screens.keys()):
        log, account_id = logs.get(conversation_id), run.account_of.get(client)
        if log is None or account_id is None:
            continue
        screen = _Screen(run, log, client, account_id, judgement)
        for moment, step in run.screens.get((client, conversation_id), []):
            screen.take(moment, step)
        if client in at_end:
            screen.finish()


def shown_soon(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """I11. Ten seconds after the healing all members who are connected show the same.

    Whoever connects later, and what is written later, has ten seconds too. What is never shown is I10's.
    """
    healed_t = run.healed.t if run.healed else 0.0
    within_s = SETTLED_S * run.patience
    heard = _first_shown(run)
    for client in run.online_at_end():
        since_t = run.t(run.presence[client].online_since(run.end - 1))
        for conversation_id, log in logs.items():
            span = log.current(run.account_of.get(client, 0))
            for moment, step in run.screens.get((client, conversation_id), []) if span else []:
                if not isinstance(step, history.Shown) or step.t <= healed_t or step.seq not in log.entries:
                    continue
                judgement.cases += 1
                first = min(log.latest[step.seq], heard.get((conversation_id, step.seq), NEVER))
                due_t = max(healed_t, since_t, run.t(first)) + within_s
                if span and span.holds(step.seq) and step.t > due_t:
                    late_s = step.t - due_t + within_s
                    sentence = (
                        f"Client {client} showed entry {step.seq} of conversation {conversation_id} {late_s:.1f} s "
                        "after everything was healed, it was connected, and the entry was there."
                    )
                    judgement.blame(sentence, run.slice(first, moment, run.healed))


class _Screen:
    """One client's view of one conversation, followed step by step."""

    def __init__(self, run: Indexed, log: Log, client: str, account_id: int, judgement: Judgement) -> None:
        self.run = run
        self.log = log
        self.client = client
        self.account_id = account_id
        self.judgement = judgement
        self.known = log.start.head_seq
        self.moment: int | None = None

    def take(self, moment: int, step: history.Opened | history.Shown) -> None:
        """The next record of this client and conversation."""
        if isinstance(step, history.Opened):
            if self.moment is None:
                # Before the first opening nothing was promised, wherever it begins.
                self.known = step.after_seq
            else:
                self._expect_up_to(step.after_seq + 1, moment, begun_by=self.known)
                self.known = max(self.known, step.after_seq)
        else:
            self.judgement.cases += 1
            if step.seq <= self.known:
                what = f"shows entry {step.seq} again or out of order, having come to entry {self.known}"
                self._blame(what, [step.seq], moment)
            else:
                self._expect_up_to(step.seq, moment)
            self.known = max(self.known, step.seq)
        self.moment = moment

    def finish(self) -> None:
        """Nothing may be missing at the end."""
        self.judgement.cases += 1
        self._expect_up_to(self.log.head + 1, self.run.end)

    def _expect_up_to(self, seq: int, moment: int, begun_by: int = NEVER) -> None:
        """Everything between what is known and ``seq`` is outside the memberships, or was missed by being away.

        Only memberships count that began by the entry ``begun_by``: a new one is shown from where it is opened.
        """
        missing = [
            missed
            for span in self.log.spans_of(self.account_id)
            if span.first <= begun_by
            for missed in self._missed(span, seq, moment)
        ]
        if missing:
            behind = "at the end" if moment >= self.run.end else f"before entry {seq}"
            few = ", ".join(map(str, missing[:5])) + (" ..." if len(missing) > 5 else "")
            self._blame(f"never shows entry {few} {behind}", missing[:5], moment)

    def _missed(self, span: Span, seq: int, moment: int) -> list[int]:
        begin, end = max(span.first, self.known + 1), min(span.last, seq - 1)
        found = [missed for missed in range(begin, end + 1) if missed in self.log.entries]
        if found and span.last < seq and not (self._was_there(found[0], moment) and self._could_fetch(span)):
            return []
        return found

    def _could_fetch(self, span: Span) -> bool:
        """Whether a client that had to fetch what lies before a membership had the time for it."""
        if self.known >= span.first - 1:
            return True
        return self.run.t(self.log.earliest[span.last]) - self.run.t(self.log.earliest[span.first]) > SETTLED_S

    def _was_there(self, seq: int, moment: int) -> bool:
        """Whether the client was connected from when an entry can have been written until now."""
        return self.run.presence[self.client].online_throughout(max(self.log.earliest[seq], 0), moment - 1)

    def _blame(self, what: str, seqs: list[int], moment: int) -> None:
        sentence = f"Client {self.client} {what}, in conversation {self.log.conversation_id}."
        shown = [at for at, step in self.run.screens[self.client, self.log.conversation_id] if _about(step, seqs)]
        final = self.run.final(self.log.conversation_id, seqs)
        at = moment if moment < self.run.end else None
        self.judgement.blame(sentence, self.run.slice(self.moment, at, *shown, final))


def _about(step: history.Opened | history.Shown, seqs: list[int]) -> bool:
    return isinstance(step, history.Shown) and step.seq in seqs


def _first_shown(run: Indexed) -> dict[tuple[int, int], int]:
    """The moment at which an entry was first on anybody's screen."""
    first: dict[tuple[int, int], int] = {}
    for (_, conversation_id), steps in run.screens.items():
        for moment, step in steps:
            if isinstance(step, history.Shown):
                place = (conversation_id, step.seq)
                first[place] = min(first.get(place, NEVER), moment)
    return first
