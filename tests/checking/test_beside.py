"""Looked at while others use it: a check beside writers finds nothing, a rebuild waits until nobody is there."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.checking import rebuild
from server.errors import ChatError
from server.files.disk import DiskStore
from server.storage.checking import CannotCheck, rebuilding
from server.storage.checking.checking import check
from server.storage.database import Database
from server.storage.unit import execute_many, fetch_all
from tests.checking.copies import Copies, FileCopies, done
from tests.checking.street import NAMES, Street, lived_in
from tests.fakes import SteppedClock

DONE = 500
LOOKS = 6
"""So many things are done while it is looked at so often, at least."""


class Busy:
    """Somebody who does this and that, as chance has it."""

    def __init__(self, street: Street, seed: int) -> None:
        self._street = street
        self._chance = random.Random(seed)
        self.done = 0

    async def go_on(self, until: asyncio.Event) -> None:
        while not until.is_set():
            try:
                await self._something()
                self.done += 1
            except ChatError:
                await asyncio.sleep(0)

    async def _something(self) -> None:
        street, chance = self._street, self._chance
        who, other = chance.sample(NAMES, 2)
        where, seq = chance.choice((1, 2, 4)), chance.randint(4, 40)
        match chance.choices(range(9), weights=[6, 3, 2, 1, 3, 3, 1, 1, 2])[0]:
            case 0:
                await street.say(who, where, f"Number {self.done} for @{other} and @all")
            case 1:
                await street.say(who, where, "An answer", reply_to_seq=seq)
            case 2:
                await street.edit(who, where, seq, f"Changed {self.done}, @{other}")
            case 3:
                await street.delete(who, where, seq)
            case 4:
                await street.react(who, where, seq, "👍", stands=bool(self.done % 3))
            case 5:
                await street.read(who, where, 10_000)
            case 6:
                await street.add(who, where, other)
            case 7:
                await street.remove(who, where, other)
            case 8:
                await street.notify()


async def test_a_check_beside_writers_finds_nothing(db: Database, place: Path | str, tmp_path: Path) -> None:
    street = await lived_in(db, DiskStore(tmp_path / "files"), SteppedClock())
    enough = asyncio.Event()
    crowd = [Busy(street, seed) for seed in range(8)]
    writing = [asyncio.create_task(one.go_on(enough)) for one in crowd]
    looked_at = []
    while sum(one.done for one in crowd) < DONE or len(looked_at) < LOOKS:
        found = await asyncio.to_thread(check, place)
        assert found.sentences == []
        looked_at.append(found.looked_at["log"])
    enough.set()
    await asyncio.gather(*writing)
    assert looked_at[0] < looked_at[-1]
    assert (await asyncio.to_thread(check, place)).sentences == []


async def test_nothing_is_rebuilt_where_a_server_works(db: Database, place: Path | str) -> None:
    await db.write(lambda: None)
    with pytest.raises(CannotCheck, match="Stop "):
        await asyncio.to_thread(rebuild, place, name="here", out=io.StringIO())
    await db.close()
    assert await asyncio.to_thread(rebuild, place, name="here", out=io.StringIO())


def test_a_server_that_is_started_waits_for_a_rebuild(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    opened: list[Path | str] = []

    async def serve(place: Path | str) -> None:
        db = Database(place)
        await db.open()
        opened.append(place)
        await db.close()

    with copies.copy("delete from message") as place:
        write = rebuilding._Mending._write

        def beside(*arguments: Any) -> None:
            if not started:
                started.append(threading.Thread(target=asyncio.run, args=(serve(place),)))
                started[0].start()
                started[0].join(0.2)
            assert not opened
            write(*arguments)

        monkeypatch.setattr(rebuilding._Mending, "_write", beside)
        assert rebuild(place, name="here", out=io.StringIO())
        started[0].join()
        assert opened == [place]
        assert check(place).sentences == []


class Cut(BaseException):
    """The process dies here, as far as the rest can tell."""


def test_broken_off_anywhere_the_same_rebuild_goes_on(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    damage = (
        "delete from message", "delete from mention", "delete from reaction", "update conversation set head_seq = 0",
        "update membership set role = 'guest'", "update file set place = 9",
    )  # fmt: skip
    monkeypatch.setattr(rebuilding, "AT_ONCE", 4)
    cuts = 0
    with copies.copy(*damage) as place:
        wrong = [check(place).count]
        while wrong[-1]:
            calls = itertools.count(1)

            def dying(execute: Callable[..., Any], calls: Iterator[int] = calls) -> Callable[..., Any]:
                def run(*arguments: Any) -> Any:
                    if next(calls) == 10:
                        raise Cut
                    return execute(*arguments)

                return run

            monkeypatch.setattr(rebuilding, "fetch_all", dying(fetch_all))
            monkeypatch.setattr(rebuilding, "execute_many", dying(execute_many))
            try:
                assert rebuild(place, name="here", out=io.StringIO())
            except Cut:
                cuts += 1
                assert cuts < 50
            wrong.append(check(place).count)
        assert cuts > 3
        assert wrong == sorted(wrong, reverse=True)
        assert wrong[-1] == 0


def test_clients_load_anew_after_a_rebuild_that_changed_something(copies: Copies) -> None:
    epochs = []
    with copies.copy() as place:
        for damage in ((), ("delete from mention",)):
            done(place, damage)
            assert rebuild(place, name="here", out=io.StringIO())
            epochs.append(asked(place, "select value from server_value where name = 'epoch'"))
    assert epochs[0] == [("0123456789abcdef",)]
    assert epochs[1] != epochs[0]


def test_what_was_deleted_stays_deleted(copies: Copies) -> None:
    with copies.copy("delete from message", "delete from mention") as place:
        assert rebuild(place, name="here", out=io.StringIO())
        assert (
            asked(place, "select text, content_hash, file_count from message where deleted_at is not null")
            == [("", None, 0)] * 4
        )
        assert asked(place, "select count(*) from message where text like '%key%'") == [(0,)]


def test_a_log_that_is_not_whole_makes_nothing_anew(copies: Copies) -> None:
    """The message may be all that is left of what was said."""
    damage = (
        "delete from entry where conversation_id = 1 and seq in (5, 18)",
        "update message set text = 'Changed' where conversation_id = 1 and seq = 27",
        "update message set text = 'Changed' where conversation_id = 2 and seq = 1",
    )
    with copies.copy(*damage) as place:
        before = asked(place, "select * from message where conversation_id = 1 order by seq")
        assert not rebuild(place, name="here", out=io.StringIO())
        assert asked(place, "select * from message where conversation_id = 1 order by seq") == before
        assert asked(place, "select text from message where conversation_id = 2 and seq = 1") == [("Are you there?",)]


def test_labels_that_have_been_exchanged_are_named_and_the_rest_is_mended(copies: Copies) -> None:
    damage = (
        "update message set client_id = 'for-a-moment' where client_id = 'label-000001'",
        "update message set client_id = 'label-000001' where client_id = 'label-000005'",
        "update message set client_id = 'label-000005' where client_id = 'for-a-moment'",
        "delete from mention",
    )
    with copies.copy(*damage) as place:
        before = check(place).count
        out = io.StringIO()
        rebuild(place, name="here", out=out)
        after = check(place)
        assert before > 2
        assert set(after.wrong) <= {"messages"}
        assert after.count <= 2


def test_the_file_is_held_while_it_is_looked_at_by_nobody(file_copies: FileCopies) -> None:
    with file_copies.copy() as path, closing(sqlite3.connect(path)) as other:
        other.execute("begin immediate")
        assert check(path).sentences == []


def asked(place: Path | str, sql: str) -> list[tuple[object, ...]]:
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as file:
            return file.execute(sql).fetchall()
    with psycopg.connect(place) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[call-overload, no-any-return]


async def test_an_answer_that_was_deleted_itself_gets_none_of_its_words_back(
    db: Database, place: Path | str, tmp_path: Path
) -> None:
    street = await lived_in(db, DiskStore(tmp_path / "files"), SteppedClock())
    first = await street.say("ana", 2, "the key is here")
    answer = await street.say("ben", 2, "the key?", reply_to_seq=first)
    await street.delete("ana", 2, first)
    await street.delete("ben", 2, answer)
    await db.close()
    where = f"where conversation_id = 2 and seq = {answer}"
    damage = [
        f'update entry set data = replace(data, \'"{name}":""\', \'"{name}":"the key"\') {where}'
        for name in ("text", "excerpt")
    ]
    done(place, damage)
    assert await asyncio.to_thread(rebuild, place, name="here", out=io.StringIO())
    assert asked(place, "select count(*) from entry where data like '%the key%'") == [(0,)]
