"""An answer means that it is on the disk: each commit is synced once, and a group of many no more often."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.storage import sqlite
from server.storage.database import Database
from tests.storage.syncs import counted_syncs
from tests.storage.writer import names, put, together_in_one_group


@pytest.fixture
def syncs() -> Iterator[Counter[str]]:
    """How often each file was brought to the disk."""
    with contextlib.ExitStack() as stack:
        try:
            counted = stack.enter_context(counted_syncs())
        except AttributeError:
            pytest.skip("this Python has SQLite inside, where nothing can be put between")
        yield counted


async def opened(path: Path, syncs: Counter[str]) -> Database:
    """A database in which something has been written, with nothing counted yet."""
    db = Database(path)
    await db.open()
    await db.write(put, "first")
    syncs.clear()
    return db


async def test_each_commit_is_synced_before_it_is_answered(tmp_path: Path, syncs: Counter[str]) -> None:
    db = await opened(tmp_path / "madang.db", syncs)
    for number in range(1, 6):
        await db.write(put, f"name-{number}")
        assert syncs == {"log": number}
    await db.read(names)
    assert syncs == {"log": 5}
    await db.close()


async def test_a_group_is_synced_once(tmp_path: Path, syncs: Counter[str]) -> None:
    db = await opened(tmp_path / "madang.db", syncs)
    await together_in_one_group(db, *((put, f"name-{number}") for number in range(20)))
    assert syncs == {"log": 1}
    await db.close()


async def test_what_the_documents_say_of_a_weaker_setting_is_so(
    tmp_path: Path, syncs: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite._PRAGMAS, "synchronous", 1)  # NORMAL: the log is synced only before a checkpoint
    monkeypatch.setitem(sqlite._NEEDED, "synchronous", "1")
    db = await opened(tmp_path / "madang.db", syncs)
    for number in range(5):
        await db.write(put, f"name-{number}")
    assert syncs == {}
    await db.close()
