"""The checker against a simulated server: silent while it is right, and loud about every way in which it is not."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from server.chaos import history
from server.chaos.checker import check
from server.chaos.history import Journal
from tests.faults.mutations import MUTATIONS
from tests.faults.simulation import Simulation


@settings(max_examples=80, deadline=None)
@given(some.integers(min_value=0), some.integers(min_value=0, max_value=300))
def test_a_server_that_is_right_breaks_nothing(seed: int, steps: int) -> None:
    verdict = check(Simulation(random.Random(seed), steps).records)
    assert not verdict.violations, [violation.sentence for violation in verdict.violations]


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_server_that_is_wrong_is_found_out(name: str) -> None:
    invariant, mutation = MUTATIONS[name]
    broken = 0
    for seed in range(100):
        chance = random.Random(seed)
        records = Simulation(chance).records
        if mutation(records, chance):
            broken += 1
            assert invariant in check(records).broken, f"seed {seed}"
        if broken == 5:
            return
    raise AssertionError(f"only {broken} of 100 histories could be broken so")


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    records = Simulation(random.Random(1)).records
    history.write(tmp_path / "history.jsonl", records)
    assert history.read(tmp_path / "history.jsonl") == records
    with (tmp_path / "history.jsonl").open("ab") as file:
        file.write(b'{"kind":"healed"')
    assert history.read(tmp_path / "history.jsonl") == records


def test_a_journal_numbers_and_times_what_happens(tmp_path: Path) -> None:
    with Journal(tmp_path / "history.jsonl") as journal:
        first = journal.invoke("ana", 1, history.Send(1, "label-01", "hello"))
        second = journal.invoke("ben", 2, history.Mark(1, 1))
        journal.ok(first, history.Sent(1, 1))
        journal.fail(second, "not_found", retryable=False)
        journal.unknown(journal.invoke("ana", 1, history.Connect()), "refused")
    assert (first, second) == (1, 2)
    times = [record.t for record in journal.records]
    assert times == sorted(times)
    assert history.read(tmp_path / "history.jsonl") == journal.records


def test_a_long_history_is_checked_in_seconds() -> None:
    """A pass that grows with the square of a history would take minutes here; alone on a machine it is 2 seconds."""
    records = _long_history(messages=5000)
    assert len(records) > 100_000
    begin = time.process_time()
    verdict = check(records)
    assert time.process_time() - begin < 15
    assert not verdict.violations


def _long_history(messages: int) -> list[history.AnyRecord]:
    """Ten people in one conversation: everybody hears, shows and reads everything."""
    people = [(f"c{account_id}", account_id) for account_id in range(1, 11)]
    records: list[history.AnyRecord] = [history.Run(1, "long", 1)]
    records.append(history.Conversation(1, members=[account_id for _, account_id in people]))
    for client, account_id in people:
        records += [history.Client(client, account_id), history.Online(client), history.Opened(client, 1, 0)]
    log: list[history.Entry] = []
    for seq in range(1, messages + 1):
        client, account_id = people[seq % 10]
        label = f"label-{seq}"
        entry = history.Entry(1, seq, "message_created", account_id, client_id=label, text=label, sent_at=seq)
        log.append(entry)
        records.append(history.Invoke(2 * seq, client, account_id, history.Send(1, label, label, client, seq)))
        records.append(history.Ok(2 * seq, history.Sent(seq, seq)))
        records += [record for name, _ in people for record in _seen(name, entry)]
        records.append(history.Invoke(2 * seq + 1, client, account_id, history.Read(1, max(0, seq - 20))))
        records.append(history.Ok(2 * seq + 1, history.Page(log[-20:], seq)))
    return [*records, history.Final("database", 1, log), history.Final("w1", 1, log)]


def _seen(client: str, entry: history.Entry) -> tuple[history.AnyRecord, ...]:
    return history.Event(client, entry), history.Shown(client, 1, entry.seq, "live")
