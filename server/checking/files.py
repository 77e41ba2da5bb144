"""Files' bytes beside the rows that name them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from server.errors import Unavailable
from server.files.store import Store
from server.storage.checking import CannotCheck
from server.storage.checking.findings import Finding, Findings, Sink, Tell
from server.storage.checking.opened import as_it_is
from server.storage.checking.walks import Row, walk
from server.storage.unit import fetch_all

STRAY_AFTER_S = 24 * 60 * 60
"""Bytes that no row names are removed by the server when they are so old; younger ones may be on their way in."""
AT_ONCE = 16
"""So many files a store is asked for at the same time."""
PAGE = 200
NAMED_STRAYS = 5
_ROWS = "select id, key, size_bytes, has_thumbnail from file where (id) > (?) order by id"


def check_files(database: Path | str, store: Store, found: Findings, sink: Sink, tell: Tell) -> None:
    """Looks whether each file is there whole, and notes what belongs to none.

    The rows are those of now: what is deleted meanwhile is not missed. It blocks. Raises CannotCheck.
    """
    with as_it_is(database), asyncio.Runner() as runner:
        try:
            rows = walk(_ROWS, (0,), lambda row: row[:1], lambda count: None)
            while page := list(islice(rows, PAGE)):
                _check_page(page, runner.run(_sizes(store, page)), sink)
                found.looked("files", len(page))
                tell("files", len(page))
            found.notes += runner.run(_strays(store))
        except Unavailable as error:
            raise CannotCheck(f"The store of files does not answer: {error}") from None
        except OSError as error:
            raise CannotCheck(f"The folder of files cannot be read: {error.strerror or error}.") from None


def _check_page(page: Sequence[Row], sizes: Sequence[tuple[int | None, bool]], sink: Sink) -> None:
    wrong = []
    for (file_id, key, size_bytes, has_thumbnail), (there, has_small) in zip(page, sizes, strict=True):
        if there is None:
            wrong.append((file_id, f"File {file_id} ({key}): its bytes are not there."))
        elif there != size_bytes:
            wrong.append((file_id, f"File {file_id} ({key}) has {there} bytes, but {size_bytes} were stored."))
        if has_thumbnail and not has_small and there is not None:
            wrong.append((file_id, f"File {file_id} ({key}): its thumbnail is not there."))
    if wrong:
        # Whoever deletes a file takes its row first.
        marks = ", ".join("?" * len(wrong))
        standing = {
            row[0] for row in fetch_all(f"select id from file where id in ({marks})", [one[0] for one in wrong])
        }
        for file_id, sentence in wrong:
            if file_id in standing:
                sink(Finding("files", sentence))


async def _sizes(store: Store, page: Sequence[Row]) -> list[tuple[int | None, bool]]:
    """For each row how many bytes there are, None if there are none, and whether there is a thumbnail."""
    free = asyncio.Semaphore(AT_ONCE)

    async def look(key: str, has_thumbnail: bool) -> tuple[int | None, bool]:
        async with free:
            content = await store.find(key)
            has_small = bool(has_thumbnail) and await store.find(key, thumbnail=True) is not None
            return content.size_bytes if content else None, has_small

    return list(await asyncio.gather(*(look(row[1], row[3]) for row in page)))


async def _strays(store: Store) -> list[str]:
    count = 0
    named: set[str] = set()
    async for keys in store.old_keys(STRAY_AFTER_S):
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            marks = ", ".join("?" * len(some))
            known = {row[0] for row in fetch_all(f"select key from file where key in ({marks})", some)}
            strays = [key for key in some if key not in known]
            count += len(strays)
            named.update(strays[: NAMED_STRAYS - len(named)] if len(named) < NAMED_STRAYS else ())
    if not count:
        return []
    more = ", ..." if count > len(named) else ""
    what = "1 file belongs" if count == 1 else f"{count:,} files belong"
    return [f"{what} to nothing and will be removed by the server: {', '.join(sorted(named))}{more}"]
