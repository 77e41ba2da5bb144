"""Accounts' rows: finding people in every script, and numbered changes."""

import msgspec
import pytest

from server.errors import Forbidden, Invalid, NotFound
from server.records import AccountChange
from server.storage import accounts, people
from server.storage.database import Database
from tests.fakes import RecordingPublisher

AT = 1_700_000_000_000
FACES = {
    "minjun": "김민준",
    "seoyeon.lee": "이서연",
    "jose_a": "José Álvarez",
    "josexa": "100% Zed",
    "sakura": "さくら 花子",
    "ＷＩＤＥ": "Ｗｉｄｅ Man",
}


@pytest.fixture
async def yard(db: Database) -> Database:
    for username, shown in FACES.items():
        await db.write(accounts.add, accounts.NewAccount(username, shown, "person", None, AT))
    return db


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("min", ["minjun"]),
        ("@MIN", ["minjun"]),
        ("ＭＩＮ", ["minjun"]),
        ("jun", []),
        ("김", ["minjun"]),
        ("기", ["minjun"]),
        ("ㄱ", ["minjun"]),
        ("김미", ["minjun"]),
        ("민준", ["minjun"]),
        ("김민준", ["minjun"]),
        ("서연", ["seoyeon.lee"]),
        ("준", []),
        ("jose", ["jose_a", "josexa"]),
        ("JOSÉ", ["jose_a", "josexa"]),
        ("jose_", ["jose_a"]),
        ("alvarez", ["jose_a"]),
        ("jose a", ["jose_a"]),
        ("100%", ["josexa"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("*", []),
        ("' or 1=1 --", []),
        ("花", ["sakura"]),
        ("サクラ", []),
        ("wide", ["ＷＩＤＥ"]),
        ("man", ["ＷＩＤＥ"]),
    ],
)
async def test_people_are_found_by_how_their_names_begin(yard: Database, query: str, found: list[str]) -> None:
    people = await yard.read(accounts.find_people, query, 20, 0)
    assert sorted(person.username for person in people) == sorted(found)


async def test_the_whole_username_comes_first_and_oneself_never(db: Database) -> None:
    for username, shown in (("annabel", "A"), ("zed", "Anna"), ("anna", "Zoe")):
        await db.write(accounts.add, accounts.NewAccount(username, shown, "person", None, AT))
    people = await db.read(accounts.find_people, "anna", 20, 0)
    assert [person.username for person in people] == ["anna", "annabel", "zed"]
    assert len(await db.read(accounts.find_people, "anna", 2, 0)) == 2
    people = await db.read(accounts.find_people, "anna", 20, people[0].id)
    assert [person.username for person in people] == ["annabel", "zed"]


async def test_disabled_people_are_not_found(db: Database) -> None:
    await db.write(accounts.add, accounts.NewAccount("ana", "Ana", "owner", None, AT))
    ben = await db.write(accounts.add, accounts.NewAccount("ben", "Ben", "person", None, AT))
    await db.write(accounts.disable, ben.id, AT)
    assert await db.read(accounts.find_people, "ben", 20, 0) == []
    assert (await db.read(accounts.get, ben.id)).disabled_at == AT
    with pytest.raises(Forbidden):
        await db.write(accounts.disable, 1, AT)


async def test_a_changed_name_is_found_and_the_old_one_is_not(yard: Database) -> None:
    await yard.write(people.set_profile, 1, "Kang Minjun", None, AT)
    assert await yard.read(accounts.find_people, "김", 20, 0) == []
    assert [person.id for person in await yard.read(accounts.find_people, "kang", 20, 0)] == [1]


async def test_a_name_that_looks_the_same_is_taken(yard: Database) -> None:
    with pytest.raises(Invalid) as caught:
        await yard.write(accounts.add, accounts.NewAccount("wide", "W", "person", None, AT))
    assert caught.value.field == "username"
    found = await yard.read(accounts.by_username, "Wide")
    assert found is not None
    assert found.username == "ＷＩＤＥ"


async def test_accounts_come_by_id(yard: Database) -> None:
    assert [account.id for account in await yard.read(accounts.get_many, [3, 1, 3, 99])] == [1, 3]
    assert await yard.read(accounts.get_many, []) == []
    assert len(await yard.read(accounts.get_all)) == len(FACES)
    with pytest.raises(NotFound):
        await yard.read(accounts.get, 99)


async def test_changes_are_numbered_kept_and_announced(yard: Database, published: RecordingPublisher) -> None:
    for number in (1, 2, 3):
        assert await yard.write(accounts.add_account_change, 1, "preferences_changed", {"number": number}) == number
    assert await yard.write(accounts.add_account_change, 2, "preferences_changed", {"number": 1}) == 1
    assert published.of(AccountChange)[2] == AccountChange(1, 3, "preferences_changed", b'{"number":3}')
    changes, version, reload = await yard.read(accounts.changes_after, 1, 1)
    assert [(change.version, msgspec.json.decode(change.data)) for change in changes] == [
        (2, {"number": 2}),
        (3, {"number": 3}),
    ]
    assert (version, reload) == (3, False)
    assert await yard.read(accounts.changes_after, 1, 3) == ([], 3, False)
    assert (await yard.read(accounts.get, 1)).account_version == 3
    with pytest.raises(NotFound):
        await yard.write(accounts.add_account_change, 99, "x", {})


async def test_who_was_away_for_too_much_loads_everything_anew(yard: Database) -> None:
    def many() -> None:
        for number in range(accounts.CHANGES_KEPT + 1):
            accounts.add_account_change(1, "x", {"number": number})

    await yard.write(many)
    assert await yard.read(accounts.changes_after, 1, 0) == ([], accounts.CHANGES_KEPT + 1, True)
    changes, _, reload = await yard.read(accounts.changes_after, 1, 1)
    assert len(changes) == accounts.CHANGES_KEPT
    assert not reload
    assert await yard.read(accounts.changes_after, 1, 10_000) == ([], accounts.CHANGES_KEPT + 1, True)


async def test_when_somebody_was_here_never_goes_back(yard: Database) -> None:
    for at in (AT + 5, AT + 3):
        await yard.write(accounts.set_last_seen, 1, at)
    assert (await yard.read(accounts.get, 1)).last_seen_at == AT + 5
