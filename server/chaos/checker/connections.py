"""What comes over a connection: the log from where it begins, without a gap, whatever a client could mend by itself."""

from __future__ import annotations

from server.chaos import history
from server.chaos.checker.indexed import Indexed
from server.chaos.checker.logs import Log
from server.chaos.checker.verdict import Judgement

Logs = dict[int, Log]
Step = history.Online | history.Offline | history.Event

SWEPT_S = 6.0
"""So long after it was written an entry has come to all who are connected; the sweep alone takes two seconds."""


def heard_without_gap(run: Indexed, logs: Logs, judgement: Judgement) -> None:
    """Part of I10. Each connection hears of each conversation what follows the head that it was told, without a gap.

    A client that was recovered hears what follows the last thing it had heard before. An entry may come again, and
    live ones may come before the client is ready. What lies outside the account's memberships may be missing.
    """
    ears = {client: _Ear(run, logs, client, account_id, judgement) for client, account_id in run.account_of.items()}
    steps: list[tuple[int, Step]] = [*run.of(history.Event), *run.of(history.Online), *run.of(history.Offline)]
    for moment, step in sorted(steps, key=lambda one: one[0]):
        if step.client in ears:
            ears[step.client].take(moment, step)
    for client in run.online_at_end():
        if client in ears:
            ears[client].finish()


class _Ear:
    """What one client has heard: ``_places`` is up to where, in each conversation."""

    def __init__(self, run: Indexed, logs: Logs, client: str, account_id: int, judgement: Judgement) -> None:
        self._run = run
        self._logs = logs
        self._client = client
        self._account_id = account_id
        self._judgement = judgement
        self._places: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._is_online = False
        self._online_at = -1
        self._early: list[tuple[int, history.Event]] = []

    def take(self, moment: int, step: Step) -> None:
        """The next record of this client."""
        match step:
            case history.Offline():
                self._is_online = False
            case history.Online():
                self._begin(moment, step)
            case history.Event() if self._is_online:
                self._hear(moment, step)
            case history.Event():
                self._early.append((moment, step))

    def finish(self) -> None:
        """At the end, nothing may be missing that was there long enough."""
        run = self._run
        end_t = run.t(run.end - 1)
        since_t = max(run.t(self._online_at), run.healed.t if run.healed else 0.0)
        for conversation_id, place in self._places.items():
            log = self._logs.get(conversation_id)
            if log is None or not (span := log.current(self._account_id)):
                continue
            self._judgement.cases += 1
            behind = range(max(place + 1, span.first), log.head + 1)
            late = [seq for seq in behind if max(since_t, run.t(log.latest[seq])) + SWEPT_S * run.patience < end_t]
            if late:
                self._blame(
                    f"never heard entry {late[0]} of conversation {conversation_id} at the end", log, late, None
                )

    def _begin(self, moment: int, online: history.Online) -> None:
        if not online.recovered:
            self._places, self._last = {}, {}
        for conversation_id, head in online.heads.items():
            self._places.setdefault(conversation_id, head)
        self._is_online, self._online_at = True, moment
        early, self._early = self._early, []
        for one in early:
            self._hear(*one)

    def _hear(self, moment: int, event: history.Event) -> None:
        conversation_id, seq = event.entry.conversation_id, event.entry.seq
        place, log = self._places.get(conversation_id), self._logs.get(conversation_id)
        self._places[conversation_id] = max(seq, place or 0)
        if place is not None and log is not None:
            self._judgement.cases += 1
            between = range(place + 1, seq)
            missing = [one for one in between if one in log.entries and log.belongs(self._account_id, one)]
            if missing:
                what = f"heard entry {seq} of conversation {conversation_id} without entry {missing[0]}"
                self._blame(what, log, missing, moment)
        self._last[conversation_id] = moment

    def _blame(self, what: str, log: Log, missing: list[int], moment: int | None) -> None:
        before = self._last.get(log.conversation_id)
        concerned = (self._online_at if self._online_at >= 0 else None, before, moment)
        final = self._run.final(log.conversation_id, missing[:5])
        sentence = f"Client {self._client} {what}, over a connection that had begun before it."
        self._judgement.blame(sentence, self._run.slice(*concerned, final))
