"""What appends remember of conversations and members holds only as long as nobody has changed anything.

On PostgreSQL nothing is remembered: it is looked up behind the lock.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.errors import NotFound, Unavailable
from server.protocol import chat
from server.services.members import Members
from server.storage import appending, membership
from server.storage.unit import execute_many, fetch_all, moment
from tests.followers.yard import Yard, yard
from tests.storage.writer import beside, together_in_one_group

__all__ = ["yard"]

only_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)


async def talking(yard: Yard) -> tuple[int, int, int]:
    """Ana, Ben and their group, known to the writer because both have just spoken."""
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    group = await yard.group("Garden", ana, ben)
    await yard.say(ana, group, "hello")
    await yard.say(ben, group, "hello Ana")
    return ana, ben, group


def lookups_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many memberships were read from the tables, each time that was done."""
    counted: list[int] = []
    ask = membership.memberships_query

    def counting(keys: Any) -> Any:
        wanted = list(keys)
        counted.append(len(wanted))
        return ask(wanted)

    monkeypatch.setattr(membership, "memberships_query", counting)
    return counted


@only_sqlite
async def test_who_goes_on_talking_is_read_once(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben, group = await talking(yard)
    counted = lookups_of(monkeypatch)
    seqs = [await yard.say(who, group, "more") for who in (ana, ben, ana, ben)]
    assert seqs == list(range(seqs[0], seqs[0] + 4))
    assert counted == []


async def test_who_was_removed_is_not_known_any_more(yard: Yard) -> None:
    ana, ben, group = await talking(yard)
    await yard.remove(group, ana, ben)
    with pytest.raises(NotFound):
        await yard.say(ben, group, "am I here?")


async def test_who_was_removed_in_the_same_group_of_writes_is_not_known_any_more(yard: Yard) -> None:
    ana, ben, group = await talking(yard)
    members = Members(yard.db, yard.now)
    remove = chat.RemoveMember(conversation_id=group, account_id=ben)
    said, _, refused, last = await asyncio.gather(
        yard.say(ana, group, "one"),
        members.remove(ana, remove),
        yard.say(ben, group, "two"),
        yard.say(ana, group, "three"),
        return_exceptions=True,
    )
    assert isinstance(refused, NotFound)
    assert isinstance(said, int)
    assert last == said + 2, "the removal is an entry too"


async def test_what_another_process_does_is_seen(yard: Yard, place: Path | str) -> None:
    ana, ben, group = await talking(yard)
    beside(place, "delete from membership where account_id = ?", (ben,))
    with pytest.raises(NotFound):
        await yard.say(ben, group, "am I here?")
    beside(place, "update conversation set head_seq = 50 where id = ?", (group,))
    assert await yard.say(ana, group, "and on") == 51


async def test_what_was_taken_back_is_not_remembered(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben, group = await talking(yard)
    seq = await yard.say(ana, group, "stored")

    def fail() -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(yard.db.engine, "end", fail)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await yard.say(ben, group, "lost")
    assert await yard.say(ben, group, "stored too") == seq + 1


async def test_a_removal_that_was_taken_back_has_not_happened(yard: Yard) -> None:
    _, ben, group = await talking(yard)
    piece = (ben, appending.Draft(group, "from-inside", "am I here?"), 1, lambda *about: None, lambda *about: True)

    def remove_and_look_and_break() -> None:
        execute_many("delete from membership where account_id = ?", [(ben,)])
        [outcome] = appending.append_messages([piece])
        assert isinstance(outcome, NotFound)
        raise KeyError("and fails")

    with pytest.raises(KeyError):
        await yard.db.write(remove_and_look_and_break)
    assert await yard.say(ben, group, "still here")


@only_sqlite
async def test_a_moment_lasts_until_anybody_changes_anything(yard: Yard, place: Path | str) -> None:
    await yard.person("Ana")
    moments = [await yard.db.write(moment) for _ in range(2)]
    assert moments[0] == moments[1]
    beside(place, "update account set role = 'bot'")
    moments.append(await yard.db.write(moment))
    await yard.db.write(execute_many, "update account set role = ?", [("owner",)])
    moments.append(await yard.db.write(moment))

    def changes_and_breaks() -> None:
        fetch_all("update account set role = 'bot'")
        raise KeyError("taken back")

    before, failed, after = await together_in_one_group(yard.db, (moment,), (changes_and_breaks,), (moment,))
    assert isinstance(failed, KeyError)
    moments += [before, after]
    assert moments[3] == moments[4]
    assert len(set(moments)) == 4
