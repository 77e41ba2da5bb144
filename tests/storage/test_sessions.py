"""Sessions' rows."""

import pytest

from server.errors import NotFound
from server.records import Session, SessionsEnded
from server.storage import sessions
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher


async def add(db: Database, account_id: int, name: str, at: int = 10, until: int = 100) -> Session:
    return await db.write(sessions.add, account_id, name.encode(), name, at, until)


async def test_a_session_is_found_by_its_hash_only(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    desk = await add(db, ana, "desk")
    assert await db.read(sessions.by_token, b"desk") == desk
    assert await db.read(sessions.by_token, b"des") is None
    assert desk == Session(desk.id, ana, "desk", 10, 10, 100)


async def test_expired_ones_are_forgotten_with_the_next_sign_in(db: Database, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    await add(db, ana, "old", until=50)
    await add(db, ben, "old of ben", until=50)
    await add(db, ana, "desk", at=60)
    assert await db.read(sessions.by_token, b"old") is None
    assert await db.read(sessions.by_token, b"old of ben") is not None


async def test_the_last_use_never_goes_back(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    desk = await add(db, ana, "desk")
    await db.write(sessions.used, [(desk.id, 30, 130)])
    await db.write(sessions.used, [(desk.id, 20, 120)])
    assert await db.read(sessions.by_token, b"desk") == Session(desk.id, ana, "desk", 10, 30, 130)


async def test_ending_announces_only_what_ended(db: Database, people: People, published: RecordingPublisher) -> None:
    ana, ben = await people.add("ana", "ben")
    desk, phone = await add(db, ana, "desk"), await add(db, ana, "phone")
    with pytest.raises(NotFound):
        await db.write(sessions.end, ben, desk.id, "signed_out")
    await db.write(sessions.end_others, ben, None, "signed_out")
    assert published.facts == []
    await db.write(sessions.end_others, ana, desk.id, "password_changed")
    assert published.of(SessionsEnded) == [SessionsEnded(ana, (phone.id,), "password_changed")]
    assert [session.id for session in await db.read(sessions.standing, [desk.id, phone.id], 50)] == [desk.id]
    assert await db.read(sessions.standing, [desk.id], 100) == []
