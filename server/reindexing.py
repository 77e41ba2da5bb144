"""``madang reindex``: the index for search made anew from the log, beside a server that may be running."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from server.errors import ChatError
from server.followers import search_index
from server.followers.follow import advance
from server.progress import Progress
from server.settings import Settings, SettingsError
from server.storage import followers, log
from server.storage.database import Database

BATCH = 500
TRIES = 20
WAIT_S = 0.5


@click.command("reindex")
@click.option(
    "--data", "data_dir", type=click.Path(path_type=Path), metavar="DIR", help="The data folder (MADANG_DATA_DIR)."
)
def run_reindex(data_dir: Path | None) -> None:
    """Make the index for search anew from the log; servers may run meanwhile, and find what is indexed already.

    After an interruption a running server goes on by itself; the same command begins anew.
    """
    try:
        settings = Settings.from_environment(os.environ, data_dir=data_dir)
    except SettingsError as error:
        raise click.ClickException("\n".join(error.complaints)) from None
    if isinstance(settings.database, Path) and not settings.database.exists():
        raise click.ClickException(f"There is no Madang database in {settings.data_dir} (--data or MADANG_DATA_DIR).")
    try:
        asyncio.run(reindex(settings.database, settings.database_name))
    except ChatError as error:
        raise click.ClickException(error.message) from None
    except KeyboardInterrupt:
        raise click.ClickException("Interrupted. A server that runs goes on by itself.") from None


async def reindex(database: Path | str, name: str, out: TextIO | None = None) -> None:
    """Makes the index anew and tells how far it is on ``out`` (standard output). Raises ChatError."""
    out = out or sys.stdout
    try:
        db = Database(database)
        await db.open()
    except Exception as error:  # whatever kind: the address, the extra, the folder, another version
        raise click.ClickException(f"The database {name} cannot be opened: {error}") from None
    try:
        out.write(f"Making the index for search anew in the database {name}.\n")
        await _patiently(lambda: db.write(search_index.begin, True))
        progress = Progress("Indexing", await db.read(log.last_position), out)
        try:
            await _follow(db, progress)
        except BaseException:
            progress.leave()
            raise
        progress.end()
    finally:
        await db.close()


async def _follow(db: Database, progress: Progress) -> None:
    """Does what waits; workers that run help, and whoever comes second with a batch does nothing."""
    done = 0
    handle = search_index.SearchIndex().handle
    while entries := await db.read(followers.waiting_for, search_index.NAME, BATCH):
        await _patiently(partial(db.write, advance, search_index.NAME, handle, entries))
        position = await db.read(followers.position_of, search_index.NAME)
        progress.add(max(0, position - done))
        done = max(done, position)


async def _patiently(write: Callable[[], Awaitable[object]]) -> None:
    """Again and again, while others hold the database."""
    for tries in range(TRIES):
        try:
            await write()
            return
        except ChatError as error:
            if not error.retryable or tries == TRIES - 1:
                raise
            await asyncio.sleep(WAIT_S)
