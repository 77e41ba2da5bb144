"""Files' bytes are looked for wherever they lie: missing, cut short, without a thumbnail; and what belongs to none."""

from __future__ import annotations

import asyncio
from pathlib import Path

import obstore
import pytest

from server.checking import files as checking
from server.checking.files import check_files
from server.files.bucket import BucketStore
from server.files.store import Store, place_of
from server.services.files import Files
from server.storage import files
from server.storage.checking import CannotCheck
from server.storage.checking.findings import Findings
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.files import pictures
from tests.files.shelf import BucketShelf, DiskShelf
from tests.files.stage import chunks, make_files

Shelf = DiskShelf | BucketShelf


async def looked_at(place: Path | str, store: Store) -> Findings:
    found = Findings()
    await asyncio.to_thread(check_files, place, store, found, found.add, lambda part, rows: None)
    return found


async def key_of(db: Database, file_id: int) -> str:
    return (await db.read(files.get, file_id)).key


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The kind of the database makes no difference here."""
    return tmp_path / "madang.db"


@pytest.fixture
async def service(db: Database, shelf: Shelf, clock: SteppedClock, people: People) -> Files:
    await people.add("ana")
    return make_files(db, shelf.store, clock)


async def test_each_file_is_there_whole_or_named(
    db: Database, place: Path, shelf: Shelf, service: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PAGE", 2)
    noise = pictures.encoded(pictures.noise(), "PNG")
    whole, gone, cut = [(await service.upload(1, "a.txt", chunks(b"some words"))).id for _ in range(3)]
    picture, without = [(await service.upload(1, "a.png", chunks(noise))).id for _ in range(2)]
    found = await looked_at(place, shelf.store)
    assert (found.sentences, found.notes, found.looked_at) == ([], [], {"files": 5})
    keys = {file_id: await key_of(db, file_id) for file_id in (whole, gone, cut, picture, without)}
    await shelf.store.remove(keys[gone])
    await shelf.put(place_of(keys[cut]), b"some")
    await remove(shelf, place_of(keys[without], thumbnail=True))
    assert (await looked_at(place, shelf.store)).sentences == [
        f"File {gone} ({keys[gone]}): its bytes are not there.",
        f"File {cut} ({keys[cut]}) has 4 bytes, but 10 were stored.",
        f"File {without} ({keys[without]}): its thumbnail is not there.",
    ]


async def test_what_belongs_to_no_row_is_noted_when_it_is_old(place: Path, shelf: Shelf, service: Files) -> None:
    await service.upload(1, "a.txt", chunks(b"some words"))
    stray = "ab" + 30 * "0"
    await shelf.put(place_of(stray), b"stray")
    assert (await looked_at(place, shelf.store)).notes == []
    shelf.clock.ahead_s = 25 * 60 * 60
    found = await looked_at(place, shelf.store)
    assert found.count == 0
    assert found.notes == [f"1 file belongs to nothing and will be removed by the server: {stray}"]


async def test_a_file_that_is_deleted_meanwhile_is_not_missed(
    db: Database, place: Path, shelf: Shelf, service: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await service.upload(1, "a.txt", chunks(b"some words"))
    sizes = checking._sizes

    async def deleted_first(store: Store, page: list[tuple[object, ...]]) -> object:
        for key in await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(db.write(files.release_orphans, 2**62), loop)
        ):
            await store.remove(key)
        return await sizes(store, page)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(checking, "_sizes", deleted_first)
    found = await looked_at(place, shelf.store)
    assert (found.looked_at, found.sentences) == ({"files": 1}, [])
    assert file.id


async def test_a_store_that_does_not_answer_is_no_answer(place: Path, tmp_path: Path, db: Database) -> None:
    from server.addresses import Bucket
    from tests.s3_under_test import KEYS

    nobody = Bucket("nowhere", "", endpoint="http://127.0.0.1:9", region="us-east-1")
    store = BucketStore(nobody, KEYS, tmp_path / "incoming", max_file_bytes=1000, timeout_s=1)
    with pytest.raises(CannotCheck, match="The store of files does not answer: nobody listens there"):
        await looked_at(place, store)


async def remove(shelf: Shelf, name: str) -> None:
    if isinstance(shelf, BucketShelf):
        await obstore.delete_async(shelf.s3, name)
    else:
        (shelf.root / name).unlink()
