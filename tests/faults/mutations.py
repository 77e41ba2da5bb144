"""What a broken server would leave behind: each takes a history that is right, and makes one promise broken in it.

A mutation returns whether the history had anything that it could break.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from msgspec.structs import replace

from server.chaos import history
from server.chaos.checker.indexed import Indexed, Op
from server.chaos.checker.logs import Log, read_back
from server.chaos.history import Entry
from tests.faults.story import GROUP

Records = list[history.AnyRecord]
Mutation = Callable[[Records, random.Random], bool]
R = TypeVar("R", bound=history.Record)
MUTATIONS: dict[str, tuple[str, Mutation]] = {}
"""By name: the invariant that must notice, and the mutation, which changes the records in place."""


def breaks(invariant: str) -> Callable[[Mutation], Mutation]:
    """Enters a mutation under its name."""

    def enter(mutation: Mutation) -> Mutation:
        MUTATIONS[mutation.__name__] = (invariant, mutation)
        return mutation

    return enter


@breaks("I1")
def an_answered_message_is_lost(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    answered = [op.answer.seq for op, _ in run.asked(history.Send) if isinstance(op.answer, history.Sent)]
    if not answered:
        return False
    lost = chance.choice(answered)
    for final in _of(records, history.Final):
        final.entries = [entry for entry in final.entries if entry.seq != lost]
    return bool(log.entries)


@breaks("I2")
def a_message_is_stored_again(records: Records, chance: random.Random) -> bool:
    _, log = _known(records)
    messages = [entry for entry in log.entries.values() if entry.kind == "message_created"]
    if not messages:
        return False
    again = replace(chance.choice(messages), seq=log.head + 1)
    for final in _of(records, history.Final):
        final.entries.append(again)
    return True


@breaks("I3")
def a_message_comes_from_nowhere(records: Records, chance: random.Random) -> bool:
    _, log = _known(records)
    ghost = Entry(GROUP, log.head + 1, "message_created", 1, client_id="nobody-1", text="boo", sent_at=1)
    for final in _of(records, history.Final):
        final.entries.append(ghost)
    return True


@breaks("I3")
def a_text_is_garbled_on_its_way(records: Records, chance: random.Random) -> bool:
    heard = [one for one in _of(records, history.Event) if one.entry.kind == "message_created" and one.entry.text]
    if not heard:
        return False
    event = chance.choice(heard)
    event.entry = replace(event.entry, text=f"{event.entry.text}?")
    return True


@breaks("I4")
def a_stored_message_was_refused(records: Records, chance: random.Random) -> bool:
    run, _ = _known(records)
    tries: dict[str, list[Op]] = {}
    for op, call in run.asked(history.Send):
        tries.setdefault(call.client_id, []).append(op)
    alone = [ops[0] for ops in tries.values() if len(ops) == 1 and ops[0].answer is not None]
    if not alone:
        return False
    op = chance.choice(alone)
    records[op.done] = history.Fail(op.number, "forbidden", t=records[op.done].t)
    return True


@breaks("I5")
def a_worker_has_them_in_another_order(records: Records, chance: random.Random) -> bool:
    final = next(one for one in _of(records, history.Final) if one.source != history.DATABASE)
    place = chance.randrange(len(final.entries) - 1)
    one, other = final.entries[place], final.entries[place + 1]
    final.entries[place : place + 2] = [replace(other, seq=one.seq), replace(one, seq=other.seq)]
    return (one.kind, one.actor_id, one.account_id) != (other.kind, other.actor_id, other.account_id)


@breaks("I5")
def a_client_hears_of_a_failed_commit(records: Records, chance: random.Random) -> bool:
    heard = _of(records, history.Event)
    if not heard:
        return False
    event = chance.choice(heard)
    _, log = _known(records)
    event.entry = replace(event.entry, seq=log.head + 1)
    return True


@breaks("I6")
def a_repeat_is_answered_with_another_place(records: Records, chance: random.Random) -> bool:
    answers = [one for one in _of(records, history.Ok) if isinstance(one.answer, history.Sent)]
    if not answers:
        return False
    answer = chance.choice(answers)
    answer.answer = replace(answer.answer, sent_at=999_999)
    return True


@breaks("I7")
def two_messages_change_places(records: Records, chance: random.Random) -> bool:
    """Everywhere: in the log, in what was heard, and in the answers."""
    _, log = _known(records)
    changed = {entry.target_seq for entry in log.entries.values()}
    plain = [
        entry.seq for entry in log.entries.values() if entry.kind == "message_created" and entry.seq not in changed
    ]
    pairs = [(one, other) for one in plain for other in plain if log.answered[one] < log.asked[other]]
    if not pairs:
        return False
    one, other = chance.choice(pairs)
    swapped = {one: other, other: one}
    for entry, put in _entries(records):
        if entry.seq in swapped:
            put(replace(entry, seq=swapped[entry.seq]))
    for final in _of(records, history.Final):
        final.entries.sort(key=lambda entry: entry.seq)
    for ok in _of(records, history.Ok):
        if isinstance(ok.answer, history.Sent) and ok.answer.seq in swapped:
            ok.answer = replace(ok.answer, seq=swapped[ok.answer.seq])
    return True


@breaks("I8")
def an_outbox_is_overtaken(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    stored = {entry.client_id for entry in log.entries.values()}
    queues: dict[str, set[int]] = {}
    for _, call in run.asked(history.Send):
        if call.outbox is not None and call.number is not None and call.client_id in stored:
            queues.setdefault(call.outbox, set()).add(call.number)
    longer = [(outbox, sorted(numbers)) for outbox, numbers in queues.items() if len(numbers) > 1]
    if not longer:
        return False
    outbox, numbers = chance.choice(longer)
    one, other = chance.sample(numbers, 2)
    swapped = {one: other, other: one}
    for _, call in run.asked(history.Send):
        if call.outbox == outbox and call.number in swapped:
            call.number = swapped[call.number]
    return True


@breaks("I9")
def a_worker_reads_what_was_a_while_ago(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    for op, _ in run.asked(history.Read):
        page = op.answer
        if isinstance(page, history.Page) and page.entries and not page.more:
            newest = page.entries[-1].seq
            if log.answered[newest] < op.at:
                page.entries.pop()
                page.head_seq = newest - 1
                return True
    return False


@breaks("I10")
def a_client_shows_something_again(records: Records, chance: random.Random) -> bool:
    shown = _of(records, history.Shown)
    if not shown:
        return False
    again = chance.choice(shown)
    records.insert(records.index(again) + 1, replace(again))
    return True


@breaks("I10")
def a_client_leaves_something_out(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    able = [
        moment
        for client in run.online_at_end()
        if (span := log.current(run.account_of[client])) is not None
        for moment, step in run.screens.get((client, GROUP), [])
        if isinstance(step, history.Shown) and span.holds(step.seq)
    ]
    if not able:
        return False
    del records[chance.choice(able)]
    return True


@breaks("I11")
def a_client_is_late(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    healed = next(moment for moment, record in enumerate(records) if isinstance(record, history.Healed))
    able = [
        moment
        for (client, _), steps in run.screens.items()
        if (span := log.current(run.account_of[client])) is not None
        for moment, step in steps
        if isinstance(step, history.Shown) and moment > healed and span.holds(step.seq)
        if log.latest[step.seq] < healed or _shown_before(run, step, moment)
    ]
    if not able:
        return False
    for record in records[chance.choice(able) :]:
        record.t += 30
    return True


@breaks("I12")
def somebody_hears_what_came_after_them(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    able = [
        (client, seq)
        for client, account_id in run.account_of.items()
        if (spans := log.spans_of(account_id)) and spans[-1].last < log.head
        for seq in range(spans[-1].last + 1, log.head + 1)
    ]
    if not able:
        return False
    client, seq = chance.choice(able)
    records.insert(run.end, history.Event(client, log.entries[seq], t=records[run.end].t))
    return True


@breaks("I13")
def a_mark_goes_back(records: Records, chance: random.Random) -> bool:
    run, _ = _known(records)
    for op, _ in run.asked(history.Mark):
        if isinstance(op.answer, history.Marked):
            for later, _ in run.asked(history.Mark):
                if (
                    later.at > op.done
                    and later.account_id == op.account_id
                    and isinstance(later.answer, history.Marked)
                ):
                    later.answer.read_seq = op.answer.read_seq - 1
                    return True
    return False


@breaks("I13")
def a_mark_ends_further_back(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    marked = [op for op, _ in run.asked(history.Mark) if op.answer is not None and log.current(op.account_id)]
    if not marked:
        return False
    op = chance.choice(marked)
    final = next(one for one in _of(records, history.Final) if one.source == history.DATABASE)
    final.read = {**(final.read or {}), op.account_id: 0}
    return True


@breaks("I14")
def a_screen_has_the_old_words(records: Records, chance: random.Random) -> bool:
    run, log = _known(records)
    able = []
    for view in _of(records, history.FinalView):
        shown = {step.seq for _, step in run.screens[view.client, GROUP] if isinstance(step, history.Shown)}
        for seq in view.messages:
            change = log.changed_by.get(seq)
            if change is not None and change.seq in shown:
                able.append((view, seq))
    if not able:
        return False
    view, seq = chance.choice(able)
    view.messages[seq] = history.Text("the old words")
    return True


@breaks("I14")
def a_row_is_not_what_the_log_says(records: Records, chance: random.Random) -> bool:
    final = chance.choice(_of(records, history.Final))
    if not final.messages:
        return False
    seq = chance.choice([*final.messages])
    was = final.messages[seq]
    final.messages[seq] = history.Text("" if was.text else "back again", deleted=not was.deleted)
    return True


@breaks("I15")
def a_room_is_left_behind(records: Records, chance: random.Random) -> bool:
    end = next(one for one in _of(records, history.Resources) if one.moment == "end")
    end.rooms = (end.rooms or 0) + 1
    return True


def _of(records: Records, kind: type[R]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def _known(records: Records) -> tuple[Indexed, Log]:
    run = Indexed(records)
    return run, read_back(run)[GROUP]


def _shown_before(run: Indexed, step: history.Shown, moment: int) -> bool:
    return any(
        at < moment and isinstance(other, history.Shown) and other.seq == step.seq
        for steps in run.screens.values()
        for at, other in steps
    )


def _entries(records: Records) -> Iterator[tuple[Entry, Callable[[Entry], Any]]]:
    """Every entry in a history, with what puts another one in its place."""

    def into(entries: list[Entry], place: int) -> Callable[[Entry], Any]:
        return lambda entry: entries.__setitem__(place, entry)

    for event in _of(records, history.Event):
        yield event.entry, lambda entry, event=event: setattr(event, "entry", entry)  # type: ignore[misc]
    pages = [ok.answer.entries for ok in _of(records, history.Ok) if isinstance(ok.answer, history.Page)]
    for entries in [*pages, *(final.entries for final in _of(records, history.Final))]:
        for place, entry in enumerate([*entries]):
            yield entry, into(entries, place)
