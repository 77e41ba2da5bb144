"""A digest of each conversation's log: what two copies of a database are compared by, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from server.storage.checking.walks import walk
from server.storage.moving.digests import LOG, Digest
from server.storage.unit import fetch_all

_LOG = (
    f"select conversation_id, {', '.join(LOG)} from entry where position <= {{up_to}} "
    "and (conversation_id, seq) > (?, ?) order by conversation_id, seq"
)


class LogDigest(NamedTuple):
    """The digest of a conversation's first so many entries; see ``server.storage.moving.digests``."""

    conversation_id: int
    entries: int
    digest: str


def newest_position() -> int:
    """That of the newest entry; 0 in an empty log."""
    return int(fetch_all("select coalesce(max(position), 0) from entry")[0][0])


def log_digests(up_to: int) -> Iterator[LogDigest]:
    """One for each conversation that has entries up to that position, by its id, on the connection of this thread."""
    place = itemgetter(0, 1 + LOG.index("seq"))
    rows = walk(_LOG.format(up_to=int(up_to)), (0, 0), place, lambda count: None)
    for conversation_id, entries in groupby(rows, itemgetter(0)):
        digest, count = Digest(), 0
        for row in entries:
            digest.add(row[1:])
            count += 1
        yield LogDigest(conversation_id, count, digest.hex())
