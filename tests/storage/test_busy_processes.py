"""Two processes in which everybody does everything: the log, the marks and the inboxes stay what they have to be."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import psycopg

from tests.postgres_server import PostgresServer
from tests.storage.busy import PEOPLE, PLACES, Outcome
from tests.storage.crowd import check_log, make_crowd
from tests.storage.worker import ROOT

REFUSALS = {"ok", "not_found", "forbidden", "invalid", "client_id_conflict"}


def run_busy(address: str, number: int) -> list[Outcome]:
    """What so many processes saw that were busy at the same time."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.storage.busy", address, str(seed)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(number)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [msgspec.json.decode(process.communicate(timeout=60)[0], type=Outcome) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


async def test_everybody_does_everything_in_two_processes(postgres: PostgresServer, postgres_address: str) -> None:
    make_crowd(postgres_address, len(PEOPLE), len(PLACES))
    with psycopg.connect(postgres_address) as connection:
        connection.execute("update membership set role = 'owner' where account_id = 1")
        connection.execute("update membership set role = 'admin' where account_id = 2")
        connection.execute("update conversation set member_count = %s", [len(PEOPLE)])
    outcomes = run_busy(postgres_address, 2)
    assert [outcome.bugs for outcome in outcomes] == [[], []]
    assert {code for outcome in outcomes for code in outcome.codes} <= REFUSALS, outcomes
    assert sum(outcome.codes["ok"] for outcome in outcomes) > 100

    assert check_log(postgres, postgres_address, []) > 60
    ask = lambda sql: postgres.execute(sql, postgres_address)  # noqa: E731
    # A mark that was answered stands, unless its owner was taken out meanwhile.
    furthest = {(account_id, where): seq for outcome in outcomes for account_id, where, seq in outcome.marks}
    left = {(row[0], row[1]) for row in ask(
        "select (data::json ->> 'account_id')::bigint, conversation_id from entry where kind = 'member_removed'"
    )}  # fmt: skip
    marks = {(row[0], row[1]): row[2] for row in ask("select account_id, conversation_id, read_seq from membership")}
    assert all(marks[place] >= seq for place, seq in furthest.items() if place not in left)
    assert ask("select count(*) from membership m join conversation c on c.id = m.conversation_id "
               "where m.read_seq > c.head_seq") == [(0,)]  # fmt: skip
    assert ask("select count(*) from conversation c where member_count <> "
               "(select count(*) from membership m where m.conversation_id = c.id)") == [(0,)]  # fmt: skip
    # Every change of an inbox has a number of its own, and the notifier has handled each entry once.
    assert ask("select count(*) from notification n join account a on a.id = n.account_id "
               "where n.seq > a.notification_seq") == [(0,)]  # fmt: skip
    [(position,)] = ask("select position from follower where name = 'notifier'")
    assert ask(f"select count(*) from entry where position > {position}")[0][0] <= 40, "it has followed"
    [(told, called)] = ask(
        "select (select coalesce(sum(count), 0) from notification where type = 'invitation'), "
        f"(select count(*) from entry where kind = 'member_added' and position <= {position} "
        "and data::json ->> 'by' = 'invite')"
    )
    assert told == called
    assert ask("select count(*) from conversation where direct_key is not null group by direct_key "
               "having count(*) > 1") == []  # fmt: skip
    [(deadlocks,)] = postgres.execute(
        "select deadlocks from pg_stat_database where datname = %s", None, [postgres_address.rpartition("/")[2]]
    )
    assert deadlocks <= 2, "they take their locks in one order"
