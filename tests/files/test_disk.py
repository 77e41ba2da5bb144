"""What only a disk does: it is full, it loses power, it is read by others."""

import errno
import os
import stat
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.files.disk import DiskStore
from server.files.store import place_of
from tests.files.test_store import keep


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "files")


def everything(store: DiskStore) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


async def test_a_file_is_synced_before_it_has_its_name(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle))[1])
    monkeypatch.setattr(Path, "rename", lambda path, to: (done.append("rename"), rename(path, to))[1])
    await keep(store, b"content")
    assert done[done.index("rename") - 1 :] == ["sync", "rename", "sync"]


async def test_a_full_disk_is_said_so_and_leaves_nothing(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    await keep(store, b"before")
    [before] = everything(store)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="no room"):
        await keep(store, b"content", b"small")
    assert everything(store) == [before]


async def test_the_last_of_the_disk_is_left_to_the_database(tmp_path: Path) -> None:
    greedy = DiskStore(tmp_path, reserve_bytes=2**62)
    with pytest.raises(Unavailable, match="no room"):
        await keep(greedy, b"content")
    with pytest.raises(Unavailable, match="no room"):
        await greedy.check()


async def test_uploads_that_a_crash_left_are_found(store: DiskStore) -> None:
    async with store.upload(local=False) as upload:
        await upload.write(b"half")
        assert await store.remove_abandoned(60) == 0
        os.utime(upload.path, (0, 0))
        assert await store.remove_abandoned(60) == 1
    assert everything(store) == []


@pytest.mark.parametrize("for_group", [False, True])
async def test_others_of_the_group_read_it_only_where_they_are_to(tmp_path: Path, for_group: bool) -> None:
    await keep(DiskStore(tmp_path / "files"), b"from before it was so")
    store = DiskStore(tmp_path / "files", for_group=for_group)
    umask = os.umask(0o077)
    try:
        await store.check()
        key = await keep(store, b"content", b"small")
    finally:
        os.umask(umask)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(store.root) == (0o750 if for_group else 0o700)
    assert mode(store.root / "incoming") == 0o700
    if for_group:
        assert mode(store.root / key[:2]) == 0o750
        assert mode(store.root / place_of(key)) == mode(store.root / place_of(key, thumbnail=True)) == 0o640
