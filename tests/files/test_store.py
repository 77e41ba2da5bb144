"""Bytes in a store, on the disk or in a bucket: whole, or not there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from server.files.store import Content, Store, key_of, place_of
from tests.files.shelf import BucketShelf, DiskShelf

Shelf = DiskShelf | BucketShelf
LARGE = bytes(range(256)) * 4096 * 12
"""More than two parts."""
HOUR_S = 3600


async def keep(store: Store, content: bytes, thumbnail: bytes | None = None, *, local: bool = False) -> str:
    async with store.upload(local=local) as upload:
        for at in range(0, len(content) or 1, 300_000):
            await upload.write(content[at : at + 300_000])
        kept = await upload.keep(thumbnail)
        assert kept.size_bytes == upload.size_bytes == len(content)
        return kept.key


async def found(store: Store, key: str, *, thumbnail: bool = False) -> bytes:
    content = await store.find(key, thumbnail=thumbnail)
    assert content is not None
    return await part(content, 0, content.size_bytes)


async def part(content: Content, start: int, stop: int) -> bytes:
    return b"".join([piece async for piece in content.read(start, stop)])


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("content", [b"", b"content", LARGE], ids=["nothing", "little", "much"])
async def test_what_is_kept_is_there(shelf: Shelf, content: bytes, local: bool) -> None:
    key = await keep(shelf.store, content, b"small", local=local)
    assert await found(shelf.store, key) == content
    assert await found(shelf.store, key, thumbnail=True) == b"small"
    assert await shelf.names() == {place_of(key), place_of(key, thumbnail=True)}


async def test_a_part_of_it_can_be_read(shelf: Shelf) -> None:
    content = await shelf.store.find(await keep(shelf.store, LARGE))
    assert content is not None
    for start, stop in ((0, 1), (1_000_000, 3_500_001), (len(LARGE) - 1, len(LARGE)), (7, 7)):
        assert await part(content, start, stop) == LARGE[start:stop]


async def test_whoever_stops_reading_leaves_nothing_behind(shelf: Shelf) -> None:
    content = await shelf.store.find(await keep(shelf.store, LARGE))
    assert content is not None
    pieces = content.read(0, len(LARGE))
    await anext(pieces)
    assert isinstance(pieces, AsyncIterator)
    await pieces.aclose()  # type: ignore[attr-defined]
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("content", [b"half", LARGE], ids=["little", "much"])
async def test_what_is_not_kept_is_gone(shelf: Shelf, content: bytes, local: bool) -> None:
    async with shelf.store.upload(local=local) as upload:
        await upload.write(content)
    with contextlib.suppress(KeyError):
        async with shelf.store.upload(local=local) as upload:
            await upload.write(content)
            raise KeyError("the client breaks off")
    assert await shelf.names() == set()


async def test_a_local_upload_is_kept_as_it_was_edited(shelf: Shelf) -> None:
    async with shelf.store.upload(local=True) as upload:
        await upload.write(b"a picture and where it was taken")
        upload.path.write_bytes(b"a picture")
        kept = await upload.keep()
    assert kept.size_bytes == len(b"a picture")
    assert await found(shelf.store, kept.key) == b"a picture"


async def test_nothing_is_found_under_a_key_that_nothing_has(shelf: Shelf) -> None:
    key = await keep(shelf.store, b"content")
    assert await shelf.store.find(key, thumbnail=True) is None
    assert await shelf.store.find("ab" * 16) is None


async def test_removing_twice_is_no_harm(shelf: Shelf) -> None:
    key = await keep(shelf.store, b"content", b"small")
    await shelf.store.remove(key)
    await shelf.store.remove(key)
    assert await shelf.names() == set()


async def test_only_old_keys_are_listed(shelf: Shelf) -> None:
    old = await keep(shelf.store, b"old", b"small")
    await shelf.put(f"{old[:2]}/somebody's notes.txt", b"left here")
    await shelf.put(f"zz/{old}", b"under another letter")

    async def listed() -> set[str]:
        return {key async for keys in shelf.store.old_keys(HOUR_S) for key in keys}

    assert await listed() == set()
    shelf.clock.ahead_s = HOUR_S + 60
    assert await listed() == {old}


async def test_a_store_that_works_has_no_complaint(shelf: Shelf) -> None:
    await shelf.store.check()


def test_a_place_names_a_key_only_where_the_store_put_it() -> None:
    key = "0123456789abcdef" * 2
    assert place_of(key) == f"01/{key}"
    assert key_of(place_of(key)) == key_of(place_of(key, thumbnail=True)) == key
    for other in (key, f"02/{key}", f"01/{key}.txt", f"x/01/{key}", f"../{key}", "01/"):
        assert key_of(other) is None
