"""``madang move``: an embedded database into PostgreSQL, with its progress told, and the result compared."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from server.progress import Progress, duration, size
from server.storage.moving import CannotMove
from server.storage.moving.comparing import Compared, compare
from server.storage.moving.copying import copy
from server.storage.moving.source import Source
from server.storage.moving.tables import Repairs

if TYPE_CHECKING:  # it needs an extra
    from server.storage.moving.target import Target

DATABASE = "madang.db"
TARGETS = ("postgresql://", "postgres://")


def move(source_url: str, target_url: str, *, anew: bool = False, out: TextIO | None = None) -> bool:
    """Copies the embedded database ``sqlite:PATH`` into the empty ``postgresql://...``, or goes on with that.

    Whether both are equal in the end; what differs is named. ``anew`` throws away what an unfinished move has
    left in the target. Tells everything on ``out`` (standard output). Raises CannotMove with a sentence; whenever
    it breaks off, the same call goes on.
    """
    out = out or sys.stdout
    say = _speaker(out)
    began = time.monotonic()
    path = _path_of(source_url)
    target_type = _postgresql(target_url)
    with Source(path) as source, target_type(target_url) as target:
        say(f"From {path} ({size(source.size_bytes())}) to {target.name}.")
        counts = _begin(source, target, anew, say)
        _copy(source, target, counts, out)
        compared, repairs = _compare(source, target, counts, out)
        equal = _tell_result(compared, repairs, say)
        if equal:
            target.finish()
        _tell_files(source, path, say)
        say(f"It took {duration(time.monotonic() - began)} and at most {size(_most_memory())} of memory.")
        say(_last_words(equal, source))
    return equal


def _begin(source: Source, target: Target, anew: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Notes the move in the target; the number of rows of each table."""
    goes_on = target.begin(source.epoch, source.fingerprint(), anew=anew)
    counts = source.counts()
    if goes_on:
        say(f"An earlier move got to {target.rows():,} of {sum(counts.values()):,} rows; going on from there.")
    return counts


def _copy(source: Source, target: Target, counts: dict[str, int], out: TextIO) -> None:
    progress = Progress("Copying", sum(counts.values()), out, done=target.rows())
    try:
        copy(source, target, lambda table, rows: progress.add(rows, table))
    except BaseException:
        progress.leave()
        raise
    progress.end()


def _compare(source: Source, target: Target, counts: dict[str, int], out: TextIO) -> tuple[list[Compared], Repairs]:
    progress, repairs = Progress("Comparing", sum(counts.values()), out), Repairs()
    try:
        compared = compare(source, target, lambda table, rows: progress.add(rows, table), repairs)
    except BaseException:
        progress.leave()
        raise
    progress.end()
    return compared, repairs


def _tell_result(compared: Sequence[Compared], repairs: Repairs, say: Callable[[str], None]) -> bool:
    """The table of tables; whether nothing differs."""
    say(f"\n{'table':<16}{'rows here':>12}{'rows there':>12}  digest")
    for one in compared:
        here, there = one.source, one.target
        digests = here.digest[:16] if here.rows else "-"
        if one.different:
            digests = f"{here.digest[:16]}, {there.digest[:16]}  DIFFERS"
        say(f"{one.table.name:<16}{here.rows:>12,}{there.rows:>12,}  {digests}")
    [log] = [one for one in compared if one.table.name == "entry"]
    say(f"\nLogs of conversations with the same digest on both sides: {log.logs:,} of {log.conversations:,}.")
    if repairs.count:
        say(
            f"PostgreSQL cannot keep U+0000 or text that is no UTF-8: U+FFFD stands for it in {repairs.count:,} texts, "
            f"such as {'; '.join(repairs.named)}."
        )
    for one in compared:
        for sentence in one.named:
            say(f"{sentence}.")
        if one.different > len(one.named):
            say(f"{one.table.name}: {one.different - len(one.named):,} more conversations differ.")
    return not any(one.different for one in compared)


def _tell_files(source: Source, path: Path, say: Callable[[str], None]) -> None:
    count, in_bytes = source.files()
    if count:
        say(
            f"Uploaded files are not moved: {count:,} ({size(in_bytes)}) stay where they are, on this machine in "
            f"{path.parent / 'files'} or in the store of MADANG_FILES_URL."
        )


def _last_words(equal: bool, source: Source) -> str:
    if equal:
        return (
            "Moved: both databases are equal. Start the server with the target in MADANG_DATABASE_URL; "
            f"{source.path} is as it was, and no longer needed."
        )
    return (
        "NOT EQUAL: do not use the target. Nothing was changed in the source. "
        "The same command with --anew empties the target and moves everything again."
    )


def _path_of(url: str) -> Path:
    scheme, separator, rest = url.partition(":")
    if scheme != "sqlite" or not separator or not rest.strip("/"):
        raise CannotMove("--from names an embedded database: sqlite:data/madang.db, or sqlite:data for its folder.")
    path = Path("/" + rest.lstrip("/") if rest.startswith("//") else rest)
    return path / DATABASE if path.is_dir() else path


def _postgresql(url: str) -> type[Target]:
    """The class of the target, if this is the address of one and its driver is there."""
    if not url.startswith(TARGETS):
        raise CannotMove("--to names a PostgreSQL database: postgresql://user:password@host:5432/database.")
    try:
        from server.storage.moving.target import Target  # noqa: PLC0415 - it needs an extra
    except ImportError:
        raise CannotMove("PostgreSQL needs its driver: pip install 'madang[postgres]'.") from None
    return Target


def _most_memory() -> int:
    """The bytes that this process has held at most."""
    status = Path("/proc/self/status")
    if status.exists():  # what the system counts otherwise begins with the memory of who started us
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _speaker(out: TextIO) -> Callable[[str], None]:
    def say(line: str) -> None:
        out.write(f"{line}\n")
        out.flush()

    return say
