"""Uploads that come in several goes, on the disk and in a bucket: what came in stays, whoever goes on with it."""

import contextlib

import pytest

from server.errors import Busy
from server.files import bucket_partials
from server.files.disk_partials import DiskPartials
from server.files.store import Partials, WrongOffset, place_of
from tests.files.shelf import BucketShelf, DiskShelf

Shelf = DiskShelf | BucketShelf
KEY = "0123456789abcdef" * 2
OTHER = "f" * 32
PIECE = 200_000
CONTENT = bytes(range(256)) * 4000
"""About five pieces."""


@pytest.fixture
def partials(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Partials:
    monkeypatch.setattr(bucket_partials, "PIECE_BYTES", PIECE)
    return shelf.store.partials


async def go(partials: Partials, start: int, stop: int, *, cut: bool = False) -> None:
    """One go, in blocks; ``cut`` in the end."""
    with contextlib.suppress(ConnectionError):
        async with partials.append(KEY, start) as appending:
            for at in range(start, stop, 70_000):
                await appending.write(CONTENT[at : min(at + 70_000, stop)])
            if cut:
                raise ConnectionError("the link is cut")


async def test_what_came_in_before_a_cut_stays_and_anybody_goes_on(shelf: Shelf, partials: Partials) -> None:
    assert await partials.size(KEY, len(CONTENT)) == 0
    at = 0
    for stop in (1, 90_000, 650_000, 650_001, len(CONTENT)):
        await go(partials, at, stop, cut=True)
        # Another process on the same store.
        partials = (
            shelf.another().partials if isinstance(shelf, BucketShelf) else type(shelf.store)(shelf.root).partials
        )  # type: ignore[union-attr,call-arg]
        at = await partials.size(KEY, len(CONTENT))
        assert at == stop
    assert await partials.head(KEY, 100_000) == CONTENT[:100_000]
    async with partials.whole(KEY, local=False) as upload:
        assert upload.size_bytes == len(CONTENT)
        kept = await upload.keep(b"small")
    await partials.remove(KEY)
    content = await shelf.store.find(kept.key)
    assert content is not None
    assert b"".join([piece async for piece in content.read(0, content.size_bytes)]) == CONTENT
    assert await shelf.names() == {place_of(kept.key), place_of(kept.key, thumbnail=True)}


async def test_it_goes_on_only_where_it_ends(partials: Partials) -> None:
    await go(partials, 0, 100_000)
    for wrong in (0, 99_999, 100_001):
        with pytest.raises(WrongOffset):
            await go(partials, wrong, 200_000)
    with pytest.raises(WrongOffset):
        async with partials.append(OTHER, 5):
            pass
    assert await partials.size(KEY, len(CONTENT)) == 100_000


async def test_whoever_has_not_noticed_the_cut_does_no_harm(shelf: Shelf, partials: Partials) -> None:
    async with contextlib.AsyncExitStack() as stack:
        late = await stack.enter_async_context(partials.append(KEY, 0))
        await late.write(CONTENT[:250_000])
        at = await partials.size(KEY, len(CONTENT))
        await go(partials, at, 600_000)
        # Disks tell at once that somebody else went on; in a bucket the same bytes lie there twice.
        with contextlib.suppress(WrongOffset):
            await late.write(CONTENT[250_000:400_000])
    at = await partials.size(KEY, len(CONTENT))
    assert at == 600_000
    await go(partials, at, len(CONTENT))
    async with partials.whole(KEY, local=True) as upload:
        assert upload.path.read_bytes() == CONTENT


async def test_what_is_not_kept_can_be_tried_again(partials: Partials) -> None:
    await go(partials, 0, len(CONTENT))
    with contextlib.suppress(KeyError):
        async with partials.whole(KEY, local=True):
            raise KeyError("no database")
    assert await partials.size(KEY, len(CONTENT)) == len(CONTENT)
    async with partials.whole(KEY, local=False) as upload:
        assert (await upload.keep()).size_bytes == len(CONTENT)


async def test_nobody_writes_to_what_is_being_completed(shelf: Shelf, partials: Partials) -> None:
    await go(partials, 0, len(CONTENT))
    if not isinstance(partials, DiskPartials):
        return  # the pieces of a bucket are copied
    async with partials.append(KEY, len(CONTENT)) as late, partials.whole(KEY, local=True):
        with pytest.raises(WrongOffset):
            await late.write(b"one more")
        with pytest.raises(Busy):
            async with partials.whole(KEY, local=True):
                pass
        for at in (0, len(CONTENT)):
            with pytest.raises(WrongOffset):
                async with partials.append(KEY, at):
                    pass


async def test_an_empty_file_can_be_whole(partials: Partials) -> None:
    async with partials.append(KEY, 0):
        pass
    async with partials.whole(KEY, local=False) as upload:
        assert (await upload.keep()).size_bytes == 0


async def test_nothing_is_left_of_what_is_given_up(shelf: Shelf, partials: Partials) -> None:
    await go(partials, 0, 500_000)
    await partials.remove(KEY)
    await partials.remove(KEY)
    assert await shelf.names() == set()


async def test_what_nobody_went_on_with_for_a_day_is_abandoned(shelf: Shelf, partials: Partials) -> None:
    await go(partials, 0, 500_000)
    assert await shelf.store.remove_abandoned(3600) == 0
    shelf.clock.ahead_s = 3700
    assert await shelf.store.remove_abandoned(3600) > 0
    assert await shelf.names() == set()
