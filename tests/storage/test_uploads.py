"""Rows of uploads: room that is promised once, and a file that is made once."""

from functools import partial

import pytest

from server.errors import NotFound, RateLimited, TooLarge
from server.storage import files, uploads
from server.storage.database import Database
from tests.conftest import People
from tests.storage.test_files import add


async def begin(db: Database, account_id: int, key: str, size_bytes: int = 10, quota: int | None = None) -> None:
    await db.write(uploads.create, account_id, key, size_bytes, "", 1000, quota)


async def test_room_is_promised_to_what_is_under_way(db: Database, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    await add(db, ana, "a", size_bytes=300)
    await begin(db, ana, "u", 500, quota=1000)
    assert await db.read(files.used_bytes, ana) == 800
    with pytest.raises(TooLarge, match="may have 1,000 bytes together: 800 are taken, and this one has 201") as refused:
        await begin(db, ana, "v", 201, quota=1000)
    assert refused.value.field == "quota"
    await begin(db, ben, "w", 201, quota=1000)
    with pytest.raises(TooLarge):
        await add(db, ana, "b", size_bytes=201, quota_bytes=1000)
    await db.write(uploads.remove, ana, "u")
    await add(db, ana, "b", size_bytes=700, quota_bytes=1000)


async def test_an_upload_becomes_one_file_however_often(db: Database, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    await begin(db, ana, "u")
    row = partial(files.create, account_id=ana, name="a", media_type="text/plain", size_bytes=10, created_at=0)
    first, made = await db.write(uploads.complete, "u", partial(row, key="one"))
    again, made_again = await db.write(uploads.complete, "u", partial(row, key="two"))
    assert (first.id, made, made_again) == (again.id, True, False)
    assert await db.read(files.used_bytes, ana) == 10
    assert (await db.read(uploads.get, ana, "u", 0)).file_id == first.id
    with pytest.raises(NotFound):
        await db.read(uploads.get, ben, "u", 0)
    with pytest.raises(NotFound):
        await db.write(uploads.remove, ben, "u")
    await db.write(uploads.remove, ana, "u")
    with pytest.raises(NotFound):
        await db.write(uploads.complete, "u", partial(row, key="three"))


async def test_it_expires(db: Database, people: People) -> None:
    (ana,) = await people.add("ana")
    await begin(db, ana, "u")
    with pytest.raises(NotFound):
        await db.read(uploads.get, ana, "u", 1000)
    assert await db.write(uploads.release_expired, 999) == []
    assert await db.write(uploads.release_expired, 1000) == ["u"]


async def test_nobody_begins_without_end(db: Database, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    (ana,) = await people.add("ana")
    monkeypatch.setattr(files, "MAX_WAITING", 2)
    await begin(db, ana, "u")
    await add(db, ana, "a")
    with pytest.raises(RateLimited):
        await begin(db, ana, "v")
