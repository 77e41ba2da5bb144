"""What only a store out there does: it refuses, it stalls, it goes away, it is shared."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import obstore
import pytest

from server.errors import Unavailable
from server.files.bucket import PIECE_BYTES, BucketStore
from server.files.store import new_key, place_of
from server.files.unfinished import Credentials, Refused, UnfinishedUploads
from tests.files.relay import Relay
from tests.files.shelf import BucketShelf, DiskShelf
from tests.files.test_store import LARGE, found, keep
from tests.s3_under_test import S3Server

SECRET = "quite-another-secret"
WRONG = {
    "secret": replace(S3Server.credentials, secret=SECRET),
    "key": Credentials("nobody-of-theirs", SECRET),
}


@pytest.fixture
def on_s3(s3: S3Server, tmp_path: Path) -> BucketShelf:
    return BucketShelf(s3, tmp_path)


@pytest.fixture
async def relay(s3: S3Server) -> AsyncIterator[Relay]:
    async with Relay(s3.port) as relay:
        yield relay


@pytest.fixture
def behind_relay(on_s3: BucketShelf, relay: Relay, tmp_path: Path) -> BucketStore:
    """The same store over a network that can fail, and with little patience."""
    bucket = replace(on_s3.bucket, endpoint=f"http://127.0.0.1:{relay.port}")
    return BucketStore(bucket, S3Server.credentials, tmp_path / "far", max_file_bytes=100_000_000, timeout_s=2.0)


async def refusals(store: BucketStore, key: str) -> list[str]:
    """What is said to each thing that one can ask of a store."""
    said = []
    for asked in (
        keep(store, b"little"),
        keep(store, LARGE),
        keep(store, b"little", b"small", local=True),
        store.find(key),
        store.remove(key),
        store.check(),
        store.remove_abandoned(0),
        anext(store.old_keys(0)),
    ):
        with pytest.raises(Unavailable) as refusal:
            await asked
        said.append(refusal.value.message)
    return said


@pytest.mark.parametrize("wrong", WRONG)
async def test_who_has_the_wrong_keys_gets_nothing_and_is_told_no_secret(
    s3: S3Server, on_s3: BucketShelf, tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    key = await keep(on_s3.store, b"content")
    # The server itself is sure of it, whoever asks.
    with pytest.raises(Refused, match="403"):
        UnfinishedUploads(on_s3.bucket, WRONG[wrong], 5).listed("")
    store = BucketStore(on_s3.bucket, WRONG[wrong], tmp_path / "wrong", max_file_bytes=10**8, timeout_s=2.0)
    with caplog.at_level(logging.DEBUG):
        said = await refusals(store, key)
    assert set(said) == {"The store of files does not answer as it should. Try again later."}
    assert "SignatureDoesNotMatch" in caplog.text if wrong == "secret" else "InvalidAccessKeyId" in caplog.text
    for word in (SECRET, S3Server.credentials.key_id, "nobody-of-theirs", "Signature="):
        assert word not in caplog.text
    assert await on_s3.names() == {place_of(key)}


async def test_a_bucket_that_is_missing_is_no_missing_file(
    s3: S3Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = s3.bucket("x", name="no-such-bucket")
    store = BucketStore(bucket, s3.credentials, tmp_path, max_file_bytes=10**8, timeout_s=2.0)
    for asked in (keep(store, b"little"), keep(store, LARGE), store.find(new_key()), store.check()):
        with pytest.raises(Unavailable, match="NoSuchBucket") as refusal:
            await asked
        assert "NoSuchBucket" not in refusal.value.message
    assert "NoSuchBucket" in caplog.text


async def test_a_server_that_is_away_is_said_so_soon_and_nothing_is_left(
    behind_relay: BucketStore, relay: Relay, on_s3: BucketShelf, caplog: pytest.LogCaptureFixture
) -> None:
    relay.cut()
    async with asyncio.timeout(60):
        await refusals(behind_relay, new_key())
    assert "nobody listens there" in caplog.text
    assert await on_s3.names() == set()


@pytest.mark.parametrize("local", [False, True])
async def test_a_server_that_goes_away_in_the_middle_of_an_upload_keeps_nothing_of_it(
    behind_relay: BucketStore, relay: Relay, on_s3: BucketShelf, local: bool
) -> None:
    async with behind_relay.upload(local=local) as upload:
        await upload.write(LARGE)
        relay.cut()
        with pytest.raises(Unavailable):
            await upload.keep(b"small")
    # Parts may be left where nobody could say goodbye; the sweep of another worker finds them.
    on_s3.clock.ahead_s = 3600
    await on_s3.store.remove_abandoned(60)
    assert await on_s3.names() == set()


async def test_a_server_that_goes_away_in_the_middle_of_a_download_is_noticed(
    behind_relay: BucketStore, relay: Relay
) -> None:
    content = await behind_relay.find(await keep(behind_relay, LARGE))
    assert content is not None
    pieces = content.read(0, len(LARGE))
    assert await anext(pieces) == LARGE[:PIECE_BYTES]
    relay.cut()
    with pytest.raises(Unavailable):
        async for _ in pieces:
            pass


async def test_a_server_that_stalls_keeps_nobody_waiting_and_the_loop_turns(
    behind_relay: BucketStore, relay: Relay, on_s3: BucketShelf
) -> None:
    key = await keep(behind_relay, LARGE)
    content = await behind_relay.find(key)
    assert content is not None
    relay.stall()
    turns, ended = 0, asyncio.Event()

    async def turn() -> None:
        nonlocal turns
        while not ended.is_set():
            await asyncio.sleep(0.01)
            turns += 1

    turning = asyncio.create_task(turn())
    for asked in (keep(behind_relay, b"little"), behind_relay.find(key), anext(content.read(0, 10))):
        before = turns
        with pytest.raises(Unavailable):
            async with asyncio.timeout(30):
                await asked
        assert turns - before > 5, "the loop stood still with it"
    ended.set()
    await turning
    relay.go_on()
    assert await found(behind_relay, key) == LARGE


async def test_a_short_stop_is_nobodys_business(behind_relay: BucketStore, relay: Relay) -> None:
    key = await keep(behind_relay, LARGE)
    relay.stall()
    reading = asyncio.create_task(found(behind_relay, key))
    asyncio.get_running_loop().call_later(0.3, relay.go_on)
    assert await reading == LARGE


async def test_parts_that_a_crash_left_are_dropped_after_a_while(on_s3: BucketShelf) -> None:
    crashed = obstore.open_writer_async(on_s3.s3, place_of(new_key()), buffer_size=5 * 1024 * 1024)
    await crashed.write(LARGE)
    foreign = obstore.open_writer_async(on_s3.s3, "somebody/elses", buffer_size=5 * 1024 * 1024)
    await foreign.write(LARGE)
    [unfinished] = await on_s3.names()
    assert unfinished.startswith("unfinished ")
    assert await on_s3.store.remove_abandoned(3600) == 0
    on_s3.clock.ahead_s = 3700
    assert await on_s3.store.remove_abandoned(3600) == 1
    assert await on_s3.names() == set()
    await foreign.close()  # what others do in this bucket goes on
    assert await on_s3.names() == {"somebody/elses"}


async def test_an_upload_that_is_cancelled_while_it_is_completed_leaves_nothing(
    on_s3: BucketShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    completing = asyncio.Event()
    writer = BucketStore.writer

    class Telling:
        def __init__(self, inner: Any) -> None:
            self.write = inner.write
            self._inner = inner

        async def close(self) -> None:
            completing.set()
            await self._inner.close()

    monkeypatch.setattr(BucketStore, "writer", lambda *asked: Telling(writer(*asked)))
    keeping = asyncio.create_task(keep(on_s3.store, b"content", b"small"))
    await completing.wait()
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert await on_s3.names() == set()


async def test_two_workers_share_a_bucket(on_s3: BucketShelf) -> None:
    other = on_s3.another()
    here, there = await asyncio.gather(keep(on_s3.store, LARGE, b"small"), keep(other, b"there"))
    assert await found(other, here) == LARGE
    assert await found(on_s3.store, there) == b"there"
    await other.remove(here)
    assert await on_s3.store.find(here) is None
    assert await on_s3.names() == {place_of(there)}


async def test_a_folder_that_was_copied_into_a_bucket_goes_on_there(on_s3: BucketShelf, tmp_path: Path) -> None:
    disk = DiskShelf(tmp_path / "before")
    key = await keep(disk.store, b"content", b"small")
    for name in await disk.names():
        await on_s3.put(name, (disk.root / name).read_bytes())
    assert await found(on_s3.store, key) == b"content"
    assert await found(on_s3.store, key, thumbnail=True) == b"small"
