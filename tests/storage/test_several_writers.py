"""Several processes that write to one PostgreSQL: no gap, nothing twice, positions in commit order, nobody stuck."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import psycopg
import pytest

from server.errors import NotFound
from server.storage import appending
from server.storage.database import Database
from tests.postgres_server import PostgresServer
from tests.services_under_test import wait_until
from tests.storage.crowd import PositionReader, check_log, make_crowd
from tests.storage.worker import ALLOW, Worker, run_together

FROZEN_S = 6
"""Several times as long as another one's locks may hold anybody up."""


def all_of(number: int) -> list[int]:
    return list(range(1, number + 1))


async def test_repeats_and_neighbours_leave_no_gap(postgres: PostgresServer, postgres_address: str) -> None:
    make_crowd(postgres_address, 60, 40)
    shares = [all_of(60)[n::3] for n in range(3)]
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(
                Worker(
                    postgres_address, senders=share, conversations=all_of(40), repeat=0.1, label=f"w{n}", at_least=150
                )
            )
            for n, share in enumerate(shares)
        ]
        answered = run_together(*workers)
    assert [answers.refused for answers in answered] == [{}, {}, {}]
    assert check_log(postgres, postgres_address, answered) > 300
    [(deadlocks,)] = postgres.execute(
        "select deadlocks from pg_stat_database where datname = %s", None, [postgres_address.rpartition("/")[2]]
    )
    assert deadlocks == 0


@pytest.mark.parametrize("places", [3, 40])
async def test_the_same_message_through_two_writers_at_once_has_one_place(
    postgres: PostgresServer, postgres_address: str, places: int
) -> None:
    make_crowd(postgres_address, 40, places)
    same: dict[str, Any] = {"senders": all_of(40), "conversations": all_of(places), "at_least": 200}
    with Worker(postgres_address, **same) as one, Worker(postgres_address, **same) as other:
        first, second = run_together(one, other)
    assert first.refused == second.refused == {}
    length = check_log(postgres, postgres_address, [first, second])
    both = {answer[:2] for answer in first.sent} & {answer[:2] for answer in second.sent}
    assert len(both) > 100, "they have met"
    assert length == len({answer[:2] for answer in (*first.sent, *second.sent)})


async def test_the_same_client_id_for_two_conversations_at_once_is_a_conflict_for_one(
    postgres: PostgresServer, postgres_address: str
) -> None:
    make_crowd(postgres_address, 40, 10)
    same: dict[str, Any] = {"senders": all_of(40), "conversations": all_of(10)}
    with Worker(postgres_address, **same) as one, Worker(postgres_address, **same, shift=1) as other:
        first, second = run_together(one, other)
    assert first.refused.keys() | second.refused.keys() == {"client_id_conflict"}
    length = check_log(postgres, postgres_address, [first, second])
    assert length == len(first.sent) + len(second.sent), "each label is one worker's alone"


def missed(address: str, *, position_lock: bool) -> tuple[int, int]:
    """How many positions a reader did not see, and how many there were. The conversations never meet.

    Where they do, their row locks keep the order, and the bug hides.
    """
    make_crowd(address, 6, 600)
    reader = PositionReader(address)
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(
                Worker(
                    address,
                    senders=[2 * n + 1, 2 * n + 2],
                    conversations=list(range(200 * n + 1, 200 * n + 201)),
                    slow_commit=True,
                    at_least=80,
                    position_lock=position_lock,
                )
            )
            for n in range(3)
        ]
        reader.start()
        answered = run_together(*workers)
    seen = reader.finish()
    assert seen == sorted(set(seen))
    sent = sum(len(answers.sent) for answers in answered)
    return sent - len(seen), sent


async def test_who_reads_on_behind_the_last_position_misses_nothing(postgres_address: str) -> None:
    lost, sent = missed(postgres_address, position_lock=True)
    assert (lost, sent > 200) == (0, True)


async def test_the_check_of_positions_finds_the_bug_that_it_is_for(postgres_address: str) -> None:
    lost, sent = missed(postgres_address, position_lock=False)
    assert 0 < lost < sent


async def test_a_frozen_writer_holds_up_the_others_only_for_a_moment(
    postgres: PostgresServer, postgres_address: str
) -> None:
    make_crowd(postgres_address, 20, 4)
    frozen_one = Worker(
        postgres_address, senders=all_of(20)[:10], conversations=all_of(4), freeze_at=20, label="frozen", seconds=8
    )
    other_one = Worker(postgres_address, senders=all_of(20)[10:], conversations=all_of(4), label="other", seconds=8)
    with frozen_one as frozen, other_one as other:
        for worker in (frozen, other):
            worker.wait_until_ready()
        for worker in (other, frozen):
            worker.go()
        frozen.wait_until_frozen()
        await asyncio.sleep(FROZEN_S)
        frozen.thaw()
        answered = [frozen.answers(), other.answers()]
    assert answered[0].longest_gap_s > FROZEN_S - 1, "it was frozen"
    assert 0.8 < answered[1].longest_gap_s < FROZEN_S - 1, "it held locks, and they were taken from it"
    assert [answers.refused for answers in answered] == [{}, {}]
    assert check_log(postgres, postgres_address, answered) > 100


async def test_a_removal_that_is_on_its_way_elsewhere_is_waited_for_and_seen(
    postgres: PostgresServer, postgres_address: str
) -> None:
    make_crowd(postgres_address, 2, 1)
    db = Database(postgres_address)
    await db.open()
    piece = (appending.append_message, 2, appending.Draft(1, "label-one", "am I here?"), 1, *ALLOW)
    with psycopg.connect(postgres_address) as elsewhere:
        elsewhere.execute("select 1 from conversation where id = 1 for no key update")
        elsewhere.execute("delete from membership where account_id = 2")
        sending = asyncio.create_task(db.write(*piece))
        await asyncio.to_thread(wait_until, lambda: waits_for_a_lock(postgres), 10.0, lambda: "it does not wait")
        elsewhere.commit()
    with pytest.raises(NotFound):
        await sending
    await db.close()


def waits_for_a_lock(postgres: PostgresServer) -> bool:
    return bool(postgres.execute("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
