"""A history made ready for questions: operations with their outcomes, clients, faults, and what stood at the end.

Order is the order of the records: a moment is a place in the history, so "before" never depends on a clock's grain.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from server.chaos import history

NEVER = 1 << 60
"""A moment behind every other one."""

C = TypeVar("C", bound=history.Call)
R = TypeVar("R", bound=history.Record)
Step = history.Opened | history.Shown


class Op(Struct, eq=False):
    """One operation: asked at the moment ``at``, answered at ``done`` (NEVER without an answer of any kind)."""

    at: int
    invoke: history.Invoke
    done: int = NEVER
    outcome: history.Ok | history.Fail | history.Info | None = None

    @property
    def number(self) -> int:
        """Its number in the history."""
        return self.invoke.op

    @property
    def account_id(self) -> int:
        """Who asks."""
        return self.invoke.account_id

    @property
    def answer(self) -> history.AnyAnswer | None:
        """What was answered, when it was."""
        return self.outcome.answer if isinstance(self.outcome, history.Ok) else None

    @property
    def refused(self) -> bool:
        """Whether it was refused for good. A retryable refusal says no more than silence: it may have happened."""
        return isinstance(self.outcome, history.Fail) and not self.outcome.retryable


class Presence(Struct):
    """When a client was connected: moments at which that changed, and what it was from then on."""

    moments: list[int] = msgspec.field(default_factory=list)
    states: list[bool] = msgspec.field(default_factory=list)

    def online_at(self, moment: int) -> bool:
        """Whether it was connected then."""
        place = bisect_right(self.moments, moment)
        return place > 0 and self.states[place - 1]

    def online_throughout(self, first: int, last: int) -> bool:
        """Whether it was connected from one moment to another without a break."""
        return self.online_at(first) and all(
            self.states[place] for place in range(bisect_right(self.moments, first), bisect_right(self.moments, last))
        )

    def online_since(self, moment: int) -> int:
        """The beginning of the connection that stands at ``moment``, or of the time without one; -1: the first."""
        place = bisect_right(self.moments, moment)
        return self.moments[place - 1] if place else -1


class Indexed:
    """A history by its subjects. ``end`` is the moment from which only results were read."""

    def __init__(self, records: Sequence[history.AnyRecord]) -> None:
        self.records = records
        self._by_kind: dict[type, list[tuple[int, Any]]] = defaultdict(list)
        for moment, record in enumerate(records):
            self._by_kind[type(record)].append((moment, record))
        self.run = next((record for _, record in self.of(history.Run)), None)
        self.patience = self.run.patience if self.run else 1.0
        self.healed = next((record for _, record in self.of(history.Healed)), None)
        self.account_of = {record.client: record.account_id for _, record in self.of(history.Client)}
        self.conversations = {record.conversation_id: record for _, record in self.of(history.Conversation)}
        self.resources = [record for _, record in self.of(history.Resources)]
        self.faults = [record for _, record in self.of(history.Fault)]
        self.ops = self._operations()
        self.presence = self._connections()
        self.screens = self._screens()
        self.finals: dict[int, dict[str, history.Final]] = defaultdict(dict)
        for _, final in self.of(history.Final):
            self.finals[final.conversation_id][final.source] = final
        self.views: dict[str, dict[int, history.FinalView]] = defaultdict(dict)
        for _, view in self.of(history.FinalView):
            self.views[view.client][view.conversation_id] = view
        results = [moment for moment, _ in (*self.of(history.Final)[:1], *self.of(history.FinalView)[:1])]
        self.end = min(results, default=len(records))

    def of(self, kind: type[R]) -> list[tuple[int, R]]:
        """The records of one kind, with their moments."""
        return self._by_kind[kind]

    def asked(self, kind: type[C]) -> Iterator[tuple[Op, C]]:
        """The operations of one kind with what they asked for, in the order in which they were asked."""
        for op in self.ops.values():
            if isinstance(op.invoke.call, kind):
                yield op, op.invoke.call

    def heard(self) -> Iterator[tuple[int, history.Entry, str]]:
        """Every entry that somebody heard or read, with the moment; for what was read at the end also the source."""
        for moment, event in self.of(history.Event):
            yield moment, event.entry, ""
        for op in self.ops.values():
            if isinstance(op.answer, history.Page):
                yield from ((op.done, entry, "") for entry in op.answer.entries)
        for copies in self.finals.values():
            for final in copies.values():
                yield from ((self.end, entry, final.source) for entry in final.entries)

    def conversation(self, conversation_id: int) -> history.Conversation:
        """A conversation as it stood at first."""
        return self.conversations.get(conversation_id) or history.Conversation(conversation_id=conversation_id)

    def online_at_end(self) -> list[str]:
        """The clients that were connected when the results were read."""
        return [client for client, presence in self.presence.items() if presence.online_at(self.end - 1)]

    def t(self, moment: int) -> float:
        """A moment in seconds."""
        return self.records[moment].t if 0 <= moment < len(self.records) else (0.0 if moment < 0 else float("inf"))

    def slice(self, *concerned: Op | int | history.AnyRecord | None, seq: int = 0) -> tuple[history.AnyRecord, ...]:
        """The records concerned in their order: of operations both halves, of moments the record there.

        Of the pages among them only the ends are left, and what stands around ``seq``.
        """
        moments: set[int] = set()
        others: list[history.AnyRecord] = []
        for one in concerned:
            if isinstance(one, Op):
                moments |= {one.at, one.done}
            elif isinstance(one, int):
                moments.add(one)
            elif one is not None:
                others.append(one)
        told = (self.records[moment] for moment in sorted(moments) if 0 <= moment < len(self.records))
        return (*(_cut_down(record, seq) for record in told), *others)

    def final(self, conversation_id: int, seqs: Iterable[int], source: str | None = None) -> history.Final | None:
        """What was read at the end, cut down to the entries at ``seqs``; of the best source unless one is named."""
        found = self.finals[conversation_id].get(source) if source else self.reference(conversation_id)
        if found is None:
            return None
        wanted = set(seqs)
        entries = [entry for entry in found.entries if entry.seq in wanted]
        messages = {seq: text for seq, text in (found.messages or {}).items() if seq in wanted} or None
        return history.Final(
            t=found.t, source=found.source, conversation_id=conversation_id, entries=entries, messages=messages
        )

    def reference(self, conversation_id: int) -> history.Final | None:
        """The copy that others are compared with: the database's, else the longest."""
        copies = self.finals.get(conversation_id)
        if not copies:
            return None
        return copies.get(history.DATABASE) or max(copies.values(), key=lambda final: len(final.entries))

    def _operations(self) -> dict[int, Op]:
        ops = {record.op: Op(moment, record) for moment, record in self.of(history.Invoke)}
        outcomes: list[tuple[int, history.Ok | history.Fail | history.Info]]
        outcomes = [*self.of(history.Ok), *self.of(history.Fail), *self.of(history.Info)]
        for moment, outcome in outcomes:
            ops[outcome.op].done, ops[outcome.op].outcome = moment, outcome
        return ops

    def _connections(self) -> dict[str, Presence]:
        found: dict[str, Presence] = defaultdict(Presence)
        changes: list[tuple[int, history.Online | history.Offline]]
        changes = [*self.of(history.Online), *self.of(history.Offline)]
        for moment, record in sorted(changes, key=lambda change: change[0]):
            found[record.client].moments.append(moment)
            found[record.client].states.append(isinstance(record, history.Online))
        return found

    def _screens(self) -> dict[tuple[str, int], list[tuple[int, Step]]]:
        found: dict[tuple[str, int], list[tuple[int, Step]]] = defaultdict(list)
        steps: list[tuple[int, Step]] = [*self.of(history.Opened), *self.of(history.Shown)]
        for moment, step in sorted(steps, key=lambda one: one[0]):
            found[step.client, step.conversation_id].append((moment, step))
        return found


def _cut_down(record: history.AnyRecord, seq: int) -> history.AnyRecord:
    """A page without what is not needed to see the point."""
    if not isinstance(record, history.Ok) or not isinstance(page := record.answer, history.Page):
        return record
    ends = {entry.seq for entry in (*page.entries[:1], *page.entries[-1:])}
    kept = [entry for entry in page.entries if entry.seq in ends or abs(entry.seq - seq) <= 1]
    return replace(record, answer=replace(page, entries=kept))
