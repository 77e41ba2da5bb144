"""The loop that follows the log: everything once, in order, over failures, restarts and a second process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from server.followers.follow import Follower
from server.followers.notifier import NAME, Notifier
from server.records import Entry
from server.storage import followers
from server.storage.unit import announce, fetch_all
from tests.followers.yard import Yard

Handle = Callable[[list[Entry]], None]


@asynccontextmanager
async def running(yard: Yard, handle: Handle, batch: int = 200) -> AsyncIterator[Follower]:
    """A follower that is woken by every commit."""
    follower = Follower(yard.db, "test", handle, batch, gather_s=0, first_wait_s=0.001)
    yard.db.after_commit = lambda facts: follower.wake()
    follower.start()
    try:
        yield follower
    finally:
        await follower.stop()


async def caught_up(yard: Yard, name: str = "test") -> None:
    """Returns when a follower has handled the whole log."""
    while await yard.db.read(followers.waiting_for, name, 1):
        pass


class Seen:
    """Remembers in the database what it was given, as a real follower does."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, entries: list[Entry]) -> None:
        self.batches.append(len(entries))
        for entry in entries:
            fetch_all("insert into server_value (name, value) values (?, ?)", (f"seen {entry.position:06}", "x"))


async def seen_positions(yard: Yard) -> list[int]:
    rows = await yard.db.read(fetch_all, "select name from server_value where name like 'seen %' order by name")
    return [int(name.split()[1]) for (name,) in rows]


async def talk(yard: Yard, number: int) -> int:
    """Ana and Ben, and so many messages of Ana's; returns how many entries the log has."""
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    direct = await yard.direct(ana, ben)
    for index in range(number):
        await yard.say(ana, direct, f"message {index}")
    return number


async def test_a_new_follower_begins_with_the_first_entry(yard: Yard) -> None:
    number = await talk(yard, 7)
    handle = Seen()
    async with running(yard, handle, batch=3):
        await caught_up(yard)
    assert await seen_positions(yard) == [*range(1, number + 1)]
    assert handle.batches == [3, 3, 1]


async def test_it_is_woken_by_what_is_committed(yard: Yard) -> None:
    async with running(yard, Seen()):
        number = await talk(yard, 3)
        await caught_up(yard)
    assert await seen_positions(yard) == [*range(1, number + 1)]


async def test_a_failure_is_tried_again_and_logged_once(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    number = await talk(yard, 5)
    seen, failures = Seen(), 0

    def handle(entries: list[Entry]) -> None:
        nonlocal failures
        seen(entries)
        if failures < 4:
            failures += 1
            raise RuntimeError("a bug of ours")

    with caplog.at_level(logging.INFO):
        async with running(yard, handle, batch=4):
            await caught_up(yard)
    assert await seen_positions(yard) == [*range(1, number + 1)]
    assert [record.levelname for record in caplog.records if "follower test" in record.message] == ["ERROR", "INFO"]


async def test_one_bad_entry_holds_up_only_what_follows_it(yard: Yard) -> None:
    await talk(yard, 6)
    seen, refused = Seen(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def handle(entries: list[Entry]) -> None:
        seen(entries)
        if any(entry.position == 4 for entry in entries):
            if len(entries) == 1:
                loop.call_soon_threadsafe(refused.set)
            raise RuntimeError("this one")

    async with running(yard, handle):
        await asyncio.wait_for(refused.wait(), 60)
    assert await seen_positions(yard) == [1, 2, 3]
    assert await yard.db.read(followers.position_of, "test") == 3


async def test_two_processes_do_the_work_once(yard: Yard) -> None:
    number = await talk(yard, 40)
    async with running(yard, Seen(), batch=3), running(yard, Seen(), batch=5):
        await caught_up(yard)
    assert await seen_positions(yard) == [*range(1, number + 1)]


async def test_a_stopped_follower_goes_on_where_it_was(yard: Yard) -> None:
    await talk(yard, 3)
    async with running(yard, Seen()):
        await caught_up(yard)
    ana = 1
    await yard.say(ana, 1, "while nobody followed")
    async with running(yard, Seen()):
        await caught_up(yard)
    assert await seen_positions(yard) == [1, 2, 3, 4]


async def test_a_restart_in_the_middle_of_a_batch_repeats_no_notification(yard: Yard) -> None:
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    direct = await yard.direct(ana, ben)
    for index in range(10):
        await yard.say(ana, direct, f"message {index}")
    notifier, crashes = Notifier(yard.now), 3

    def handle(entries: list[Entry]) -> None:
        nonlocal crashes
        notifier.handle(entries)
        if crashes:
            crashes -= 1
            raise RuntimeError("the process died before the commit")

    facts = yard.facts
    follower = Follower(yard.db, NAME, handle, gather_s=0, first_wait_s=0.001)
    facts.clear()
    follower.start()
    await caught_up(yard, NAME)
    await follower.stop()
    row = await yard.row(ben)
    assert (row.count, row.body, row.seq) == (10, "message 9", 10)
    assert yard.announced(ben) == [(1, True), *((seq, False) for seq in range(2, 11))]


async def test_what_a_failed_batch_announced_is_forgotten(yard: Yard) -> None:
    number = await talk(yard, 2)
    yard.facts.clear()
    failed = False

    def handle(entries: list[Entry]) -> None:
        nonlocal failed
        for entry in entries:
            announce(entry)
        if not failed:
            failed = True
            raise RuntimeError("once")

    follower = Follower(yard.db, "test", handle, gather_s=0, first_wait_s=0.001)
    follower.start()
    await caught_up(yard)
    await follower.stop()
    assert len(yard.facts) == number
