"""``madang check``, ``rebuild`` and ``digests``: what is stored looked at, told in sentences, and put right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, TypeVar

from server.checking.files import check_files
from server.files.store import Store
from server.progress import Progress
from server.storage.checking.checking import look, rows_to_read
from server.storage.checking.findings import PARTS, Findings
from server.storage.checking.log_digests import log_digests, newest_position
from server.storage.checking.opened import alone_with, as_it_was
from server.storage.checking.rebuilding import rebuild as rebuild_here
from server.storage.moving.digests import Digest

T = TypeVar("T")

__all__ = ["check", "print_digests", "rebuild"]


def check(database: Path | str, store: Store | None, *, name: str, out: TextIO | None = None) -> bool:
    """Whether everything in a database is as it must be, and its files are in ``store``, if there is one to look into.

    Tells everything on ``out`` (standard output), the database by its ``name``. Nothing is changed, and a server may
    go on working. Raises CannotCheck.
    """
    out = out or sys.stdout
    found = Findings()
    with as_it_was(database):
        out.write(f"Checking the database {name}.\n")
        progress = Progress("Checking", rows_to_read(), out)
        _with_progress(progress, lambda: look(found, found.add, lambda part, rows: progress.add(rows, part)))
    if store is not None:
        files = Progress("Looking at files", found.looked_at.get("attachments", 0), out)
        _with_progress(files, lambda: check_files(database, store, found, found.add, lambda _, rows: files.add(rows)))
    tell_findings(found, out)
    return not found.count


def rebuild(database: Path | str, *, name: str, out: TextIO | None = None) -> bool:
    """Makes anew what follows from the log, and checks the result: whether nothing is wrong any more.

    No server may use the database. Raises CannotCheck; whenever it breaks off, the same call goes on.
    """
    out = out or sys.stdout
    with alone_with(database):
        out.write(f"Rebuilding what follows from the logs in the database {name}.\n")
        progress = Progress("Rebuilding", rows_to_read(), out)
        mended = _with_progress(progress, lambda: rebuild_here(lambda part, rows: progress.add(rows, part)))
        found = Findings()
        progress = Progress("Checking", rows_to_read(), out)
        _with_progress(progress, lambda: look(found, found.add, lambda part, rows: progress.add(rows, part)))
    if mended:
        out.write(f"Put right: {mended:,}. Clients will load everything anew.\n")
    else:
        out.write("There was nothing to put right.\n")
    tell_findings(found, out)
    return not found.count


def _with_progress(progress: Progress, work: Callable[[], T]) -> T:
    try:
        done = work()
    except BaseException:
        progress.leave()
        raise
    progress.end()
    return done


def tell_findings(found: Findings, out: TextIO) -> None:
    """The table of what was looked at, what is wrong by name, and what can be done."""
    lines = [f"\n{'':<16}{'looked at':>12}{'wrong':>9}"]
    for part in PARTS:
        if part in found.looked_at or part in found.wrong:
            lines.append(f"{part:<16}{found.looked_at.get(part, 0):>12,}{found.wrong.get(part, 0):>9,}")
    lines.append("")
    for part in PARTS:
        named = found.named.get(part, [])
        lines += named
        if (more := found.wrong.get(part, 0) - len(named)) > 0:
            lines.append(f"... and {more:,} more of {part}.")
    lines += [f"Note: {note}" for note in found.notes]
    lines.append(_last_words(found))
    out.write("\n".join(lines) + "\n")
    out.flush()


def _last_words(found: Findings) -> str:
    if not found.count:
        return "Everything is as it must be."
    said = f"{found.count:,} {'things are' if found.count > 1 else 'thing is'} wrong"
    rest = found.count - found.mendable
    unknown = "nothing here knows what is right; a backup may."
    if not found.mendable:
        return f"{said}, and {unknown}"
    said += f". {found.mendable:,} can be made anew from the log: stop the server and run `madang rebuild`."
    return f"{said} Of the other {rest:,} {unknown}" if rest else said


def print_digests(database: Path | str, up_to: int | None, out: TextIO | None = None) -> None:
    """A line for each conversation: its id, its entries up to that position, and their digest; one for all at the end.

    Two copies of a database have the same lines up to the same position. Raises CannotCheck.
    """
    out = out or sys.stdout
    with as_it_was(database):
        position = newest_position() if up_to is None else up_to
        out.write(f"# up to position {position}\n# conversation\tentries\tdigest\n")
        everything, count = Digest(), 0
        for one in log_digests(position):
            everything.add(tuple(one))
            count += one.entries
            out.write("\t".join(map(str, one)) + "\n")
        out.write(f"all\t{count}\t{everything.hex()}\n")
