"""How far each follower has read the log, and what waits for it."""

from __future__ import annotations

from server import records
from server.storage import log
from server.storage.unit import fetch_all, for_update


def position_of(name: str) -> int:
    """The position of the last entry that a follower has handled; 0 when it has handled none."""
    rows = fetch_all("select position from follower where name = ?", (name,))
    return int(rows[0][0]) if rows else 0


def held_position_of(name: str) -> int:
    """The same for a write that goes on from there: no other process moves it meanwhile."""
    fetch_all("insert into follower (name, position) values (?, 0) on conflict (name) do nothing", (name,))
    rows = fetch_all(f"select position from follower where name = ?{for_update()}", (name,))
    return int(rows[0][0])


def waiting_for(name: str, limit: int) -> list[records.Entry]:
    """At most ``limit`` entries that a follower has not handled, in commit order."""
    return log.read_after(position_of(name), limit)


def move_to(name: str, position: int) -> None:
    """Everything up to ``position`` is handled. Part of the transaction that holds what was made of it."""
    fetch_all(
        "insert into follower (name, position) values (?, ?) on conflict (name) do update set position = ?",
        (name, position, position),
    )
