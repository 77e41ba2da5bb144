"""What the heads beacon asks, on both kinds of database."""

from __future__ import annotations

from typing import Any

import pytest

from server.storage import heads, log, sqlite, unit
from tests.followers.yard import Yard, yard

__all__ = ["yard"]


async def changed(yard: Yard, position: int, *account_ids: int) -> tuple[int, heads.Heads, heads.Standings]:
    return await yard.db.read(heads.changed_since, position, account_ids)


async def newest(yard: Yard) -> int:
    return await yard.db.read(log.last_position)


async def test_members_who_are_here_learn_the_newest_seq_of_what_changed(yard: Yard) -> None:
    ana, ben, cleo = [await yard.person(name) for name in ("Ana", "Ben", "Cleo")]
    garden, roof = await yard.group("Garden", ana, ben, cleo), await yard.group("Roof", ana, ben)
    before = await newest(yard)
    for text in ("one", "two"):
        seq = await yard.say(ana, garden, text)
    said = await yard.say(ben, roof, "three")
    now, told, standings = await changed(yard, before, ana, cleo)
    assert now == await newest(yard) == before + 3
    assert told == {ana: {garden: seq, roof: said}, cleo: {garden: seq}}
    assert standings.keys() == {ana, cleo}
    assert await changed(yard, now, ana, cleo) == (now, {}, standings)


async def test_the_position_moves_on_when_nobody_is_here(yard: Yard) -> None:
    ana = await yard.person("Ana")
    garden = await yard.group("Garden", ana)
    before = await newest(yard)
    await yard.say(ana, garden, "alone")
    assert await changed(yard, before) == (before + 1, {}, {})


async def test_each_account_has_its_version_and_the_newest_change_of_its_inbox(yard: Yard) -> None:
    ana, ben = [await yard.person(name) for name in ("Ana", "Ben")]
    direct = await yard.direct(ana, ben)
    _, _, before = await changed(yard, 0, ana, ben)
    await yard.prefer(ana, direct, pinned=True)
    await yard.say(ana, direct, "hello")
    await yard.notify()
    _, _, after = await changed(yard, 0, ana, ben)
    assert after[ana] == (before[ana][0] + 1, before[ana][1])
    assert after[ben] == (before[ben][0] + 1, before[ben][1] + 1), "the conversation appeared, and there is a message"


async def test_it_is_two_statements_however_much_has_changed(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben = [await yard.person(name) for name in ("Ana", "Ben")]
    for number in range(30):
        await yard.say(ana, await yard.group(f"Group {number}", ana, ben), "hello")
    asked: list[unit.Query] = []

    def count(*queries: unit.Query) -> list[list[tuple[Any, ...]]]:
        asked.extend(queries)
        return unit.fetch_each(*queries)

    monkeypatch.setattr(heads, "fetch_each", count)
    _, told, _ = await changed(yard, 0, ana, ben)
    assert [len(told[one]) for one in (ana, ben)] == [30, 30]
    assert len(asked) == 2


async def test_more_people_than_sqlite_has_places_for(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MOST_PLACES", 1)
    ana, ben, cleo = [await yard.person(name) for name in ("Ana", "Ben", "Cleo")]
    garden = await yard.group("Garden", ana, ben, cleo)
    seq = await yard.say(ana, garden, "hello")
    _, told, standings = await changed(yard, 0, ana, ben, 999_999)
    assert told == {ana: {garden: seq}, ben: {garden: seq}}
    assert standings.keys() == {ana, ben}
