"""Bytes on the disk: whole, or not there."""

import errno
import os
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.files import store as store_module
from server.files.store import Store


def keep(store: Store, content: bytes, thumbnail: bytes | None = None) -> str:
    with store.begin() as upload:
        upload.write(content)
        return upload.keep(thumbnail)


def everything(store: Store) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


def test_what_is_kept_is_there(store: Store) -> None:
    key = keep(store, b"content", b"small")
    assert store.path(key).read_bytes() == b"content"
    assert store.thumbnail_path(key).read_bytes() == b"small"
    assert store.path(key).parent.name == key[:2]
    assert len(everything(store)) == 2


def test_what_is_not_kept_is_gone(store: Store) -> None:
    with store.begin() as upload:
        upload.write(b"half")
    with pytest.raises(KeyError), store.begin() as upload:
        upload.write({}["the client breaks off"])
    assert everything(store) == []


def test_a_file_is_synced_before_it_has_its_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename
    monkeypatch.setattr(store_module.os, "fsync", lambda handle: (done.append("sync"), sync(handle))[1])
    monkeypatch.setattr(Path, "rename", lambda path, to: (done.append("rename"), rename(path, to))[1])
    keep(store, b"content")
    after_rename = done[done.index("rename") :]
    assert done[done.index("rename") - 1] == "sync"
    assert after_rename == ["rename", "sync"]


def test_removing_twice_is_no_harm(store: Store) -> None:
    key = keep(store, b"content", b"small")
    store.remove(key)
    store.remove(key)
    assert everything(store) == []


def test_a_full_disk_is_said_so_and_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store_module.os, "fsync", full)
    (store.root / "00").mkdir(parents=True)
    with pytest.raises(Unavailable, match="no room"):
        keep(store, b"content", b"small")
    assert everything(store) == []


def test_the_last_of_the_disk_is_left_to_the_database(tmp_path: Path) -> None:
    greedy = Store(tmp_path, reserve_bytes=2**62)
    with pytest.raises(Unavailable, match="no room"):
        greedy.begin()


def test_uploads_that_a_crash_left_are_found(store: Store) -> None:
    upload = store.begin()
    upload.write(b"half")
    assert store.remove_abandoned(60) == 0
    os.utime(upload.path, (0, 0))
    assert store.remove_abandoned(60) == 1
    assert everything(store) == []


def test_only_old_keys_are_listed_and_only_once(store: Store) -> None:
    old, young = keep(store, b"old", b"small"), keep(store, b"young")
    for path in (store.path(old), store.thumbnail_path(old)):
        os.utime(path, (0, 0))
    (store.root / old[:2] / "somebody's notes.txt").write_text("left here")
    assert [key for shard in store.old_keys(60) for key in shard] == [old]
    assert young != old
