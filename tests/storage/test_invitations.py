"""Invitations' rows."""

from server.storage import invitations
from server.storage.database import Database
from server.storage.unit import fetch_all


async def test_an_invitation_is_good_until_it_is_used_up(db: Database) -> None:
    await db.write(invitations.add, b"code", None, 10, 100, 2)
    assert await db.read(invitations.is_good, b"code", 50)
    assert not await db.read(invitations.is_good, b"other", 50)
    assert [await db.write(invitations.use, b"code", 50) for _ in range(3)] == [True, True, False]
    assert not await db.read(invitations.is_good, b"code", 50)


async def test_an_old_invitation_is_good_for_nothing_and_swept(db: Database) -> None:
    await db.write(invitations.add, b"code", None, 10, 100, 2)
    await db.write(invitations.add, b"later", None, 10, 200, 2)
    assert not await db.read(invitations.is_good, b"code", 100)
    assert not await db.write(invitations.use, b"code", 100)
    await db.write(invitations.sweep, 100)
    assert await db.read(fetch_all, "select code_hash from invitation") == [(b"later",)]
