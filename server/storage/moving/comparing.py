"""Source and target read to their end, each by itself, and what differs by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from server.storage.moving.digests import Digest, Group, groups
from server.storage.moving.source import Source
from server.storage.moving.steps import told
from server.storage.moving.tables import TABLES, Repairs, Row, Table

if TYPE_CHECKING:  # it needs an extra
    from server.storage.moving.target import Target

T = TypeVar("T")

NAMED_DIFFERENCES = 20
"""So many differences of a table are named; the others are counted."""


@dataclass(slots=True)
class Side:
    """What a table is on one side."""

    rows: int = 0
    digest: str = ""


@dataclass(slots=True)
class Compared:
    """A table on both sides. ``conversations`` counts those with rows in it, where it is told by them;
    ``logs`` those whose log has the same digest on both sides.
    """

    table: Table
    source: Side = field(default_factory=Side)
    target: Side = field(default_factory=Side)
    conversations: int = 0
    logs: int = 0
    different: int = 0
    named: list[str] = field(default_factory=list)


def compare(source: Source, target: Target, tell: Callable[[str, int], None], repairs: Repairs) -> list[Compared]:
    """Every table, in the order of ``TABLES``. ``tell(table, rows)`` hears of rows of the source."""
    with target.one_view():
        return [_compare(table, source, target, tell, repairs) for table in TABLES]


def _compare(
    table: Table, source: Source, target: Target, tell: Callable[[str, int], None], repairs: Repairs
) -> Compared:
    found = Compared(table, conversations=0)
    here, there = Digest(), Digest()
    ours = groups(table, told(source.ordered(table, repairs), table.name, tell))
    for mine, other in _paired(ours, groups(table, target.ordered(table)), lambda group: group.conversation_id or 0):
        _count(found.source, here, mine)
        _count(found.target, there, other)
        found.conversations += table.is_by_conversation
        found.logs += mine is not None and other is not None and mine.log is not None and mine.log == other.log
        if mine != other:
            found.different += 1
            if len(found.named) < NAMED_DIFFERENCES:
                group = mine or other
                assert group is not None
                found.named.append(_first_difference(table, source, target, group.conversation_id))
    found.source.digest, found.target.digest = here.hex(), there.hex()
    return found


def _count(side: Side, digest: Digest, group: Group | None) -> None:
    if group is not None:
        side.rows += group.count
        digest.add((group.conversation_id, group.count, group.rows, group.log))


def _first_difference(table: Table, source: Source, target: Target, conversation_id: int | None) -> str:
    """Where two groups part, in words: the table, the conversation in it, the place and the column."""
    key: Callable[[Row], Any] = itemgetter(*(table.columns.index(name) for name in table.order))
    ours, theirs = source.ordered(table, Repairs(), conversation_id), target.ordered(table, conversation_id)
    for mine, other in _paired(ours, theirs, key):
        if mine == other:
            continue
        if other is None:
            assert mine is not None
            return f"{table.named(mine)} is missing in the target"
        if mine is None:
            return f"{table.named(other)} is only in the target"
        columns = [name for name, one, two in zip(table.columns, mine, other, strict=True) if one != two]
        return f"{table.named(mine)} differs in {', '.join(columns)}"
    return f"{table.name} differs"  # while it was read: not the second time


def _paired(ours: Iterator[T], theirs: Iterator[T], key: Callable[[T], Any]) -> Iterator[tuple[T | None, T | None]]:
    """What has the same key on both sides, or is on one alone; both come in the order of their keys."""
    mine, other = next(ours, None), next(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and key(mine) < key(other)):
            yield mine, None
            mine = next(ours, None)
        elif mine is None or key(other) < key(mine):
            yield None, other
            other = next(theirs, None)
        else:
            yield mine, other
            mine, other = next(ours, None), next(theirs, None)
