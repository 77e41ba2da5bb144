"""The logs as they stood at the end, and what follows: who wrote each entry and when, who belonged, what is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from server.chaos import history
from server.chaos.checker.indexed import NEVER, Indexed, Op

Key = tuple[object, ...]


class Span(Struct, frozen=True):
    """Somebody belonged from the entry ``first`` to the entry ``last`` that took them out; NEVER: to the end."""

    first: int
    last: int = NEVER

    def holds(self, seq: int) -> bool:
        """Whether an entry lies in it."""
        return self.first <= seq <= self.last


class Log:
    """One conversation's log.

    ``earliest[seq]`` is a moment before which the entry was not committed, since nobody had asked for it, or for one
    that stands before it; ``latest[seq]`` one at which it surely was, since it was answered, or one behind it.
    ``asked`` and ``answered`` are the same for the entry alone, without its neighbours. Index 0 is the beginning.
    """

    def __init__(self, run: Indexed, writers: Writers, final: history.Final) -> None:
        self.conversation_id = final.conversation_id
        self.final = final
        self.start = run.conversation(final.conversation_id)
        self.entries = {entry.seq: entry for entry in sorted(final.entries, key=lambda entry: entry.seq)}
        self.head = max(self.entries, default=0)
        self.deleted_by = {entry.target_seq: entry for entry in self._of("message_deleted")}
        self.changed_by: dict[int | None, history.Entry] = {
            entry.target_seq: entry for entry in self._of("message_edited", "message_deleted")
        }
        self.asked = [-1] * (self.head + 1)
        self.answered = [NEVER] * (self.head + 1)
        self.writers_of: dict[int, list[Op]] = {}
        self._date(writers)
        self.earliest = list(accumulate(self.asked, max))
        self.latest = list(accumulate(reversed(self.answered), min))[::-1]
        self.spans = self._spans()

    def spans_of(self, account_id: int) -> list[Span]:
        """When somebody belonged, in order."""
        return self.spans.get(account_id, [])

    def belongs(self, account_id: int, seq: int) -> bool:
        """Whether an entry lies within somebody's membership."""
        return any(span.holds(seq) for span in self.spans_of(account_id))

    def current(self, account_id: int) -> Span | None:
        """The membership that lasts to the end, if one does."""
        spans = self.spans_of(account_id)
        return spans[-1] if spans and spans[-1].last == NEVER else None

    def states(self) -> dict[int, history.Text]:
        """The messages as they stand at the end, by seq."""
        found: dict[int, history.Text] = {}
        for seq, entry in self.entries.items():
            target = entry.target_seq
            if entry.kind == "message_created":
                found[seq] = history.Text(entry.text or "")
            elif entry.kind == "message_edited" and target in found:
                found[target] = history.Text(entry.text or "")
            elif entry.kind == "message_deleted" and target in found:
                found[target] = history.Text("", deleted=True)
        return found

    def _of(self, *kinds: str) -> Iterator[history.Entry]:
        return (entry for entry in self.entries.values() if entry.kind in kinds)

    def _date(self, writers: Writers) -> None:
        """Between which moments each entry was committed, as far as its own operations tell."""
        times: dict[Key, int] = defaultdict(int)
        for seq, entry in self.entries.items():
            self.answered[seq] = writers.answered.get((self.conversation_id, seq), NEVER)
            # What stood there before has nothing to do with the operations.
            key = key_of(entry) if seq > self.start.head_seq else None
            if key is None or not (found := writers.of(entry, redacted=self.redacted(entry))):
                continue
            # The n-th entry of this kind needs n askings.
            place, times[key] = times[key], times[key] + 1
            self.writers_of[seq] = found
            able = [op for op in found if not op.refused] or found
            first = next((op for op in able if _wrote(op, seq)), None)
            self.asked[seq] = first.at if first else able[min(place, len(able) - 1)].at
            if key[0] == "out" and place < len(ends := writers.removals_done(key)):
                self.answered[seq] = min(self.answered[seq], ends[place])

    def redacted(self, entry: history.Entry) -> bool:
        """Whether a deletion has taken the entry's words."""
        return not entry.text and (entry.seq in self.deleted_by or entry.target_seq in self.deleted_by)

    def _spans(self) -> dict[int, list[Span]]:
        spans: dict[int, list[Span]] = defaultdict(list)
        for account_id in self.start.members:
            spans[account_id].append(Span(0))
        for entry in self._of("member_added", "member_removed"):
            if entry.account_id is None:
                continue
            mine = spans[entry.account_id]
            inside = bool(mine) and mine[-1].last == NEVER
            if entry.kind == "member_added" and not inside:
                mine.append(Span(entry.seq))
            elif entry.kind == "member_removed" and inside:
                mine[-1] = Span(mine[-1].first, entry.seq)
        return spans


class Writers:
    """The operations that write, by what they write."""

    def __init__(self, run: Indexed) -> None:
        self.by_key: dict[Key, list[Op]] = defaultdict(list)
        self.answered: dict[tuple[int, int], int] = {}
        for op in run.ops.values():
            for key in _keys(op):
                self.by_key[key].append(op)
            answer = op.answer
            if isinstance(answer, history.Sent | history.Appended):
                place = (op.invoke.call.conversation_id, answer.seq)  # type: ignore[union-attr]
                self.answered[place] = min(self.answered.get(place, NEVER), op.done)

    def of(self, entry: history.Entry, *, redacted: bool) -> list[Op]:
        """The operations that may have written an entry: the same words, unless a deletion has taken them."""
        key = key_of(entry)
        found = self.by_key.get(key, []) if key else []
        if redacted or entry.kind not in ("message_created", "message_edited"):
            return found
        return [op for op in found if op.invoke.call.text == entry.text]  # type: ignore[union-attr]

    def removals_done(self, key: Key) -> list[int]:
        """The moments at which removals were answered: each of them wrote an entry, so n answers need n entries."""
        return sorted(op.done for op in self.by_key.get(key, []) if op.answer is not None)


def key_of(entry: history.Entry) -> Key | None:
    """What an entry and the operations that may have written it have in common; None for kinds without operations."""
    match entry.kind:
        case "message_created":
            return ("send", entry.conversation_id, entry.actor_id, entry.client_id)
        case "message_edited":
            return ("edit", entry.conversation_id, entry.actor_id, entry.target_seq)
        case "message_deleted":
            return ("delete", entry.conversation_id, entry.actor_id, entry.target_seq)
        case "reaction_added" | "reaction_removed":
            active = entry.kind == "reaction_added"
            return ("react", entry.conversation_id, entry.actor_id, entry.target_seq, entry.emoji, active)
        case "member_added":
            return ("in", entry.conversation_id, entry.account_id)
        case "member_removed":
            return ("out", entry.conversation_id, entry.account_id)
    return None


def _keys(op: Op) -> Iterator[Key]:
    call = op.invoke.call
    match call:
        case history.Send():
            yield ("send", call.conversation_id, op.account_id, call.client_id)
        case history.Edit():
            yield ("edit", call.conversation_id, op.account_id, call.seq)
        case history.Delete():
            yield ("delete", call.conversation_id, op.account_id, call.seq)
        case history.React():
            yield ("react", call.conversation_id, op.account_id, call.seq, call.emoji, call.active)
        case history.Add():
            yield from (("in", call.conversation_id, account_id) for account_id in call.account_ids)
        case history.Remove():
            yield ("out", call.conversation_id, call.account_id)
        case history.Leave():
            yield ("out", call.conversation_id, op.account_id)


def _wrote(op: Op, seq: int) -> bool:
    """Whether an answer says that this very operation wrote the entry, not an earlier try."""
    return isinstance(op.answer, history.Sent) and not op.answer.duplicate and op.answer.seq == seq


def read_back(run: Indexed) -> dict[int, Log]:
    """The logs of all conversations of which something was read at the end."""
    writers = Writers(run)
    finals = (run.reference(conversation_id) for conversation_id in sorted(run.finals))
    return {final.conversation_id: Log(run, writers, final) for final in finals if final is not None}
